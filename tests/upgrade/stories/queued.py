"""A story that begins while every thread of the workers is held: its token was sent, and nobody ran it."""

from collections.abc import Iterator

from tests.flows import end, event, flow, start, sub_process, user
from tests.upgrade.stories.story import Story


def ready_token(story: Story) -> Iterator[None]:
    """What waits beside the process begins to wait with its first node."""
    heard = event("heard", "startEvent", "message", messageRef="m", isInterrupting=False)
    beside = sub_process("beside", heard, end("e"), flows=["heard->e"], triggeredByEvent=True)
    messages = [{"id": "m", "name": story.name("m")}]
    definition = flow(
        start(), user("ask"), end(), beside, flows=["start->ask", "ask->end"], messages=messages
    )
    story.start(definition, correlationKey="k")
    (token,) = story.api.instance(story.instance)["tokens"]
    assert (token["nodeId"], token["state"]) == ("start", "ready")
    yield
    story.waits("ask")
    assert story.send("m", "k", data={"n": 1})["status"] == "correlated"
    story.waits("ask")
    story.complete("ask")
    story.ends("start heard e beside ask end", n=1)
