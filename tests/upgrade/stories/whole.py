"""A story of one flow with nodes of nearly every kind and a single rest, for releases that work at once."""

from collections.abc import Iterator

from tests.flows import (
    Json,
    boundary,
    end,
    event,
    flow,
    http,
    line,
    node,
    parallel,
    python,
    script,
    start,
    sub_process,
    timer,
    user,
)
from tests.upgrade.stories.story import Story

VISITED = (
    "start book fork ask tell doubled runs runs runs runs runs runs soon join choose one two meet"
    " f thrown failing caught r up raised noted risen rising last unbook undo end"
)


def every_node(story: Story) -> Iterator[None]:
    called = story.api.publish(line(script("double", "= {'n': n * 2}")))
    story.start(_flow(called, story.outside.url), {"n": 2})
    story.waits("last")
    yield
    story.complete("last")
    variables = story.finishes("COMPLETED", VISITED)["variables"]
    story.sides.append(variables.pop("side"))
    assert variables == {"n": 2, "booked": False, "ok": True, "four": 4, "squares": [1, 4, 9, 16, 25]}


def _flow(called: str, outside: str) -> Json:
    """Books, does five things at once, chooses, fails, rises, asks a person, and undoes the booking."""
    loop = {"cardinality": "= 5", "outputCollection": "squares", "outputElement": "= square"}
    thrown = node("thrown", "endEvent", event={"type": "error", "errorRef": "no"})
    rises = node("up", "intermediateThrowEvent", event={"type": "escalation", "escalationRef": "up"})
    nodes = [
        start(),
        script("book", "= {'booked': true}"),
        event("booked", "boundaryEvent", "compensation", attachedToRef="book"),
        script("unbook", "= {'booked': false}", isForCompensation=True),
        parallel("fork"),
        http("ask", outside, output={"ok": "= response.body.ok"}),
        python("tell", "tell-side", output={"side": "= result.side"}),
        node("doubled", "callActivity", processId=called, input={"n": "= n"}, output={"four": "= n"}),
        script("runs", "= {'square': loopCounter * loopCounter}", input={"square": None}, loop=loop),
        timer("soon", duration="PT0S"),
        parallel("join"),
        node("choose", "inclusiveGateway", default="choose->never"),
        node("one", "task"),
        node("two", "task"),
        node("never", "task"),
        node("meet", "inclusiveGateway"),
        sub_process("failing", start("f"), thrown, flows=["f->thrown"]),
        boundary("caught", "failing", "no"),
        end("unreached"),
        sub_process("rising", start("r"), rises, end("risen"), flows=["r->up", "up->risen"]),
        event("raised", "boundaryEvent", "escalation", attachedToRef="rising", cancelActivity=False),
        end("noted"),
        user("last"),
        node("undo", "intermediateThrowEvent", event={"type": "compensation"}),
        end(),
    ]
    at_once = ["ask", "tell", "doubled", "runs", "soon"]
    flows: list[str | Json] = [
        "start->book", "book->fork", *(f"fork->{each}" for each in at_once),
        *(f"{each}->join" for each in at_once), "join->choose",
        "choose->one if = n > 1", "choose->two if = n > 0", "choose->never",
        "one->meet", "two->meet", "never->meet", "meet->failing", "failing->unreached",
        "caught->rising", "raised->noted", "rising->last", "last->undo", "undo->end",
    ]  # fmt: skip
    return flow(
        *nodes,
        flows=flows,
        errors=[{"id": "no", "errorCode": "NO"}],
        escalations=[{"id": "up", "escalationCode": "UP"}],
        associations=[{"id": "u", "sourceRef": "booked", "targetRef": "unbook"}],
    )
