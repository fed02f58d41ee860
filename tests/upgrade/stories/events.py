"""Stories that wait for a message, a signal or a condition."""

from collections.abc import Iterator

from harness.caller import wait_for
from tests.flows import Json, end, event, flow, line, message, node, start, sub_process, user
from tests.upgrade.stories.story import Story


def message_catch(story: Story) -> Iterator[None]:
    story.start(_with_names(story, line(message("wait", "m", output={"sum": "= amount"}))), {"order": 7})
    story.waits("wait")
    yield
    sent = story.send("m", "order-7", data={"amount": 10})
    assert (sent["status"], sent["processInstanceId"]) == ("correlated", story.instance)
    story.ends("start wait end", order=7, sum=10)


def message_that_is_kept(story: Story) -> Iterator[None]:
    for amount in (1, 2):
        assert story.send("m", "order-7", data={"amount": amount})["status"] == "buffered"
    more = message("more", "m", output={"b": "= amount"})
    story.start(_with_names(story, line(user("ask"), message("wait", "m"), more)), {"order": 7})
    story.waits("ask")
    yield
    story.complete("ask")
    story.ends("start ask wait more end", order=7, amount=1, b=2)


def message_id_that_is_known(story: Story) -> Iterator[None]:
    story.start(_with_names(story, line(message("wait", "m"), message("more", "m"))), {"order": 7})
    story.waits("wait")
    assert story.send("m", "order-7", messageId=story.name("id"), data={"a": 1})["status"] == "correlated"
    story.waits("more")
    yield
    assert story.send("m", "order-7", messageId=story.name("id"), data={"a": 9})["status"] == "duplicate"
    story.waits("more")
    yield
    assert story.send("m", "order-7", data={"b": 2})["status"] == "correlated"
    story.ends("start wait more end", order=7, a=1, b=2)


def receive_task(story: Story) -> Iterator[None]:
    receive = node("wait", "receiveTask", messageRef="m", output={"parcels": "= parcels"})
    story.start(_with_names(story, line(receive)), {"order": 7})
    story.waits("wait")
    yield
    assert story.send("m", "order-7", data={"parcels": 2})["status"] == "correlated"
    story.ends("start wait end", order=7, parcels=2)


def boundary_message(story: Story) -> Iterator[None]:
    """Two messages come beside the task, then another interrupts it."""
    story.start(_beside(story, "message", messageRef="m"), {"order": 7})
    for number in (1, 2):
        story.waits("ask")
        yield
        story.send("m", "order-7", data={"note": number})
        wait_for(lambda: story.api.visited(story.instance).count("told") == number)  # noqa: B023
    yield
    story.send("stop", "order-7")
    story.ends("start note told note told ask stopped halt", order=7, note=2)


def message_to_an_event_sub_process(story: Story) -> Iterator[None]:
    wished = event("wished", "startEvent", "message", messageRef="m", isInterrupting=False)
    wish = sub_process("wish", wished, user("read"), end("e"), flows=["wished->read", "read->e"],
                       triggeredByEvent=True)  # fmt: skip
    definition = flow(start(), user("ask"), end(), wish, flows=["start->ask", "ask->end"])
    story.start(_with_names(story, definition), {"order": 7})
    story.waits("ask")
    yield
    story.send("m", "order-7", data={"text": "blue"})
    story.waits("ask", "wish", "read")
    yield
    story.complete("ask")
    story.waits("wish", "read")
    yield
    story.complete("read")
    story.ends("start ask end wished read e wish", order=7, text="blue")


def message_behind_an_event_gateway(story: Story) -> Iterator[None]:
    late = event("late", "intermediateCatchEvent", "timer", duration="P300D")
    nodes = [start(), node("either", "eventBasedGateway"), message("wait", "m"), end("paid"), late]
    flows: list[str | Json] = [
        "start->either", "either->wait", "either->late", "wait->paid", "late->unpaid",
    ]  # fmt: skip
    story.start(_with_names(story, flow(*nodes, end("unpaid"), flows=flows)), {"order": 7})
    story.waits("either")
    yield
    story.send("m", "order-7", data={"came": True})
    story.ends("start either wait paid", order=7, came=True)


def message_that_starts(story: Story) -> Iterator[None]:
    """A second one waits until the instance of its key has ended."""
    process_id = story.api.publish(_begun_by(story, "message", messageRef="m"))
    yield
    sent = story.send("m", "key", data={"order": 7})
    assert sent["status"] == "started"
    story.instance = first = sent["processInstanceId"]
    story.waits("ask")
    assert story.send("m", "key", data={"order": 8})["status"] == "buffered"
    yield
    story.complete("ask")
    story.ends("begun ask end", order=7)
    story.instance = _next_of(story, process_id, after=[first])
    story.waits("ask")
    yield
    story.complete("ask")
    story.ends("begun ask end", order=8)


