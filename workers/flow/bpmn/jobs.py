"""Work that a vendor's engine gives to workers, as a serviceTask `external`."""

import re

from workers.flow.bpmn.expressions import foreign_template
from workers.flow.bpmn.extensions import Extensions
from workers.flow.bpmn.source import Json
from workers.flow.bpmn.templated import literal
from workers.flow.bpmn.vocabulary import CAMUNDA, ZEEBE
from workers.flow.bpmn.xml import Element
from workers.flow.problem import quoted

MOST_ATTEMPTS = 100


def read_job(extensions: Extensions) -> Json | None:
    """The properties of an external serviceTask, if the element gives its work to workers.

    Zeebe: type is the topic, retries are the attempts, headers come as `input.headers`. Camunda 7: an
    external task's topic; its cycle of retries gives the attempts and their distance.
    """
    definition = extensions.zeebe("taskDefinition")
    names = ("external", "external-worker")  # Camunda 7, Flowable
    external = any(extensions.attribute("type", name) is not None for name in names)
    topic = extensions.attribute("topic") if external else None
    if definition is not None:
        if external:  # made for both engines: one of them says it
            extensions.place.warn(
                "EXTENSION_IGNORED", "`camunda:topic` is not used beside Zeebe's definition."
            )
        return _zeebe_job(extensions, definition)
    if external:
        return _job(extensions, topic, "juel", "`camunda:topic`") | _cycle(extensions)
    return None


def read_event_job(extensions: Extensions, definition: Element | None) -> Json | None:
    """The same for a message event that throws, where Camunda 7 says it at the event definition."""
    values = dict(definition.named_attributes()) if definition is not None else {}
    for namespace in CAMUNDA:
        if values.get((namespace, "type")) == "external":
            return _job(extensions, values.get((namespace, "topic")), "juel", "`camunda:topic`")
    return read_job(extensions)


def _zeebe_job(extensions: Extensions, definition: Element) -> Json:
    job = _job(extensions, definition.get("type"), "feel", "`type` of zeebe:taskDefinition")
    retries = definition.get("retries")
    if retries is not None:
        if not re.fullmatch(r"[0-9]{1,3}", retries.strip()) or not 1 <= int(retries) <= MOST_ATTEMPTS:
            message = f"`retries` must be a number from 1 to {MOST_ATTEMPTS}, not {quoted(retries)}."
            extensions.place.error("NOT_SUPPORTED", message)
        else:
            job["retry"] = {"maxAttempts": int(retries)}
    headers = extensions.zeebe("taskHeaders")
    if headers is not None:
        pairs = ((each.get("key") or "", each.get("value") or "") for each in headers.children(ZEEBE))
        job["input"] = {"headers": {key: literal(value) for key, value in pairs}}
    return job


def _job(extensions: Extensions, topic: str | None, dialect: str, shown: str) -> Json:
    job: Json = {"implementation": "external"}
    if topic is None or not topic.strip():
        extensions.place.error("MISSING_PROPERTY", f"The {shown} is missing.")
        return job
    value = foreign_template(extensions.place, topic.strip(), "feel" if dialect == "feel" else "juel")
    return job if value is None else {**job, "topic": value}


def _cycle(extensions: Extensions) -> Json:
    cycle = extensions.camunda("failedJobRetryTimeCycle")
    if cycle is None:
        return {}
    retry = retry_of(cycle.text)
    if not retry:
        message = f"The cycle of retries {quoted(cycle.text.strip())} is not supported: write it as R3/PT10M."
        extensions.place.error("NOT_SUPPORTED", message)
    return retry


def retry_of(cycle: str) -> Json:
    """The `retry` that a cycle such as R3/PT10M means; empty for another one."""
    match = re.fullmatch(r"\s*R([0-9]{1,3})/(P[0-9A-Z.]+)\s*", cycle)
    if match is None or not 1 <= int(match[1]) <= MOST_ATTEMPTS:
        return {}
    return {"retry": {"maxAttempts": int(match[1]), "backoff": match[2], "maxBackoff": match[2]}}
