"""Stories of what the earlier release could not do with what it left."""

from collections.abc import Iterator

from tests.flows import line, node, user
from tests.upgrade.stories.parts import called_by
from tests.upgrade.stories.story import Story


def answer_that_is_changed(story: Story) -> Iterator[None]:
    story.start(line(user("ask", output={"total": "= price * 2"})))
    story.waits("ask")
    story.complete("ask", {"price": "ten"})
    story.rests("INCIDENT", "ask")
    yield
    (token,) = story.rests("INCIDENT", "ask")["tokens"]
    assert token["answer"] == {"price": "ten"}
    path = f"/process/instances/{story.instance}/variables"
    story.api.call("PATCH", path, {"answer": {"price": 10}, "tokenId": token["tokenId"]})
    story.operate("retry")
    story.ends("start ask end", total=20)


def task_that_is_asked_again(story: Story) -> Iterator[None]:
    story.start(line(user("ask", output={"total": "= price * 2"})))
    story.waits("ask")
    story.complete("ask", {"price": "ten"})
    story.rests("INCIDENT", "ask")
    yield
    story.operate("retry", {"from": "task"})
    story.waits("ask")
    story.complete("ask", {"price": 10})
    story.ends("start ask ask end", total=20)


def call_that_is_made_again(story: Story) -> Iterator[None]:
    called = story.api.publish(line(user("ask")))
    caller = story.start(
        line(node("call", "callActivity", processId=called, output={"total": "= price * 2"}))
    )
    for price in ("ten", 10):
        (story.instance,) = called_by(story, 1)
        story.waits("ask")
        story.complete("ask", {"price": price})
        story.ends("start ask end", price=price)
        story.instance = caller
        if price == "ten":
            story.rests("INCIDENT", "call")
            yield
            story.operate("retry", {"from": "task"})
    story.ends("start call call end", total=20)
