"""Stories of a worker that dies right after a commit: what should follow it was not done."""

from collections.abc import Iterator

from tests.flows import event, line, message, node, user
from tests.upgrade.stories.parts import called_by
from tests.upgrade.stories.story import Story


def thrown_message_that_was_not_routed(story: Story) -> Iterator[None]:
    messages = [{"id": "m", "name": story.name("m")}]
    waiting = story.start(line(message("wait", "m"), messages=messages), correlationKey="k")
    story.waits("wait")
    send = node("send", "sendTask", messageRef="m", correlationKey="k", data={"n": 1}, timeToLive="P30D")
    story.start(line(send, messages=messages))
    story.ends("start send end")
    story.instance = waiting
    story.waits("wait")
    yield
    story.ends("start wait end", n=1)


def thrown_signal_that_was_not_routed(story: Story) -> Iterator[None]:
    signals = [{"id": "s", "name": story.name("s")}]
    waiting = story.start(
        line(event("wait", "intermediateCatchEvent", "signal", signalRef="s"), signals=signals)
    )
    story.waits("wait")
    throw = node(
        "throw", "intermediateThrowEvent", event={"type": "signal", "signalRef": "s"}, input={"n": 1}
    )
    story.start(line(throw, signals=signals))
    story.ends("start throw end")
    story.instance = waiting
    story.waits("wait")
    yield
    story.ends("start wait end", n=1)


def call_that_does_not_know_of_its_end(story: Story) -> Iterator[None]:
    called = story.api.publish(line(user("ask")))
    caller = story.start(line(node("call", "callActivity", processId=called)))
    (story.instance,) = called_by(story, 1)
    story.waits("ask")
    story.complete("ask", {"n": 1})
    story.ends("start ask end", n=1)
    story.instance = caller
    story.waits("call")
    yield
    story.ends("start call end", n=1)
