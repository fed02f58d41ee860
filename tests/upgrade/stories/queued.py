"""A story that begins while every thread of the workers is held: its token was sent, and nobody ran it."""

from collections.abc import Iterator

from tests.flows import line, script
from tests.upgrade.stories.story import Story


def ready_token(story: Story) -> Iterator[None]:
    story.start(line(script("work", "= {'n': n + 1}")), {"n": 1})
    (token,) = story.api.instance(story.instance)["tokens"]
    assert (token["nodeId"], token["state"]) == ("start", "ready")
    yield
    story.ends("start work end", n=2)
