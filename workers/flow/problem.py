"""What is wrong with a definition, and where."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import reduce
from typing import Literal

from workers.flow.values.path import join

MAX_PROBLEMS = 500
MAX_CANDIDATES = 300

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding. `path` is the place in the document (`nodes[2].retry.backoff`), "" for all of it.

    An error keeps the definition from being published, a warning does not.
    """

    node_id: str | None
    code: str
    message: str
    severity: Severity
    path: str
    waived: bool = False
    """A warning that is an error where the definition is published anew: see `Place.refuse`."""


class Problems:
    """A growing list of findings. Findings after the first 500 are left out.

    Refusals are warnings for a version that is `published` already: see `Place.refuse`. Problems of the
    elements in `told` are left out, because an import has reported them already.
    """

    def __init__(self, *, published: bool = False, told: Collection[str] = ()) -> None:
        self._found: list[Problem] = []
        self.published = published
        self.told = frozenset(told)
        self.fatal = False  # whether one of them is an error

    def __iter__(self) -> Iterator[Problem]:
        return iter(self._found)

    @property
    def full(self) -> bool:
        return len(self._found) >= MAX_PROBLEMS

    def add(self, problem: Problem) -> None:
        self.fatal = self.fatal or problem.severity == "error"
        if not self.full and problem.node_id not in self.told:
            self._found.append(problem)


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the document, where something may be found wrong."""

    problems: Problems
    path: str = ""
    node_id: str | None = None

    def at(self, *steps: str | int) -> "Place":
        return Place(self.problems, reduce(join, steps, self.path), self.node_id)

    def of(self, node_id: str | None) -> "Place":
        return Place(self.problems, self.path, node_id)

    def error(self, code: str, message: str) -> None:
        self.problems.add(Problem(self.node_id, code, message, "error", self.path))

    def refuse(self, code: str, message: str) -> None:
        """An error that an earlier release did not know. Versions that it published go on, with a warning."""
        waived = self.problems.published
        severity: Severity = "warning" if waived else "error"
        self.problems.add(Problem(self.node_id, code, message, severity, self.path, waived))

    def warn(self, code: str, message: str) -> None:
        self.problems.add(Problem(self.node_id, code, message, "warning", self.path))


def nearest(name: str, names: Collection[str], cutoff: float = 0.6) -> str | None:
    """The one of `names` that was probably meant, if any is close; upper and lower case are one.

    `cutoff` is the ratio of `difflib` from which it is: 1 is the same word.
    """
    if len(names) > MAX_CANDIDATES:
        return None  # to compare with each would take longer than it helps
    by_lower = {each.lower().replace("_", ""): each for each in names}
    found = get_close_matches(name[:100].lower().replace("_", ""), by_lower, n=1, cutoff=cutoff)
    return by_lower[found[0]] if found else None


def suggestion(name: str, names: Collection[str]) -> str:
    """The end of a message about an unknown name: what was probably meant, or what there is."""
    meant = nearest(name, names)
    if meant is not None:
        return f"did you mean {quoted(meant)}?"
    return f"there is {choice(names)}." if names else "there is none."


def sentence(text: str) -> str:
    """A text with an end: a question has one already."""
    return text if text.endswith("?") else f"{text}."


def choice(names: Collection[str], most: int = 20) -> str:
    """`a`, `b` or `c`."""
    words = [quoted(name) for name in list(names)[:most]]
    if len(names) > most:
        return ", ".join([*words, "…"])
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def listed(words: Collection[str], most: int = 5) -> str:
    """A list that is cut short: `a, b and 3 more`."""
    shown = ", ".join(list(words)[:most])
    return f"{shown} and {len(words) - most} more" if len(words) > most else shown


def quoted(text: str, limit: int = 80) -> str:
    """A caller's own word as a message shows it: one line, cut short."""
    short = text if len(text) <= limit else text[: limit - 1] + "…"
    return "`" + "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in short) + "`"


def a(name: str) -> str:
    """A type's name with its article."""
    return f"an {name}" if name[0] in "aeio" or name.startswith("http") else f"a {name}"  # a userTask
