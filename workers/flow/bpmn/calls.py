"""Call activities: which flow is called, and in which version."""

from workers.flow.bpmn.extensions import Extensions
from workers.flow.bpmn.source import Json, Reading, titled
from workers.flow.bpmn.vocabulary import ZEEBE
from workers.flow.bpmn.xml import Element
from workers.flow.problem import quoted

_PINNED = "the version that is active when the caller is published is called"


def read_call(extensions: Extensions) -> Json:
    """`processId` and `versionNumber`, where the file gives them as literals."""
    reading, element = extensions.reading, extensions.element
    call: Json = {}
    zeebe = extensions.zeebe("calledElement")
    if zeebe is not None:
        call |= _process(extensions, zeebe.get("processId"))
        binding = zeebe.get("bindingType") or "latest"
        if binding == "latest":
            _advise(extensions, "bindingType", call)
        elif binding != "deployment":
            _refuse(extensions, "bindingType", binding)
        if zeebe.get("propagateAllChildVariables") == "false" and "output" not in extensions.own:
            call["output"] = {}
        closed = zeebe.get("propagateAllParentVariables") == "false"
        if closed and "input" not in extensions.own:
            call["input"] = {}
        elif not closed and any(part.name == (ZEEBE, "input") for part in element.walk()):
            message = (
                "Zeebe passes all variables besides the mapped ones to the called process, and here only"
                " those: set `propagateAllParentVariables` to false and map what it needs, or map nothing."
            )
            extensions.place.error("NOT_SUPPORTED", message)
    elif element.get("calledElement"):
        call |= _process(extensions, _called(reading, extensions, element.get("calledElement") or ""))
    elif "processId" not in extensions.own:
        message = f"The {titled(element)} calls nothing (`calledElement`)."
        extensions.place.error("MISSING_REFERENCE", message)
    return call | _camunda_version(extensions, call)


def _called(reading: Reading, extensions: Extensions, reference: str) -> str:
    target: Element | None = reading.source.target(extensions.element, reference)
    if target is not None and target.local != "process":
        message = f"{quoted(reference)} is a {target.local}; only a process can be called."
        extensions.place.error("NOT_SUPPORTED", message)
    return reading.source.refer(extensions.element, reference) if "{" not in reference else reference


def _process(extensions: Extensions, process_id: str | None) -> Json:
    if not process_id:
        message = f"The {titled(extensions.element)} calls nothing (`processId`)."
        extensions.place.error("MISSING_REFERENCE", message)
        return {}
    if process_id.startswith("=") or "${" in process_id or "#{" in process_id:
        message = f"Which process is called must be known when publishing; {quoted(process_id)} is computed."
        extensions.place.error("NOT_SUPPORTED", message)
        return {}
    return {"processId": process_id}


def _camunda_version(extensions: Extensions, call: Json) -> Json:
    source = extensions.reading.source
    binding = extensions.attribute("calledElementBinding")
    if binding is None and source.is_camunda and not source.is_zeebe:
        binding = "latest"
    version = extensions.attribute("calledElementVersion")
    if binding == "version" and version and "{" not in version:
        return {"versionNumber": version}
    if binding == "latest":
        _advise(extensions, "calledElementBinding", call)
    elif binding not in {None, "deployment"}:
        _refuse(extensions, "calledElementBinding", binding)
    return {}


def _refuse(extensions: Extensions, name: str, binding: str) -> None:
    extensions.place.error("NOT_SUPPORTED", f"`{name}` {quoted(binding)} is not supported: {_PINNED}.")


def _advise(extensions: Extensions, name: str, call: Json) -> None:
    if call:  # what is refused has no version
        extensions.place.warn("VERSION_PINNED", f"`{name}` `latest`: {_PINNED}.")
