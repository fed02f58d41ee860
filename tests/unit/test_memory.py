"""What a token keeps of a visit: the stored form, which workers of other releases read and write too."""

import re
from pathlib import Path
from typing import Any

import pytest

from workers.semantics.memory import NOTHING, LoopState, Memory, VisitInput

#: As rows hold it, by every release so far.
STORED: dict[str, tuple[dict[str, Any] | None, Memory]] = {
    "nothing": (None, NOTHING),
    "an answer": ({"came": {"ok": True}}, Memory(answer={"ok": True})),
    "an empty answer": ({"came": {}}, Memory(answer={})),
    "a start with event sub-processes": ({"came": {}, "opens": True}, Memory(answer={}, opens=True)),
    "a call outside": (
        {"value": {"a": "***"}, "secrets": {"/a": [{"secret": "CRM"}]}, "key": "k", "begun": True},
        Memory(input=VisitInput({"a": "***"}, {"/a": [{"secret": "CRM"}]}, "k"), begun=True),
    ),
    "a job without input": (
        {"value": None, "secrets": {}, "key": "k", "retries": 0},
        Memory(input=VisitInput(None, {}, "k"), retries=0),
    ),
    "a call activity": ({"called": "inst_b", "begun": True}, Memory(called="inst_b", begun=True)),
    "a loop that an incident stopped": (
        {"loop": {"items": [1, None], "outputs": [2, None], "completed": 1}, "parked": True},
        Memory(loop=LoopState([1, None], [2, None], 1), parked=True),
    ),
    "a key of a newer release": (
        {"came": {}, "seen": [1]},
        Memory(answer={}, others={"seen": [1]}),
    ),
}


@pytest.mark.parametrize("case", STORED)
def test_what_is_kept_is_stored_by_the_keys_of_every_release(case: str) -> None:
    stored, memory = STORED[case]
    assert (Memory.from_json(stored), memory.to_json()) == (memory, stored)


def test_an_incident_leaves_all_but_what_belongs_to_one_attempt() -> None:
    memory = Memory(
        answer={}, input=VisitInput(1, {}, "k"), retries=1, called="inst_b", loop=LoopState([], [], 0),
        begun=True, opens=True, parked=True, others={"seen": 1},
    )  # fmt: skip
    lasting = {
        "came": {}, "called": "inst_b", "loop": {"items": [], "outputs": [], "completed": 0}, "begun": True,
        "opens": True, "seen": 1,
    }  # fmt: skip
    assert memory.lasting().to_json() == lasting


def test_the_stored_keys_are_named_in_one_file() -> None:
    named = re.compile(r"""["'](begun|came|opens|parked)["']""")
    sources = [path for part in ("app", "models", "workers") for path in Path(part).rglob("*.py")]
    assert [path.name for path in sources if named.search(path.read_text())] == ["memory.py"]
