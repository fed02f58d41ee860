"""Stories that wait for a time: at each `yield` two hours pass."""

from collections.abc import Iterator

from harness.caller import wait_for
from tests.flows import Json, end, event, flow, line, message, node, start, sub_process, timer, user
from tests.upgrade.stories.story import Story


def timer_catch(story: Story) -> Iterator[None]:
    story.start(line(timer("wait", duration="{delay}"), timer("more", duration="PT3H")), {"delay": "PT1H"})
    story.waits("wait")
    yield
    story.waits("more")
    yield
    story.waits("more")
    yield
    story.ends("start wait more end", delay="PT1H")


def boundary_timer(story: Story) -> Iterator[None]:
    """One that adds a token, then one that interrupts."""
    story.start(flow(
        start(), user("ask"), end(),
        _remind(duration="PT1H"), end("told"),
        event("late", "boundaryEvent", "timer", duration="PT3H", attachedToRef="ask"), end("halt"),
        flows=["start->ask", "ask->end", "remind->told", "late->halt"],
    ))  # fmt: skip
    story.waits("ask")
    yield
    _comes(story, "told", 1)
    story.waits("ask")
    yield
    story.ends("start remind told ask late halt")


def boundary_cycle(story: Story) -> Iterator[None]:
    """Twice, then no more."""
    story.start(flow(
        start(), user("ask"), end(), _remind(cycle="R2/PT90M"), end("told"),
        flows=["start->ask", "ask->end", "remind->told"],
    ))  # fmt: skip
    for number in (1, 2):
        assert len(story.waits("ask")["timers"]) == 1
        yield
        _comes(story, "told", number)
    assert story.waits("ask")["timers"] == []
    yield
    story.complete("ask")
    story.ends("start remind told remind told ask end")


def time_of_an_event_sub_process(story: Story) -> Iterator[None]:
    over = event("over", "startEvent", "timer", duration="PT1H")
    deadline = sub_process("deadline", over, user("close"), end("e"), flows=["over->close", "close->e"],
                           triggeredByEvent=True)  # fmt: skip
    story.start(flow(start(), user("ask"), end(), deadline, flows=["start->ask", "ask->end"]))
    story.waits("ask")
    yield
    story.waits("deadline", "close")
    yield
    story.complete("close")
    story.ends("start ask over close e deadline")


def time_behind_an_event_gateway(story: Story) -> Iterator[None]:
    story.start(flow(
        start(), node("either", "eventBasedGateway"), message("wait", "m"), end("paid"),
        timer("late", duration="PT1H"), end("unpaid"),
        flows=["start->either", "either->wait", "either->late", "wait->paid", "late->unpaid"],
        messages=[{"id": "m", "name": story.name("m")}],
    ), correlationKey="k")  # fmt: skip
    story.waits("either")
    yield
    story.ends("start either late unpaid")
    assert story.send("m", "k", timeToLive="PT0S")["status"] == "discarded"


def schedule(story: Story) -> Iterator[None]:
    """Twice, then no more."""
    process_id = story.api.publish(_scheduled(cycle="R2/PT90M"), environments=["PRODUCTION"])
    for number in (1, 2):
        yield
        wait_for(lambda: len(_instances(story, process_id)) == number)  # noqa: B023
    yield
    begun = _instances(story, process_id)
    assert len(begun) == 2
    for instance in begun:
        story.instance = instance
        story.waits("ask")
        story.complete("ask")
        story.ends("due ask end")


def schedule_of_one_time(story: Story) -> Iterator[None]:
    process_id = story.api.publish(_scheduled(duration="PT3H"), environments=["PRODUCTION"])
    yield
    assert _instances(story, process_id) == []
    yield
    (story.instance,) = wait_for(lambda: _instances(story, process_id))
    story.waits("ask")
    yield
    story.complete("ask")
    story.ends("due ask end")
    assert len(_instances(story, process_id)) == 1


def _remind(**time: str) -> Json:
    return event("remind", "boundaryEvent", "timer", attachedToRef="ask", cancelActivity=False, **time)


def _scheduled(**time: str) -> Json:
    due = event("due", "startEvent", "timer", **time)
    return flow(due, user("ask"), end(), flows=["due->ask", "ask->end"])


def _instances(story: Story, process_id: str) -> list[str]:
    items = story.api.call("GET", f"/process/instances?processId={process_id}")["items"]
    return [item["processInstanceId"] for item in items]


def _comes(story: Story, node_id: str, times: int) -> None:
    wait_for(
        lambda: story.api.visited(story.instance).count(node_id) == times, f"{node_id} comes {times} times"
    )
