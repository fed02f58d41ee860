"""Work that another engine runs as code of its own: external tasks here, where the importer is told so."""

import re

from workers.flow.bpmn import foreign
from workers.flow.bpmn.expressions import translation
from workers.flow.bpmn.extensions import Extensions
from workers.flow.bpmn.jobs import retry_of
from workers.flow.bpmn.mappings import read_connector
from workers.flow.bpmn.source import Json, Reading, titled
from workers.flow.bpmn.templated import literal
from workers.flow.bpmn.vocabulary import CAMUNDA
from workers.flow.bpmn.xml import Element
from workers.flow.problem import quoted

_BY_NAME = ("class", "delegateExpression", "expression", "decisionRef", "type")
_DECISION = ("decisionRefBinding", "decisionRefVersion", "decisionRefVersionTag", "decisionRefTenantId")


def read_delegated(extensions: Extensions) -> Json | None:
    """The external task that stands for a class, a bean, a decision, a connector or nothing that is named.

    Its topic is the class's last name, the bean's name, the decision, the connector, or the node's id.
    """
    if not extensions.reading.source.options.external_tasks:
        return None
    element = extensions.element
    if "implementation" in extensions.own or _sends_a_message(extensions):
        return None
    for name in _BY_NAME:
        value = extensions.attribute(name)
        if value is not None:
            for each in _DECISION if name == "decisionRef" else ():
                extensions.attribute(each)
            shown = f"`{name}` {quoted(value)}"
            return external_task(extensions, _topic(name, value), shown)
    connector = extensions.camunda("connector")
    if connector is not None:
        name = next((each.text.strip() for each in connector.children() if each.local == "connectorId"), "")
        job = external_task(extensions, name, f"the connector {quoted(name)}")
        return job | read_connector(
            extensions.place, connector, by_worker=extensions.reading.source.options.external_scripts
        )
    return external_task(extensions, None, f"{titled(element)}, which names nothing that does it,")


def read_event_delegated(extensions: Extensions, definition: Element | None) -> Json | None:
    """The same for a message event that throws, where Camunda 7 names it at the event definition."""
    if definition is None or not extensions.reading.source.options.external_tasks:
        return None
    for (namespace, name), value in definition.named_attributes():
        if namespace in CAMUNDA and name in _BY_NAME:
            return external_task(extensions, _topic(name, value), f"`{name}` {quoted(value)}")
    return None


def throws_nothing(reading: Reading, node: Element, definition: Element | None) -> bool:
    """Whether a message event has no message: in Camunda 7 a token passes it, and nothing else happens."""
    source = reading.source
    if definition is None or not source.options.external_tasks or not source.is_camunda:
        return False
    own = source.own(definition)
    return (
        not own.error
        and not own.properties
        and not (definition.get("messageRef") or "").strip()
        and (node.get("id") or "") not in reading.messages
    )


def external_task(extensions: Extensions, topic: str | None, shown: str, variable: str | None = None) -> Json:
    """An external task for what another engine runs itself; without a topic, that is the node's id."""
    topic = topic or extensions.reading.source.id_of(extensions.element) or ""
    message = f"{shown} becomes an external task: a worker has to do it, by the topic {quoted(topic)}."
    variable = variable or extensions.attribute("resultVariable")
    for name in ("mapDecisionResult", "useLocalScopeForResultVariable"):
        extensions.attribute(name)
    if variable is not None:
        message += f" It gives the variable {quoted(variable)}."
    fields = [each.get("name") or "" for each in extensions.camunda_all("field")]
    if fields:
        message += f" It is not told the fields {', '.join(map(quoted, fields))}."
    retry: Json = {}
    cycle = extensions.camunda("failedJobRetryTimeCycle")
    if cycle is not None:
        retry = retry_of(cycle.text)
        message += "" if retry else f" Its retries {quoted(cycle.text.strip())} are the usual ones here."
    extensions.place.warn("READ_AS_EXTERNAL", f"{message[:1].upper()}{message[1:]}")
    return {"implementation": "external", "topic": literal(topic)} | retry


def read_expression(extensions: Extensions) -> Json | None:
    """A service task whose expression needs no bean: the script that it is."""
    given = {name[1]: value for name, value in extensions.element.named_attributes() if name[0] in CAMUNDA}
    script = translation(given.get("expression", "").strip(), "juel")
    if script is None or "implementation" in extensions.own:
        return None
    extensions.attribute("expression")
    variable = extensions.attribute("resultVariable")
    extensions.attribute("useLocalScopeForResultVariable", "false")
    if variable is not None:
        return {"type": "scriptTask", "script": foreign.defined(script), "resultVariable": variable}
    return {"type": "scriptTask", "script": f"= ({script[2:]}; {{}})"}


def _sends_a_message(extensions: Extensions) -> bool:
    """Whether a send task names its message as the standard does, and nothing of a vendor's."""
    element = extensions.element
    named = {name[1] for name, _ in element.named_attributes() if name[0] in CAMUNDA}
    return element.local == "sendTask" and bool(element.get("messageRef")) and named.isdisjoint(_BY_NAME)


def _topic(name: str, value: str) -> str | None:
    if name == "class":
        return re.split(r"[.$]", value.strip())[-1] or None
    if name in {"delegateExpression", "expression"}:
        bean = re.match(r"\s*[$#]\{\s*([^\W\d]\w*)", value)
        return bean[1] if bean and bean[1] not in {"execution", "task", "true", "false", "null"} else None
    return value.strip() or None
