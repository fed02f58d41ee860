"""The memory of a visit: what its token keeps between one event and the next."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from workers.flow.json_value import JsonValue
from workers.flow.values.evaluated import Evaluated, Part

_INPUT = ("value", "secrets", "key")
_KNOWN = frozenset({*_INPUT, "begun", "called", "came", "loop", "opens", "parked", "retries"})


@dataclass(frozen=True, slots=True)
class VisitInput:
    """The input of a call outside, worked out once: every attempt of the visit is made with it.

    `value` has its secrets masked and `secrets` says, by JSON pointer, which belong there; `key` is the
    Idempotency-Key of every attempt.
    """

    value: JsonValue
    secrets: Mapping[str, list[Part]]
    key: str

    @property
    def evaluated(self) -> Evaluated:
        """As `reveal` takes it."""
        return Evaluated(self.value, dict(self.secrets))

    @property
    def secret_names(self) -> set[str]:
        parts = (part for parts in self.secrets.values() for part in parts)
        return {str(part["secret"]) for part in parts if isinstance(part, dict)}


@dataclass(frozen=True, slots=True)
class LoopState:
    """How far a multi-instance activity is. `items` is the collection; of parallel bodies its length only."""

    items: list[JsonValue]
    outputs: list[JsonValue]
    completed: int


@dataclass(frozen=True, slots=True)
class Memory:
    """Immutable. Stored as a JSON object in the column `tokens.input`, by the keys that `to_json` names.

    Workers of two releases read each other's rows: a key may be added, but no key may change its meaning.
    """

    answer: dict[str, JsonValue] | None = None  # what came for the visit, and has not gone on yet
    input: VisitInput | None = None
    retries: int | None = None  # attempts that are left after the next one, as an external worker has said
    called: str | None = None  # the instance that the call activity waits for
    loop: LoopState | None = None
    begun: bool = False  # the boundary events of the visit are armed
    opens: bool = False  # the first visit of the instance: it arms the process's event sub-processes
    parked: bool = False  # the token waited when an incident stopped it, and waits on after a retry
    others: Mapping[str, Any] = field(default_factory=dict)  # keys of a newer release, passed on unread

    @property
    def input_value(self) -> JsonValue:
        """The input of the call outside with its secrets masked; None where there is none yet."""
        return self.input.value if self.input is not None else None

    def lasting(self) -> "Memory":
        """The part that outlives an incident: the next attempt works out its input and its retries again."""
        return replace(self, input=None, retries=None, parked=False)

    @staticmethod
    def from_json(stored: object) -> "Memory":
        """Reads what `to_json` wrote, in this release or another."""
        if not isinstance(stored, dict):
            return Memory()
        answer, loop = stored.get("came"), stored.get("loop")
        return Memory(
            answer=answer if isinstance(answer, dict) else None,
            input=VisitInput(*(stored[name] for name in _INPUT)) if "key" in stored else None,
            retries=stored.get("retries"),
            called=stored.get("called"),
            loop=LoopState(loop["items"], loop["outputs"], loop["completed"]) if loop is not None else None,
            begun="begun" in stored,
            opens="opens" in stored,
            parked="parked" in stored,
            others={name: value for name, value in stored.items() if name not in _KNOWN},
        )

    def to_json(self) -> dict[str, Any] | None:
        """The stored object; None where nothing is kept."""
        stored: dict[str, Any] = dict(self.others)
        if self.input is not None:
            stored |= {"value": self.input.value, "secrets": self.input.secrets, "key": self.input.key}
        if self.loop is not None:
            loop = self.loop
            stored["loop"] = {"items": loop.items, "outputs": loop.outputs, "completed": loop.completed}
        for name, value in (("came", self.answer), ("retries", self.retries), ("called", self.called)):
            if value is not None:
                stored[name] = value
        for name, holds in (("begun", self.begun), ("opens", self.opens), ("parked", self.parked)):
            if holds:
                stored[name] = True
        return stored or None


#: Of a visit that keeps nothing.
NOTHING = Memory()
