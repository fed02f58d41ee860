"""Stories that wait for a person."""

from collections.abc import Iterator

from tests.flows import boundary, end, flow, line, node, start, sub_process, user
from tests.upgrade.stories.story import Story

FORM = {"type": "object", "required": ["price"], "properties": {"price": {"type": "integer"}}}


def user_task(story: Story) -> Iterator[None]:
    task = user("ask", name="For {who}", assignee="{who}", form=FORM, output={"total": "= price * 2"})
    story.start(line(task), {"who": "jane"})
    story.waits("ask")
    yield
    (open_task,) = story.waits("ask")["tasks"]
    assert (open_task["name"], open_task["assignee"], open_task["form"]) == ("For jane", "jane", FORM)
    story.complete("ask", {"price": 3})
    story.ends("start ask end", who="jane", total=6)


def input_task(story: Story) -> Iterator[None]:
    story.start(line(node("give", "inputTask"), node("more", "inputTask")))
    story.waits("give")
    yield
    story.complete("give", {"iban": "DE00"})
    story.waits("more")
    yield
    story.complete("more", {"bic": "X"})
    story.ends("start give more end", iban="DE00", bic="X")


def cancelled_task(story: Story) -> Iterator[None]:
    story.start(
        flow(start(), user("ask"), boundary("cancelled", "ask"), end("done"), end("aborted"),
             flows=["start->ask", "ask->done", "cancelled->aborted"])
    )  # fmt: skip
    story.waits("ask")
    yield
    assert story.api.cancel_task(story.instance, "ask")["status"] == "resumed"
    story.ends("start ask cancelled aborted")


def cancelled_instance(story: Story) -> Iterator[None]:
    inner = sub_process("sub", start("s"), user("ask"), end("e"), flows=["s->ask", "ask->e"])
    story.start(line(inner))
    story.waits("sub", "ask")
    yield
    story.operate("cancel")
    assert story.rests("CANCELLED")["tasks"] == []


def task_in_a_sub_process(story: Story) -> Iterator[None]:
    inner = sub_process("sub", start("s"), user("ask"), end("e"), flows=["s->ask", "ask->e"],
                        input={"price": "= offer", "note": None},
                        output={"agreed": "= price", "said": "= note"})  # fmt: skip
    story.start(line(inner, user("sign")), {"offer": 10})
    story.waits("sub", "ask")
    yield
    story.complete("ask", {"price": 8, "note": "less"})
    story.waits("sign")
    yield
    story.complete("sign")
    story.ends("start s ask e sub sign end", offer=10, agreed=8, said="less")


def parallel_runs_half_done(story: Story) -> Iterator[None]:
    loop = {"collection": "{people}", "elementVariable": "who",
            "outputCollection": "votes", "outputElement": {"by": "{who}", "vote": "{vote}"}}  # fmt: skip
    story.start(
        line(user("ask", assignee="{who}", input={"vote": None}, loop=loop)), {"people": ["a", "b", "c"]}
    )
    for who, rest in (("b", 2), ("c", 1), ("a", 0)):
        story.tasks(rest + 1)
        yield
        story.complete("ask", {"vote": who.upper()}, who=who)
    votes = [{"by": who, "vote": who.upper()} for who in "abc"]
    story.ends("start ask ask ask ask end", people=["a", "b", "c"], votes=votes)


def sequential_runs_half_done(story: Story) -> Iterator[None]:
    loop = {"collection": "{people}", "elementVariable": "who", "sequential": True,
            "outputCollection": "votes", "outputElement": "= vote & who",
            "completionCondition": "= vote = 'stop'"}  # fmt: skip
    story.start(line(user("ask", assignee="{who}", loop=loop)), {"people": ["a", "b", "c", "d"]})
    for who, vote in (("a", "yes"), ("b", "no"), ("c", "stop")):
        story.tasks(1)
        yield
        story.complete("ask", {"vote": vote}, who=who)
    story.ends(
        "start ask ask ask ask end",
        people=["a", "b", "c", "d"],
        vote="stop",
        votes=["yesa", "nob", "stopc", None],
    )


def standard_loop(story: Story) -> Iterator[None]:
    story.start(line(user("ask", loop={"while": "= more", "maxIterations": 5})), {"more": True})
    for more in (True, True, False):
        story.tasks(1)
        yield
        story.complete("ask", {"more": more})
    story.ends("start ask ask ask ask end", more=False)


def runs_of_a_sub_process(story: Story) -> Iterator[None]:
    loop = {"collection": "= ['a', 'b']", "elementVariable": "who",
            "outputCollection": "said", "outputElement": "= first & second"}  # fmt: skip
    asks = [start("s"), user("one", assignee="{who}"), user("two", assignee="{who}"), end("e")]
    inner = sub_process("sub", *asks, flows=["s->one", "one->two", "two->e"], loop=loop,
                        input={"first": None, "second": None})  # fmt: skip
    story.start(line(inner))
    story.tasks(2)
    story.complete("one", {"first": "A"}, who="a")
    story.tasks(2)
    yield
    story.complete("two", {"second": "1"}, who="a")
    story.complete("one", {"first": "B"}, who="b")
    yield
    story.complete("two", {"second": "2"}, who="b")
    story.ends("start s one two e sub s one two e sub sub end", said=["A1", "B2"])
