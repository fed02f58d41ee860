"""What an earlier release published and this one refuses to publish anew."""

from dataclasses import dataclass, field

from tests.flows import Json, flow, http, line, node, start, user

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
XML = {"Content-Type": "text/xml"}

#: Stands for the address of the server outside that the test runs.
BASE = "http://outside.example"

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:drools="http://www.jboss.org/drools"'
    ' xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core" targetNamespace="urn:upgrade"'
)


@dataclass(frozen=True)
class Case:
    """A flow that waits at the user task `hold` first; `code` is what it is refused with today."""

    source: Json | str
    code: str
    data: Json = field(default_factory=dict)


def bpmn(then: str, *, roots: str = "", more: str = "", vendor: str = "") -> str:
    """A file whose process goes from `hold` to the node `then`, and from there to its end."""
    return (
        f'{HEAD}{vendor}>{roots}<process id="upgraded" isExecutable="true"><startEvent id="begin"/>'
        '<sequenceFlow id="f1" sourceRef="begin" targetRef="hold"/><userTask id="hold"/>'
        f'<sequenceFlow id="f2" sourceRef="hold" targetRef="then"/>{then}'
        '<sequenceFlow id="f3" sourceRef="then" targetRef="done"/><endEvent id="done"/>'
        f"{more}</process></definitions>"
    )


def _undone_twice() -> Json:
    asked = node("asked", "startEvent", event={"type": "compensation"})
    inside = node("inside", "subProcess", triggeredByEvent=True, nodes=[asked], sequenceFlows=[])
    inner = {"nodes": [node("work", "task"), inside], "sequenceFlows": []}
    whole = flow(
        start(),
        user("hold"),
        node("sub", "subProcess", **inner),
        node("undone", "boundaryEvent", attachedToRef="sub", event={"type": "compensation"}),
        node("undo", "task", isForCompensation=True),
        flows=["start->hold", "hold->sub"],
    )
    return {**whole, "associations": [{"id": "a", "sourceRef": "undone", "targetRef": "undo"}]}


def _over() -> Json:
    """A schedule that is over beside a plain start."""
    late = node("late", "startEvent", event={"type": "timer", "cycle": "R3/2022-04-27T17:20:00Z/PT10M"})
    return flow(start(), late, user("hold"), flows=["start->hold", "late->hold"])


REFUSED_SINCE = {
    "a form with an object in it": Case(
        line(user("hold"), http("a", BASE, input={"headers": FORM, "body": {"a": {"b": 1}}})),
        "INVALID_REQUEST",
    ),
    "an object as XML": Case(
        line(user("hold"), http("a", BASE, input={"headers": XML, "body": {"a": 1}})), "INVALID_REQUEST"
    ),
    "an array as a form": Case(
        line(user("hold"), http("a", BASE, input={"headers": FORM, "body": [1]})), "INVALID_REQUEST"
    ),
    "a sub-process that is undone from inside and outside": Case(_undone_twice(), "DUPLICATE_COMPENSATION"),
    "a schedule that is over": Case(_over(), "SCHEDULE_OVER"),
    "a work item of jBPM": Case(bpmn('<task id="then" drools:taskName="Rest"/>'), "NOT_SUPPORTED"),
    "a script before a task of Spiff": Case(
        bpmn(
            '<manualTask id="then"><extensionElements><spiffworkflow:preScript>a = 1'
            "</spiffworkflow:preScript></extensionElements></manualTask>"
        ),
        "NOT_SUPPORTED",
    ),
    "a data association with an assignment": Case(
        bpmn(
            '<userTask id="then"><ioSpecification><dataOutput id="o" name="who"/><inputSet/><outputSet>'
            "<dataOutputRefs>o</dataOutputRefs></outputSet></ioSpecification><dataOutputAssociation>"
            "<sourceRef>o</sourceRef><targetRef>p</targetRef><assignment><from>who</from><to>p</to></assignment>"
            "</dataOutputAssociation></userTask>",
            more='<property id="p" name="p"/>',
        ),
        "NOT_SUPPORTED",
    ),
    "a correlation by properties": Case(
        bpmn(
            '<receiveTask id="then" messageRef="m"/>',
            roots='<message id="m" name="paid"/><correlationProperty id="c">'
            '<correlationPropertyRetrievalExpression messageRef="m"><messagePath>id</messagePath>'
            "</correlationPropertyRetrievalExpression></correlationProperty>",
        ),
        "NOT_SUPPORTED",
    ),
    "a cycle with an end date of a vendor": Case(
        bpmn(
            '<userTask id="then"/><boundaryEvent id="late" attachedToRef="then" cancelActivity="false">'
            '<timerEventDefinition><timeCycle xmlns:flowable="http://flowable.org/bpmn"'
            ' flowable:endDate="2020-01-01T00:00:00Z">R/PT1H</timeCycle>'
            '</timerEventDefinition></boundaryEvent><sequenceFlow id="l" sourceRef="late" targetRef="told"/>'
            '<endEvent id="told"/>'
        ),
        "NOT_SUPPORTED",
    ),
    "an error code that is computed": Case(
        bpmn(
            '<subProcess id="then"><endEvent id="thrown"><errorEventDefinition errorRef="e"/></endEvent>'
            '</subProcess><boundaryEvent id="caught" attachedToRef="then"><errorEventDefinition/>'
            '</boundaryEvent><sequenceFlow id="l" sourceRef="caught" targetRef="told"/><endEvent id="told"/>',
            roots='<error id="e" errorCode="=code"/>',
            vendor=' xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"',
        ),
        "NOT_SUPPORTED",
    ),
}
