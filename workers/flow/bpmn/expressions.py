"""Expressions of a file in whatever language they are, as JSONata or as templates.

The language of an expression is, in this order:
- what its own `language` names, or else the `expressionLanguage` of the file if that is JSONata or FEEL
  (XPath stands there only because it is the default, and a text like `${x}` or `= x` is none);
- a `=` before it: FEEL in a file made for Zeebe (its namespace is declared, or Camunda 8 is the execution
  platform), JSONata in every other file;
- `${…}` or `#{…}` in it: the expression language of Camunda 7, Activiti and Flowable.
A condition without any of these says not what it is written in, and is refused. Another value without them,
such as a timer's `PT1H`, is a literal, and in it `{name}` is a placeholder as everywhere in the language.
"""

import re
from typing import Literal

from workers.flow.bpmn import foreign
from workers.flow.bpmn.feel.translate import translate_feel
from workers.flow.bpmn.foreign import Untranslatable
from workers.flow.bpmn.juel.translate import translate_juel
from workers.flow.bpmn.source import Reading, named
from workers.flow.bpmn.templated import literal, translate_names, translate_templated
from workers.flow.bpmn.vocabulary import CAMUNDA, JSONATA, OURS
from workers.flow.bpmn.xml import Element
from workers.flow.problem import Place, quoted

Dialect = Literal["feel", "juel"]

_COUNTERS = {
    "nrOfInstances": "numberOfInstances",
    "nrOfCompletedInstances": "numberOfCompletedInstances",
    "nrOfActiveInstances": "numberOfActiveInstances",
}


def condition(reading: Reading, place: Place, element: Element) -> str | None:
    """The JSONata, with its `=`, of an element that is an expression; what is wrong is reported."""
    if any(name[0] in CAMUNDA and name[1] == "resource" for name, _ in element.named_attributes()):
        place.error("NOT_SUPPORTED", "`camunda:resource` names an expression that is not part of this file.")
        return None
    text = element.text
    if not text.strip():
        if element.local == "condition":  # every other one may be left out
            place.error("MISSING_EXPRESSION", f"The {element.local} is empty: it needs an expression.")
        return None
    language = _language(reading, element)
    if language == "jsonata":
        return text if text.startswith("=") else "= " + text.strip().removeprefix("=").strip()
    if language is None:
        message = (
            f"{quoted(text.strip())} does not say which language it is written in: begin it with `=` for"
            f" JSONata, or name the `language` (`{JSONATA}`)."
        )
        place.error("UNKNOWN_LANGUAGE", message)
        return None
    if language not in {"feel", "juel"}:
        message = f"The language {quoted(language)} of {quoted(text.strip())} is not supported."
        place.error("NOT_SUPPORTED", message)
        return None
    return translated(place, text.strip(), "feel" if language == "feel" else "juel", condition=True)


def translated(place: Place, text: str, dialect: Dialect, *, condition: bool = False) -> str | None:
    """An expression of another language as JSONata, if that means the same; a condition comes out shorter."""
    try:
        _check_counter(text, dialect)
        return _counters(
            translate_feel(text, condition=condition) if dialect == "feel" else translate_juel(text)
        )
    except Untranslatable as error:
        _refuse(place, text, dialect, error)
        return None


def translation(text: str, dialect: Dialect) -> str | None:
    """An expression of another language as JSONata; None where there is none."""
    try:
        _check_counter(text, dialect)
        return _counters(translate_feel(text) if dialect == "feel" else translate_juel(text))
    except Untranslatable:
        return None


def is_translatable(text: str, dialect: Dialect) -> bool:
    """Whether `foreign_template` has an answer."""
    try:
        _check_counter(text, dialect)
        translate_templated(text, dialect)
    except Untranslatable:
        return False
    return True