def thrown_message(story: Story) -> Iterator[None]:
    """One that somebody waits for, one that is kept, and one that starts an instance."""
    begun = story.api.publish(_begun_by(story, "message", messageRef="m"))
    messages = [{"id": "one", "name": story.name("one")}, {"id": "m", "name": story.name("m")}]
    receiver = line(message("first", "one"), user("pause"), message("second", "one"), messages=messages)
    waiting = story.start(receiver, correlationKey="k")
    story.waits("first")
    yield
    send = node(
        "send", "sendTask", messageRef="one", correlationKey="k", data={"n": "= n"}, timeToLive="P30D"
    )
    more = {**send, "id": "more", "data": {"n": "= n + 1"}}
    give = node("give", "sendTask", messageRef="m", correlationKey="k", data={"order": "= n + 2"})
    throwing = story.start(line(user("go"), send, more, give, messages=messages), {"n": 1})
    story.waits("go")
    yield
    story.complete("go")
    story.ends("start go send more give end", n=1)
    story.instance = waiting
    assert story.waits("pause")["variables"] == {"n": 1}
    yield
    story.complete("pause")
    story.ends("start first pause second end", n=2)
    story.instance = _next_of(story, begun, after=[waiting, throwing])
    story.waits("ask")
    yield
    story.complete("ask")
    story.ends("begun ask end", order=3)


def signal_catch(story: Story) -> Iterator[None]:
    story.start(_with_names(story, line(_on_signal())))
    story.waits("wait")
    yield
    assert story.signal("s", price=3)["reached"] == 1
    story.ends("start wait end", price=3)


def boundary_signal(story: Story) -> Iterator[None]:
    story.start(_beside(story, "signal", signalRef="s"), {"order": 7})
    story.waits("ask")
    yield
    assert story.signal("s", note=1)["reached"] == 1
    wait_for(lambda: "told" in story.api.visited(story.instance))
    story.waits("ask")
    yield
    story.complete("ask")
    story.ends("start note told ask end", order=7, note=1)


def thrown_signal(story: Story) -> Iterator[None]:
    """It reaches one that waits, and starts another."""
    begun = story.api.publish(_begun_by(story, "signal", signalRef="s"))
    waiting = story.start(_with_names(story, line(_on_signal())))
    story.waits("wait")
    thrown = event("close", "intermediateThrowEvent", "signal", signalRef="s", input={"day": "= day"})
    story.start(_with_names(story, line(user("go"), thrown)), {"day": "Friday"})
    story.waits("go")
    yield
    story.complete("go")
    story.ends("start go close end", day="Friday")
    story.instance = waiting
    story.ends("start wait end", day="Friday")
    story.instance = _next_of(story, begun, after=[])
    story.waits("ask")
    yield
    story.complete("ask")
    story.ends("begun ask end", day="Friday")


def conditional_catch(story: Story) -> Iterator[None]:
    story.start(
        line(event("wait", "intermediateCatchEvent", "conditional", condition="= stock > 2")), {"stock": 0}
    )
    story.waits("wait")
    yield
    story.set(stock=1)
    story.waits("wait")
    yield
    story.set(stock=3)
    story.ends("start wait end", stock=3)


def boundary_condition(story: Story) -> Iterator[None]:
    """Happens again only after it was not true."""
    story.start(_beside(story, "conditional", condition="= order > 9"), {"order": 7})
    for number, order in ((1, 10), (1, 11), (1, 5), (2, 12)):
        story.waits("ask")
        yield
        story.set(order=order)
        wait_for(lambda: story.api.visited(story.instance).count("told") == number)  # noqa: B023
    yield
    story.complete("ask")
    story.ends("start note told note told ask end", order=12)


def _with_names(story: Story, definition: Json) -> Json:
    """The flow with messages and a signal that are its story's alone."""
    messages = [{"id": id, "name": story.name(id), "correlationKey": "order-{order}"} for id in ("m", "stop")]
    return {**definition, "messages": messages, "signals": [{"id": "s", "name": story.name("s")}]}


def _on_signal() -> Json:
    return event("wait", "intermediateCatchEvent", "signal", signalRef="s")


def _begun_by(story: Story, kind: str, **of_event: str) -> Json:
    begun = event("begun", "startEvent", kind, **of_event)
    return _with_names(story, flow(begun, user("ask"), end(), flows=["begun->ask", "ask->end"]))


def _beside(story: Story, kind: str, **of_event: str) -> Json:
    """A user task with an event that adds a token, and a message that interrupts."""
    note = event("note", "boundaryEvent", kind, attachedToRef="ask", cancelActivity=False, **of_event)
    stopped = event("stopped", "boundaryEvent", "message", attachedToRef="ask", messageRef="stop")
    nodes = [start(), user("ask"), end(), note, end("told"), stopped, end("halt")]
    flows: list[str | Json] = ["start->ask", "ask->end", "note->told", "stopped->halt"]
    return _with_names(story, flow(*nodes, flows=flows))


def _next_of(story: Story, process_id: str, after: list[str]) -> str:
    """The one instance of the flow that is not of `after`, once it is there."""

    def look() -> list[str]:
        items = story.api.call("GET", f"/process/instances?processId={process_id}")["items"]
        return [item["processInstanceId"] for item in items if item["processInstanceId"] not in after]

    (found,) = wait_for(look, f"an instance of {process_id}")
    return str(found)
