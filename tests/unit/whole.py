"""A flow that uses every type of node and every event of the language, each where it may stand."""

from tests.flows import (
    Json,
    end,
    exclusive,
    flow,
    http,
    message,
    node,
    parallel,
    python,
    script,
    start,
    timer,
    user,
)

PAID: Json = {"id": "paid"}
ALARM: Json = {"id": "alarm"}
REFUSED: Json = {"id": "refused", "errorCode": "REFUSED"}
LATE: Json = {"id": "late", "escalationCode": "LATE"}
ROOTS: Json = {"messages": [PAID], "signals": [ALARM], "errors": [REFUSED], "escalations": [LATE]}


def inner(id: str, *nodes: Json, flows: list[str], type: str = "subProcess", **properties: object) -> Json:
    """A sub-process."""
    inside = flow(*nodes, flows=list(flows))
    return node(id, type, nodes=inside["nodes"], sequenceFlows=inside["sequenceFlows"], **properties)


def on(id: str, attached_to: str, interrupting: bool = True, **event: object) -> Json:
    """A boundary event."""
    return node(id, "boundaryEvent", attachedToRef=attached_to, cancelActivity=interrupting, event=event)


def begin(id: str, interrupting: bool = True, **event: object) -> Json:
    """A start event with an event."""
    return node(id, "startEvent", event=event, **({} if interrupting else {"isInterrupting": False}))


def throw(id: str, **event: object) -> Json:
    return node(id, "intermediateThrowEvent", **({"event": event} if event else {}))


def catch(id: str, **event: object) -> Json:
    return node(id, "intermediateCatchEvent", event=event)


def finish(id: str, **event: object) -> Json:
    return node(id, "endEvent", event=event)


def by_event(id: str, starting: Json, *, ends: Json | None = None) -> Json:
    """An event sub-process."""
    last = ends or end(f"{id}-end")
    return inner(id, starting, last, flows=[f"{starting['id']}->{last['id']}"], triggeredByEvent=True)


def beside(*nodes: Json, flows: list[str | Json] | None = None, **properties: object) -> Json:
    """A flow of a start and a user task `a`, and what stands beside them."""
    return flow(start(), user("a"), *nodes, flows=["start->a", *(flows or [])], **{**ROOTS, **properties})


