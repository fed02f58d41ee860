"""Random blocks: what a flow of well-nested parts may be made of. `tests.properties.drawing` draws one."""

from typing import Any

from hypothesis import strategies as st

#: A leaf's name, or a tuple of a kind and its parts.
Block = Any

LEAVES = (
    "task", "user", "script", "message", "receive", "timer", "signal", "shared", "condition", "throw-signal",
    "work",
)  # fmt: skip

#: One that meets an incident until `sometimes` is set.
DOUBTFUL = ("script", "user", "message", "sub")

_leaf = st.sampled_from(LEAVES)
_few = st.integers(0, 3)
_loops = st.one_of(
    st.tuples(st.just("standard"), st.integers(1, 3)),
    st.tuples(st.sampled_from(["parallel", "sequential"]), _few),
)
_triggers = st.sampled_from(["message", "timer", "cycle", "signal", "condition"])
_places = st.sampled_from(["boundary", "event-sub"])


def _calm(inner: st.SearchStrategy[Block]) -> st.SearchStrategy[Block]:
    several = st.lists(inner, min_size=2, max_size=3)
    return st.one_of(
        st.tuples(st.sampled_from(["sequence", "sequence", "parallel"]), several),
        st.tuples(st.just("exclusive"), several, _few),
        st.tuples(st.just("inclusive"), several, st.integers(0, 7)),
        st.tuples(st.just("repeat"), inner, st.integers(1, 3)),
        st.tuples(st.just("sub"), inner, st.one_of(st.none(), _loops)),
        st.tuples(st.just("again"), st.sampled_from(["task", "user"]), _loops),
        st.tuples(st.just("events")),
        st.tuples(st.just("boundary"), _triggers, st.just(False), inner),
        st.tuples(st.just("event-sub"), _triggers, st.just(False), inner),
        st.tuples(st.just("guard"), _triggers, st.just(False), inner, st.one_of(st.none(), _loops)),
        st.tuples(st.just("escalate"), _places, st.just(False), inner),
        st.tuples(st.just("undo"), st.one_of(st.none(), _loops), st.booleans()),
        st.tuples(st.just("undo-sub"), inner),
    )


def _wild(inner: st.SearchStrategy[Block]) -> st.SearchStrategy[Block]:
    trigger = st.sampled_from(["message", "timer", "signal", "condition"])
    return st.one_of(
        _calm(inner),
        st.tuples(st.just("boundary"), trigger, st.just(True), inner),
        st.tuples(st.just("event-sub"), trigger, st.just(True), inner),
        st.tuples(st.just("escalate"), _places, st.just(True), inner),
        st.tuples(st.just("guard"), trigger, st.just(True), inner, st.one_of(st.none(), _loops)),
        st.tuples(st.just("error"), _places, inner, st.one_of(st.none(), _loops)),
        st.tuples(st.just("work"), st.booleans()),
        st.tuples(st.just("call"), _few, st.booleans()),
        st.tuples(st.just("sub"), inner, st.tuples(st.just("some"), _few)),
        st.tuples(st.just("again"), st.just("user"), st.tuples(st.just("some"), _few)),
        st.tuples(st.just("doubtful"), st.sampled_from(DOUBTFUL)),
        st.tuples(st.just("terminate"), inner),
        st.tuples(st.just("undo-all"), inner),
        st.tuples(st.just("cancel"), inner),
    )


def _some(blocks: st.SearchStrategy[Block]) -> st.SearchStrategy[Block]:
    return st.tuples(st.just("sequence"), st.lists(blocks, min_size=1, max_size=3))


#: Nothing in them interrupts anything.
calm_blocks = _some(st.recursive(_leaf, _calm, max_leaves=6))
wild_blocks = _some(st.recursive(_leaf, _wild, max_leaves=6))

#: What a process may listen for itself: a trigger, and whether it interrupts.
listening = st.one_of(
    st.none(), st.tuples(st.sampled_from(["message", "timer", "signal", "condition", "error"]), st.booleans())
).map(lambda drawn: drawn and (drawn[0], drawn[1] or drawn[0] == "error"))
