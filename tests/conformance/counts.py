"""How many tokens went where, read from what is stored, and compared with what was expected."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from workers.flow.graph import SUB_PROCESSES


@dataclass(frozen=True, slots=True)
class Visit:
    """One row of the history."""

    node_id: str
    node_type: str
    outcome: str


@dataclass(slots=True)
class Seen:
    """One instance as it is stored: its history, the nodes of its tokens, those with an open incident."""

    process: str
    running: bool
    visits: list[Visit] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    incidents: dict[str, str] = field(default_factory=dict)  # node to code


@dataclass(frozen=True, slots=True)
class Difference:
    key: str
    id: str
    expected: int
    got: int

    def __str__(self) -> str:
        return f"{self.key} {self.id}: expected {self.expected}, got {self.got}"


def counts_of(instances: Iterable[Seen], joins: Collection[str]) -> dict[str, Counter[str]]:
    """The counts of a case by key and id; joins are in `fired` and `active` only.

    The history shows one visit of a join for all the tokens that it took.
    """
    keys = ("entered", "exited", "active", "fired", "started", "ended", "incident")
    counts: dict[str, Counter[str]] = {key: Counter() for key in keys}
    for instance in instances:
        counts["started"][instance.process] += 1
        counts["active" if instance.running else "ended"][instance.process] += 1
        counts["active"].update(instance.tokens)
        counts["entered"].update(node for node in instance.tokens if node not in joins)
        counts["incident"].update(instance.incidents.keys())
        for visit in instance.visits:
            if visit.node_id in joins:
                counts["fired"][visit.node_id] += visit.outcome == "completed"
                continue
            counts["entered"][visit.node_id] += 1
            counts["exited"][visit.node_id] += 1
            if visit.node_type in SUB_PROCESSES:
                counts["ended"][visit.node_id] += 1
    return counts


def compare(
    expected: Mapping[str, Any], instances: Collection[Seen], joins: Collection[str]
) -> list[Difference]:
    """Where the counts differ from an `expect`. A key that is missing there claims nothing.

    Every sub-process that was entered and is not active has ended: an `expect` without `entered` and
    `exited` claims nothing about those that it does not list in `ended` either.
    """
    counts = counts_of(instances, joins)
    left_open = set(expected.get("open", ()))
    unclaimed = set() if expected.keys() & {"entered", "exited"} else counts["exited"].keys()
    differences = []
    for key, got in counts.items():
        if key not in expected:
            continue
        given = expected[key]
        wanted = Counter(given if isinstance(given, dict) else dict.fromkeys(given, 1))
        if key == "incident":
            got = Counter(dict.fromkeys(got, 1))  # noqa: PLW2901 - that there is one is what is asked
        skipped = set(left_open)
        if key in {"entered", "exited"}:
            skipped |= set(joins)
        elif key == "ended":
            skipped |= unclaimed - wanted.keys()
        differences += [
            Difference(key, id_, wanted[id_], got[id_])
            for id_ in sorted((wanted.keys() | got.keys()) - skipped)
            if wanted[id_] != got[id_]
        ]
    return differences