WHOLE: Json = flow(
    start(),
    begin("by-message", type="message", messageRef="paid"),
    begin("by-time", type="timer", cycle="0 9 * * MON"),
    begin("by-signal", type="signal", signalRef="alarm"),
    exclusive("merge"),
    node("nothing", "task"),
    user(
        "ask", form={"type": "object"}, candidateGroups=["leads"], dueDate="PT1H", loop={"while": "= again"}
    ),
    node("input", "inputTask", assignee="{owner}"),
    script("sum", "= 1 + 1", resultVariable="sum"),
    http(
        "call",
        "https://crm.example/orders",
        throws=[{"when": "= response.status = 409", "errorRef": "refused"}],
    ),
    python("charge", "charge_card", queue="default"),
    node(
        "ship", "serviceTask", implementation="external", topic="ship-{region}", input={"k": "{secrets.KEY}"}
    ),
    node("receive", "receiveTask", messageRef="paid"),
    node("send", "sendTask", messageRef="paid", correlationKey="{order}", data={"a": 1}, timeToLive="PT5M"),
    node("other", "callActivity", processId="other-flow", versionNumber="3", input={"x": "{sum}"}),
    inner(
        "each",
        start("e-start"),
        script("e-work", "= item", resultVariable="done"),
        finish("e-end", type="escalation", escalationRef="late"),
        flows=["e-start->e-work", "e-work->e-end"],
        loop={
            "collection": "{orders}",
            "elementVariable": "item",
            "outputCollection": "results",
            "outputElement": "{done}",
            "sequential": True,
            "completionCondition": "= numberOfCompletedInstances > 2",
        },
    ),
    inner(
        "booking",
        user("reserve", loop={"cardinality": 3}),
        on("reserve-undone", "reserve", type="compensation"),
        node("release", "task", isForCompensation=True),
        exclusive("ok", "ok->booked"),
        finish("failed", type="cancel"),
        end("booked"),
        by_event("unbooked", begin("unbooked-start", type="compensation")),
        flows=["reserve->ok", "ok->failed if = failed", "ok->booked"],
        type="transaction",
        associations=[{"id": "undo-reserve", "sourceRef": "reserve-undone", "targetRef": "release"}],
    ),
    on("late", "ask", False, type="timer", cycle="R/PT1H"),
    on("told", "ask", False, type="message", messageRef="paid"),
    on("alarmed", "ask", type="signal", signalRef="alarm"),
    on("changed", "ask", type="conditional", condition="= stock > 0"),
    on("wrong", "call", type="error", errorRef="refused"),
    on("raised", "each", type="escalation", escalationRef="late"),
    on("each-undone", "each", type="compensation"),
    on("cancelled", "booking", type="cancel"),
    node("undo-each", "task", isForCompensation=True),
    parallel("split"),
    node("any", "inclusiveGateway"),
    node("either", "eventBasedGateway"),
    message("got", "paid"),
    timer("waited", date="2030-01-01T00:00:00Z"),
    catch("signalled", type="signal", signalRef="alarm"),
    catch("stocked", type="conditional", condition="= stock > 0"),
    throw("passed"),
    throw("say", type="message", messageRef="paid", data={"a": "{sum}"}),
    throw("alarm", type="signal", signalRef="alarm"),
    throw("raise", type="escalation", escalationRef="late"),
    throw("undo", type="compensation", activityRef="each"),
    throw("jump", type="link", name="far"),
    catch("landed", type="link", name="far"),
    finish("thrown", type="error", errorRef="refused"),
    finish("sent", type="message", messageRef="paid"),
    finish("stopped", type="terminate"),
    finish("undone", type="compensation"),
    finish("alarmed-end", type="signal", signalRef="alarm"),
    by_event("on-message", begin("on-message-start", False, type="message", messageRef="paid")),
    by_event("on-time", begin("on-time-start", False, type="timer", cycle="R3/PT1M")),
    by_event("on-signal", begin("on-signal-start", type="signal", signalRef="alarm")),
    by_event("on-error", begin("on-error-start", type="error", errorRef="refused")),
    by_event("on-escalation", begin("on-escalation-start", False, type="escalation")),
    by_event("on-condition", begin("on-condition-start", type="conditional", condition="= stopped")),
    flows=[
        "start->merge",
        "by-message->merge",
        "by-time->merge",
        "by-signal->merge",
        "merge->nothing",
        "nothing->ask",
        "ask->input",
        "input->sum",
        "sum->call",
        "call->charge",
        "charge->ship",
        "ship->receive",
        "receive->send",
        "send->other",
        "other->each",
        "each->booking",
        "booking->split",
        "split->any",
        "split->either",
        "either->got",
        "either->waited",
        "either->signalled",
        "either->stocked",
        "got->any",
        "waited->any",
        "signalled->stopped",
        "stocked->undone",
        "any->passed",
        "passed->say",
        "say->alarm",
        "alarm->raise",
        "raise->undo",
        "undo->jump",
        "landed->thrown",
        "raised->sent",
        "cancelled->alarmed-end",
    ],
    associations=[{"id": "undo-each-after", "sourceRef": "each-undone", "targetRef": "undo-each"}],
    messages=[{"id": "paid", "name": "order-paid", "correlationKey": "{order}"}],
    errors=[{"id": "refused", "errorCode": "REFUSED"}],
    signals=[{"id": "alarm", "name": "the-alarm"}],
    escalations=[{"id": "late", "escalationCode": "LATE"}],
)