def template(reading: Reading, place: Place, element: Element) -> str | None:
    """The templated text of an element, such as a timer's."""
    text = element.text.strip()
    if not text:
        place.error("MISSING_EXPRESSION", f"The {element.local} is empty.")
        return None
    language = _language(reading, element)
    if language == "jsonata" or language is None:
        return element.text if language else text
    if language in {"feel", "juel"}:
        return foreign_template(place, text, "feel" if language == "feel" else "juel", moment=True)
    if re.fullmatch(r"[\w:+./-]+", text):  # a literal is the same in every language
        return text
    place.error("NOT_SUPPORTED", f"The language {quoted(language)} of {quoted(text)} is not supported.")
    return None


def foreign_template(place: Place, text: str, dialect: Dialect, *, moment: bool = False) -> str | None:
    """A vendor's value, literal or with expressions, as a templated text; `moment` as `translate_feel`."""
    try:
        _check_counter(text, dialect)
        return translate_templated(text, dialect, moment=moment)
    except Untranslatable as error:
        _refuse(place, text, dialect, error)
        return None


def label(reading: Reading, place: Place, element: Element) -> str | None:
    """The name of a node. In a file of ours it is a template; Camunda 7 evaluates that of a user task."""
    name, source = named(element), reading.source
    if not name:
        return None
    if element.local == "userTask" and source.is_camunda and re.search(r"[$#]\{", name):
        return optional_template(place, "name", name, "juel")
    if source.is_ours:
        return name
    plain = literal(name)
    if element.local == "userTask" and plain != name and not (source.is_camunda or source.is_zeebe):
        message = (
            f"The name {quoted(name)} stays as it is: it is filled in where the file declares"
            f' xmlns:procession="{OURS}".'
        )
        place.warn("TEXT_NOT_FILLED", message)
    return plain


def optional_template(place: Place, what: str, text: str, dialect: Dialect) -> str:
    """A vendor's text that only people read, as a templated one; as it is where it cannot be translated."""
    try:
        _check_counter(text, dialect)
        return translate_templated(text, dialect)
    except Untranslatable as error:
        place.warn("TEXT_NOT_FILLED", f"The {what} {quoted(text)} is not filled in: it has {error}.")
        return literal(text)


def foreign_names(place: Place, text: str) -> str | None:
    """Names with commas between them, some of them `${…}`, as a templated list."""
    try:
        _check_counter(text, "juel")
        return translate_names(text)
    except Untranslatable as error:
        _refuse(place, text, "juel", error)
        return None


def variable_template(place: Place, name: str) -> str | None:
    """A variable by its name, null where there is none."""
    try:
        return f"= {foreign.or_null(foreign.variable(name))}"
    except Untranslatable as error:
        _refuse(place, name, "juel", error)
        return None


def _check_counter(text: str, dialect: Dialect) -> None:
    if dialect == "juel" and re.search(r"\bloopCounter\b", text):
        raise Untranslatable("`loopCounter` counts from 0 there, and from 1 here")


def _counters(expression: str) -> str:
    """The counters of a multi-instance by the names of BPMN."""
    pattern = "|".join(_COUNTERS)
    return re.sub(rf"\b(?:{pattern})\b", lambda match: _COUNTERS[match[0]], expression)


def _refuse(place: Place, text: str, dialect: Dialect, error: Untranslatable) -> None:
    name = {"feel": "FEEL", "juel": "expression"}[dialect]
    place.error("UNTRANSLATABLE", f"The {name} {quoted(text)} cannot be translated: {error}.")


def _language(reading: Reading, element: Element) -> str | None:
    named = element.get("language")
    if named is None or not named.strip():
        general = _known(reading.source.root.get("expressionLanguage") or "")
        named = general if general in {"jsonata", "feel"} else None
    else:
        named = _known(named)
    if named is not None:
        return named
    text = element.text.strip()
    if text.startswith("="):
        return "feel" if reading.source.is_zeebe else "jsonata"
    return "juel" if re.search(r"[$#]\{", text) else None


def _known(language: str) -> str:
    lower = language.lower()
    for name in ("jsonata", "feel", "juel"):
        if name in lower:
            return name
    return language
