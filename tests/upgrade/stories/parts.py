"""Stories of joins, of what can be undone, and of calls."""

from collections.abc import Iterator

from harness.caller import Json, wait_for
from tests.flows import (
    boundary,
    end,
    event,
    exclusive,
    flow,
    line,
    node,
    parallel,
    script,
    start,
    user,
)
from tests.upgrade.stories.story import Story


def half_a_parallel_join(story: Story) -> Iterator[None]:
    story.start(flow(
        start(), parallel("fork"), user("a"), user("b"), parallel("join"), user("last"), end(),
        flows=["start->fork", "fork->a", "fork->b", "a->join", "b->join", "join->last", "last->end"],
    ))  # fmt: skip
    story.waits("a", "b")
    yield
    story.complete("a", {"x": 1})
    story.waits("b", "join")
    yield
    story.complete("b", {"y": 2})
    story.waits("last")
    yield
    story.complete("last")
    story.ends("start fork a b join last end", x=1, y=2)


def half_an_inclusive_join(story: Story) -> Iterator[None]:
    story.start(flow(
        start(), node("fork", "inclusiveGateway", default="fork->c"), user("a"), user("b"), node("c", "task"),
        node("join", "inclusiveGateway"), user("last"), end(),
        flows=["start->fork", "fork->a if = km > 1", "fork->b if = km > 2", "fork->c",
               "a->join", "b->join", "c->join", "join->last", "last->end"],
    ), {"km": 3})  # fmt: skip
    story.waits("a", "b")
    yield
    story.complete("b")
    story.waits("a", "join")
    yield
    story.complete("a")
    story.waits("last")
    yield
    story.complete("last")
    story.ends("start fork a b join last end", km=3)


def undone_later(story: Story) -> Iterator[None]:
    """What was completed is undone, the last first; the way to undo it is asked of a person."""
    definition = flow(
        start(), user("book"), script("pay", "= {'paid': true}"), user("wait"),
        node("undo", "endEvent", event={"type": "compensation"}),
        event("booked", "boundaryEvent", "compensation", attachedToRef="book"),
        event("payed", "boundaryEvent", "compensation", attachedToRef="pay"),
        user("unbook", isForCompensation=True),
        script("pay-back", "= {'paid': false}", isForCompensation=True),
        flows=["start->book", "book->pay", "pay->wait", "wait->undo"],
    )  # fmt: skip
    undoing = [{"id": "u1", "sourceRef": "booked", "targetRef": "unbook"},
               {"id": "u2", "sourceRef": "payed", "targetRef": "pay-back"}]  # fmt: skip
    story.start({**definition, "associations": undoing})
    story.waits("book")
    yield
    story.complete("book", {"table": 7})
    story.waits("wait")
    yield
    story.complete("wait")
    story.tasks(1)
    assert story.api.instance(story.instance)["variables"]["paid"] is False
    yield
    story.complete("unbook", {"table": None})
    story.ends("start book pay wait pay-back unbook undo", table=None, paid=False)


def cancelled_transaction(story: Story) -> Iterator[None]:
    inside = flow(
        start("s"), script("fly", "= {'flight': 'booked'}"), user("hotel"), exclusive("found", "found->no"),
        end("yes"), node("no", "endEvent", event={"type": "cancel"}),
        event("flown", "boundaryEvent", "compensation", attachedToRef="fly"),
        script("unfly", "= {'flight': 'cancelled'}", isForCompensation=True),
        flows=["s->fly", "fly->hotel", "hotel->found", "found->yes if = free", "found->no"],
    )  # fmt: skip
    journey = node("journey", "transaction", nodes=inside["nodes"], sequenceFlows=inside["sequenceFlows"],
                   associations=[{"id": "u", "sourceRef": "flown", "targetRef": "unfly"}])  # fmt: skip
    story.start(flow(
        start(), journey, end(), event("given-up", "boundaryEvent", "cancel", attachedToRef="journey"),
        user("sorry"), end("home"),
        flows=["start->journey", "journey->end", "given-up->sorry", "sorry->home"],
    ))  # fmt: skip
    story.waits("journey", "hotel")
    yield
    story.complete("hotel", {"free": False})
    story.waits("sorry")
    yield
    story.complete("sorry")
    story.ends("start s fly hotel found no unfly journey given-up sorry home", flight="cancelled", free=False)


def call_whose_instance_waits(story: Story) -> Iterator[None]:
    called = story.api.publish(line(user("ask", output={"twice": "= amount * 2"})))
    call = node(
        "call", "callActivity", processId=called, input={"amount": "= sum"}, output={"total": "= twice"}
    )
    caller = story.start(line(call, user("last")), {"sum": 21})
    (story.instance,) = called_by(story, 1)
    story.waits("ask")
    yield
    story.complete("ask")
    story.ends("start ask end", amount=21, twice=42)
    story.instance = caller
    story.waits("last")
    yield
    story.complete("last")
    story.ends("start call last end", sum=21, total=42)


def call_that_ends_with_an_error(story: Story) -> Iterator[None]:
    errors = [{"id": "no", "errorCode": "NO"}]
    called = story.api.publish(flow(
        start(), user("ask"), node("fail", "endEvent", event={"type": "error", "errorRef": "no"}),
        flows=["start->ask", "ask->fail"], errors=errors,
    ))  # fmt: skip
    caller = story.start(flow(
        start(), node("call", "callActivity", processId=called), end(),
        boundary("caught", "call", "no"), end("refused"),
        flows=["start->call", "call->end", "caught->refused"], errors=errors,
    ))  # fmt: skip
    (story.instance,) = called_by(story, 1)
    story.waits("ask")
    yield
    story.complete("ask")
    story.instance = caller
    story.ends("start call caught refused")


def calls_of_a_loop(story: Story) -> Iterator[None]:
    called = story.api.publish(line(user("ask")))
    loop = {
        "collection": "= ['a', 'b']",
        "elementVariable": "who",
        "outputCollection": "said",
        "outputElement": "= word",
    }
    call = node("call", "callActivity", processId=called, input={"who": "= who", "word": None}, loop=loop)
    caller = story.start(line(call))
    for instance in called_by(story, 2):
        yield
        story.instance = instance
        who = story.waits("ask")["variables"]["who"]
        story.complete("ask", {"word": f"said by {who}"})
        story.ends("start ask end", who=who, word=f"said by {who}")
    story.instance = caller
    story.ends("start call call call end", said=["said by a", "said by b"])


def incident_of_a_call(story: Story) -> Iterator[None]:
    """What was called is cancelled; a retry calls again."""
    called = story.api.publish(line(user("ask")))
    caller = story.start(line(node("call", "callActivity", processId=called)))
    (story.instance,) = first = called_by(story, 1)
    story.waits("ask")
    story.operate("cancel")
    story.instance = caller
    story.rests("INCIDENT", "call")
    yield
    story.operate("retry")
    (story.instance,) = wait_for(lambda: (again := called_by(story, 1)) != first and again)
    story.waits("ask")
    yield
    story.complete("ask", {"a": 1})
    story.finishes("COMPLETED", "start ask end")
    story.instance = caller
    story.ends("start call end", a=1)


def called_by(story: Story, number: int) -> list[str]:
    """Waits until the instance has called so many that run; which."""

    def look() -> list[str] | None:
        tokens: list[Json] = story.api.instance(story.instance)["tokens"]
        called = [token["calledInstanceId"] for token in tokens if token["calledInstanceId"]]
        return called if len(called) == number else None

    found: list[str] = wait_for(look, f"{number} called instances")
    return found
