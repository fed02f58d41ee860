"""Stories of a worker that dies inside a call: the call is made again, under the same key."""

from collections.abc import Iterator

from harness.caller import wait_for
from tests.flows import Json, http, line, python
from tests.upgrade.stories.story import Story


def http_call(story: Story) -> Iterator[None]:
    call = http("ask", story.outside.url + _path(story), output={"ok": "= response.body.ok"})
    yield from _lost(story, call)


def python_call(story: Story) -> Iterator[None]:
    call = python(
        "ask", "ask-outside", input={"url": story.outside.url + _path(story)}, output={"ok": "= result.ok"}
    )
    yield from _lost(story, call)


def _lost(story: Story, call: Json) -> Iterator[None]:
    story.start(line(call))
    wait_for(lambda: story.outside.headers(_path(story)), "the call comes")
    (token,) = story.api.instance(story.instance)["tokens"]
    assert (token["nodeId"], token["state"]) == ("ask", "running")
    yield
    story.ends("start ask end", ok=True)
    first, second = story.outside.headers(_path(story))
    assert first["idempotency-key"] == second["idempotency-key"]


def _path(story: Story) -> str:
    return f"/held/{story.tag}"
