"""Loops of activities: the standard loop and multi-instance."""

import re

from workers.flow.bpmn import foreign
from workers.flow.bpmn.expressions import Dialect, condition, foreign_template, template
from workers.flow.bpmn.extensions import Extensions
from workers.flow.bpmn.loop_data import read_loop_data
from workers.flow.bpmn.source import Json, Reading
from workers.flow.bpmn.vocabulary import LOOPS, MODEL
from workers.flow.bpmn.xml import Element
from workers.flow.problem import Place, quoted

MOST_ITERATIONS = 1_000
"""The most that `maxIterations` can be."""


def read_loop(reading: Reading, activity: Element) -> Json | None:
    """The `loop` of an activity; None without one."""
    for element in activity.children(MODEL):
        if element.local in LOOPS:
            extensions = Extensions(reading, element)
            extensions.place = reading.within(element, activity)
            if element.local == "standardLoopCharacteristics":
                loop = _standard(reading, element, extensions)
            else:
                loop = _multi(reading, element, extensions, activity)
            extensions.report_rest()
            return extensions.own | loop
    return None


def _standard(reading: Reading, element: Element, extensions: Extensions) -> Json:
    place = extensions.place
    loop: Json = {}
    for child in element.children(MODEL, "loopCondition"):
        _put(loop, "while", condition(reading, place, child))
    most = element.get("loopMaximum")
    if most is not None:
        ends = any(element.children(MODEL, "loopCondition")) or "while" in extensions.own
        _limit(place, loop, most.strip(), ends=ends)
    if not reading.flag(element, "testBefore", default=False):  # the default of BPMN, and not ours
        loop["testBefore"] = False
    return loop


def _limit(place: Place, loop: Json, most: str, *, ends: bool) -> None:
    """Put `loopMaximum` as `maxIterations`; 0, which many tools write for none, is none."""
    if not re.fullmatch(r"[0-9]{1,9}", most) or int(most) > MOST_ITERATIONS:
        message = f"`loopMaximum` must be a whole number, {MOST_ITERATIONS} at most, not {quoted(most)}."
        place.error("INVALID_VALUE", message)
        loop["maxIterations"] = MOST_ITERATIONS  # it is told of, and nothing else is wrong with the loop
    elif int(most):
        loop["maxIterations"] = int(most)
    elif ends:
        place.warn("NO_LOOP_MAXIMUM", "`loopMaximum` 0 is taken for none: only the condition ends the loop.")
    else:
        message = "A loop needs a `loopCondition`, or a `loopMaximum` of 1 or more: nothing would end it."
        place.error("INVALID_VALUE", message)
        loop["maxIterations"] = MOST_ITERATIONS


def _multi(reading: Reading, element: Element, extensions: Extensions, activity: Element) -> Json:
    place = extensions.place
    loop: Json = {}
    for child in element.children(MODEL, "loopCardinality"):
        found = template(reading, place, child)
        _put(loop, "cardinality", int(found) if found and re.fullmatch(r"[0-9]{1,9}", found) else found)
    for child in element.children(MODEL, "completionCondition"):
        _put(loop, "completionCondition", condition(reading, place, child))
    if reading.flag(element, "isSequential", default=False):
        loop["sequential"] = True
    _camunda(extensions, loop)
    loop |= read_loop_data(reading, place, element, activity)  # each vendor's own words go as there
    _zeebe(extensions, loop)
    names_one = any(child.text.strip() for child in element.children(MODEL, "loopDataInputRef"))
    if not names_one and not (loop.keys() | extensions.own.keys()) & {"collection", "cardinality"}:
        message = (
            "A multi-instance needs a collection (`loopDataInputRef`, or in an extension)"
            " or a `loopCardinality`."
        )
        place.error("MISSING_PROPERTY", message)
    return loop


def _zeebe(extensions: Extensions, loop: Json) -> None:
    given = extensions.zeebe("loopCharacteristics")
    if given is None:
        return
    collection = _computed(extensions.place, given.get("inputCollection"), "feel")
    if collection and collection.startswith("= "):  # one that is missing is an incident, not an empty one
        collection = foreign.defined(collection)
    _put(loop, "collection", collection)
    _put(loop, "elementVariable", given.get("inputElement"))
    _put(loop, "outputCollection", given.get("outputCollection"))
    _put(loop, "outputElement", _computed(extensions.place, given.get("outputElement"), "feel"))


def _camunda(extensions: Extensions, loop: Json) -> None:
    collection = extensions.attribute("collection")
    if collection and re.fullmatch(r"\s*\w+\s*", collection):  # the name of a variable
        collection = "${" + collection.strip() + "}"
    _put(loop, "collection", _computed(extensions.place, collection, "juel"))
    _put(loop, "elementVariable", extensions.attribute("elementVariable"))


def _computed(place: Place, text: str | None, dialect: Dialect) -> str | None:
    return foreign_template(place, text.strip(), dialect) if text and text.strip() else None


def _put(loop: Json, name: str, value: str | int | None) -> None:
    if value is not None and value != "":
        loop[name] = value
