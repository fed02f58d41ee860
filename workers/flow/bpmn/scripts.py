"""Script tasks: JSONata as it is, FEEL translated, every other language refused by its name."""

from workers.flow.bpmn.delegated import external_task
from workers.flow.bpmn.expressions import translated
from workers.flow.bpmn.extensions import Extensions
from workers.flow.bpmn.source import Json, titled
from workers.flow.bpmn.vocabulary import CAMUNDA, MODEL
from workers.flow.problem import quoted


def read_script(extensions: Extensions) -> Json:
    """`script` and `resultVariable` of a scriptTask."""
    element, place = extensions.element, extensions.place
    zeebe = extensions.zeebe("script")
    if zeebe is not None:
        script = translated(place, zeebe.get("expression") or "", "feel")
        return _task(script, zeebe.get("resultVariable"))
    variable = extensions.attribute("resultVariable")
    external = extensions.reading.source.options.external_scripts
    for name, value in element.named_attributes():
        if name[0] in CAMUNDA and name[1] == "resource":
            if not external:
                return {}  # refused with the extensions that nobody takes
            extensions.attribute("resource")
            return _given_away(extensions, f"the script in {quoted(value)}", variable)
    text = next((child.text for child in element.children(MODEL, "script")), None)
    if text is None or not text.strip():
        if "script" not in extensions.own:
            place.error("MISSING_PROPERTY", f"The {titled(element)} has no script.")
        return _task(None, variable)
    language = (element.get("scriptFormat") or "").lower()
    if "jsonata" in language or (not language and text.strip().startswith("=")):
        exact = text if text.startswith("=") else "= " + text.strip().removeprefix("=").strip()
        return _task(exact, variable)
    if "feel" in language:
        return _task(translated(place, text.strip(), "feel"), variable)
    named = quoted(element.get("scriptFormat") or "") if language else "that it does not name"
    if external:
        return _given_away(extensions, f"the script in the language {named}", variable)
    message = f"A script in the language {named} is not run; write it in `jsonata`, or give it to a worker."
    place.error("NOT_SUPPORTED", message)
    return _task(None, variable)


def _given_away(extensions: Extensions, shown: str, variable: str | None) -> Json:
    return {"type": "serviceTask"} | external_task(extensions, None, shown, variable)


def _task(script: str | None, variable: str | None) -> Json:
    found = {"script": script, "resultVariable": variable}
    return {name: value for name, value in found.items() if value}
