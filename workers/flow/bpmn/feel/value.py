"""JSONata for a part of a FEEL expression, and where it is null.

FEEL goes on with null where JSONata fails, is undefined or takes it for false. So each part carries the
`needs` that keep it from null, and they are asked where the value is used: `a * 2 > b` becomes
`a != null and b != null ? a * 2 > b : null`. Inside a translation null and undefined are the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from workers.flow.bpmn.foreign import MAX_RESULT, Untranslatable, or_null
from workers.flow.jsonata.functions import NATIVES

Kind = Literal["any", "null", "boolean", "number", "string", "list", "context", "moment", "duration"]

ATOM, UNARY, TIMES, PLUS, COMPARE, AND, OR, CHOICE = 100, 80, 60, 50, 40, 30, 25, 20
"""How tightly JSONata binds."""

_ENTRY: Final = (
    '$entry := function($of, $key) { $type($of) = "array" ? $count($of) = 1 ?'
    ' ($one := $lookup($of[0], $key); [$type($one) = "array" ? [[$one]] : $one ?? null]) :'
    " [$map($of, function($each) { ($one := $lookup($each, $key); $exists($one) ? $one : null) })]"
    " : $lookup($of, $key) }"
)
"""What the dot gives. A lone value is apart, as JSONata takes it out of its list."""

_HELPERS: Final = {
    "entry": _ENTRY,
    # FEEL's numbers are decimals: what adds up to 15 digits is freed from what a binary number adds to it.
    "exact": "$exact := function($n) { $n = $floor($n) ? $n : $number($string($n)) }",
    # FEEL writes a list, a context and a number of many digits in another way.
    "text": (
        '$text := function($v) { $type($v) in ["array", "object"] ? $error("string() of a " & $type($v))'
        ' : ($t := $string($v); $type($v) = "number" and $contains($t, "e")'
        ' ? $error("string() of " & $t) : $t) }'
    ),
    # A local time is another moment in each zone.
    "instant": (
        "$instant := function($v) { $contains($v, /(Z|[-+][0-9]{2}:?[0-9]{2})$/) ? $toMillis($v)"
        ' : $error($v & " names no offset from UTC") }'
    ),
    "lasting": ('$lasting := function($n) { ($n < 0 ? "-PT" : "PT") & $string($abs($n) / 1000) & "S" }'),
}
"""Functions that stand before the expression that calls them, in the order in which they need each other."""


@dataclass(frozen=True, slots=True)
class Part:
    """A translated part; where its `needs` are met, `text` is its value."""

    text: str
    kind: Kind = "any"
    binds: int = ATOM
    needs: tuple[str, ...] = ()
    """What must be true, or else the part is null."""
    nullish: bool = False
    """Whether it may be null even then."""
    undefined: bool = False
    """Whether null may be spelt undefined."""
    simple: bool = False
    """Whether the text may be written twice."""
    loud: bool = True
    """Whether the text alone, where FEEL gives null, is neither a boolean nor anything that hides it."""
    alone: str | None = None
    """A shorter text that does as a condition of its own."""
    lets: tuple[str, ...] = ()
    """Assignments that come before."""
    facts: frozenset[str] = frozenset()
    """Needs that are met if it is true."""
    denials: frozenset[str] = frozenset()
    """Needs that are met if it is false."""
    alike: tuple[str, ...] = ()
    """What must be true besides, or else its opposite is null: FEEL compares only values of one kind."""
    listed: str | None = None
    """The text that also reads the entries of a list's contexts."""
    literal: int | float | str | None = None

    def __post_init__(self) -> None:
        if len(self.text) + sum(map(len, self.lets)) + sum(map(len, self.needs)) > MAX_RESULT:
            raise Untranslatable("an expression whose translation is too long")

    @property
    def definite(self) -> bool:
        return not self.needs and not self.nullish

    def within(self, level: int) -> str:
        """The text as an operand of what binds at this level."""
        return self.text if self.binds > level else f"({self.text})"

    def without(self, facts: frozenset[str]) -> "Part":
        return replace(self, needs=tuple(need for need in self.needs if need not in facts))


def together(parts: Sequence[Part]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The needs and the assignments of parts that are used as one."""
    needs = dict.fromkeys(need for part in parts for need in part.needs)
    return tuple(needs), tuple(dict.fromkeys(let for part in parts for let in part.lets))


def chosen(part: Part) -> str:
    """The value that is null where a need is not met; its assignments are left out."""
    return f"{' and '.join(part.needs)} ? {part.within(CHOICE)} : null" if part.needs else part.text


def timeless(*parts: Part) -> None:
    """Refuses moments and durations, which have no value of their own until they are written as text."""
    for part in parts:
        if part.kind in {"moment", "duration"}:
            raise Untranslatable(f"a {part.kind} anywhere but in a sum")


def block(lets: Sequence[str], result: str) -> str:
    return f"({'; '.join([*lets, result])})" if lets else result


class Writer:
    """Puts parts together; keeps the names it has given."""

    def __init__(self) -> None:
        self._count = 0
        self.helpers: set[str] = set()
        self.items: set[str] = set()
        """The variables that stand for the item of a filter."""

    def fresh(self, name: str = "") -> str:
        """A variable for a FEEL name, or for a value of the translation."""
        plain = name.isascii() and name.isidentifier() and not name.startswith("_")
        if plain and name not in {*NATIVES.bindings, *_HELPERS, "of", "key", "each", "one", "n", "v", "t"}:
            return f"${name}"
        self._count += 1
        return f"$_{self._count}"

    def finish(self, part: Part, *, condition: bool) -> str:
        part = part if condition else self.entries(part)
        made = chosen(part)
        if condition:
            made = part.alone or (part.text if part.loud else made)
        before = [text for name, text in _HELPERS.items() if name in self.helpers]
        return block([*before, *part.lets], made)

    def call(self, helper: str, argument: str) -> str:
        """The call of one of our own functions."""
        self.helpers.add(helper)
        return f"${helper}({argument})"

    def whole(self, part: Part) -> str:
        """The value in any place, null where a need is not met; perhaps undefined where that is null."""
        made = chosen(part)
        return (
            block(part.lets, made)
            if part.lets
            else made
            if part.binds == ATOM and not part.needs
            else f"({made})"
        )

    def exact(self, part: Part) -> str:
        """The value in any place, never undefined."""
        timeless(part)
        part = self.entries(part)
        if not (part.nullish and part.undefined):
            return self.whole(part)
        if not part.simple or part.needs:
            part = self.bound(part)
        return block(part.lets, or_null(part.text)) if part.lets else or_null(part.text)

    def bound(self, part: Part) -> Part:
        """The part as a variable that holds it."""
        name = self.fresh()
        lets = (*part.lets, f"{name} := {chosen(part)}")
        nullish = part.nullish or bool(part.needs)
        return Part(name, part.kind, nullish=nullish, undefined=part.undefined, simple=True, lets=lets)

    def repeatable(self, part: Part) -> Part:
        """The part with a text that may be written twice; its needs stay."""
        if part.simple or part.literal is not None:
            return part
        return self.bound(part)

    def present(self, part: Part, kind: Kind, what: str) -> Part:
        """The part as a value of a kind, whose needs keep it from null."""
        if part.kind not in {"any", kind}:
            found = "null" if part.kind == "null" else f"a {part.kind}"
            raise Untranslatable(f"{what}: {found} where FEEL needs a {kind}")
        if not part.nullish:
            return part
        if not part.simple:
            part = self.bound(part)
        tested = kind == "boolean" and part.kind == "any"
        need = f'$type({part.text}) = "boolean"' if tested else f"{part.text} != null"
        return replace(part, kind=kind, nullish=False, needs=(*part.needs, need), facts=frozenset())

    def read(self, part: Part, what: str) -> Part:
        """The part with the text that also reads the entries of a list's contexts."""
        if part.text in self.items:
            raise Untranslatable(f"{what} of `item`: a filter of a list of lists")
        return self.entries(part)

    def entries(self, part: Part) -> Part:
        """The same for a value that goes on as it is: a list's entries are a list, however many there are."""
        if part.kind != "any" or part.listed is None or part.listed == part.text:
            return part
        self.helpers.add("entry")
        return replace(part, text=part.listed, binds=ATOM, simple=False)

    def listed(self, part: Part, what: str) -> Part:
        """The part as a list, whose needs keep it from null."""
        return self.present(self.read(part, what), "list", what)

    def truth(self, part: Part, what: str) -> Part:
        """The part as a boolean, whose needs keep it from null."""
        return self.present(part, "boolean", what)

    def test(self, part: Part, what: str) -> str:
        """What is true only if FEEL gives true; binds like `and`. Its assignments are left out."""
        if part.kind not in {"any", "boolean"}:
            raise Untranslatable(f"{what}: a {part.kind} where FEEL needs a boolean")
        made = f"{part.within(COMPARE)} = true" if part.kind == "any" else part.within(AND - 1)
        return " and ".join([*part.needs, made])

    def element(self, part: Part) -> str:
        """The value as an element of an array's constructor, which would flatten a list."""
        timeless(part)
        if part.kind == "list":
            return (
                part.text
                if part.text.startswith("[") and part.definite and not part.lets
                else f"[{self.whole(part)}]"
            )
        if part.kind != "any":
            return self.exact(part)
        part = self.repeatable(self.entries(part))
        if part.needs:
            part = self.bound(part)
        made = f'$type({part.text}) = "array" ? [[{part.text}]] : {or_null(part.text)}'
        return block(part.lets, made) if part.lets else f"({made})"

    def logic(self, word: Literal["and", "or"], given: Sequence[Part]) -> Part:
        """Conjunction or disjunction with three values."""
        alike = tuple(dict.fromkeys(need for part in given for need in part.alike))
        return replace(self._logic(word, given), alike=alike)

    def _logic(self, word: Literal["and", "or"], given: Sequence[Part]) -> Part:
        parts = [self.truth(part, f"`{word}`") for part in given]
        binds = AND if word == "and" else OR
        known: frozenset[str] = frozenset()
        sure: list[Part] = []
        while True:
            parts = [part.without(known) for part in parts]
            found = [part for part in parts if not part.needs]
            if not found:
                break
            parts = [part for part in parts if part.needs]
            sure += found
            known = known.union(*(part.facts if word == "and" else part.denials for part in found))
        lets = together(given_with_lets := [*sure, *parts])[1]
        facts = frozenset().union(*(part.facts for part in given_with_lets)) if word == "and" else frozenset()
        denials = (
            frozenset().union(*(part.denials for part in given_with_lets)) if word == "or" else frozenset()
        )
        joined = f" {word} ".join(part.within(binds - 1) for part in sure)
        if not parts:
            return Part(
                joined,
                "boolean",
                binds if len(sure) > 1 else sure[0].binds,
                lets=lets,
                facts=facts,
                denials=denials,
            )
        rest = self._three(word, parts)
        if not sure:
            return replace(rest, lets=lets, facts=facts, denials=denials)
        exact = f"({chosen(rest)})" if rest.needs else rest.within(CHOICE)
        short = rest.within(CHOICE) if rest.loud else exact
        before, after = ("", " : false") if word == "and" else ("true : ", "")
        made = f"{joined} ? {before}{exact}{after}"
        alone = f"{joined} ? {before}{short}{after}"
        return Part(
            made, "boolean", CHOICE, nullish=True, alone=alone, lets=lets, facts=facts, denials=denials
        )

    def _three(self, word: Literal["and", "or"], parts: list[Part]) -> Part:
        if len(parts) == 1:
            return parts[0]
        if all(set(part.needs) == set(parts[0].needs) for part in parts):  # all are null or none is
            binds = AND if word == "and" else OR
            made = f" {word} ".join(part.within(binds - 1) for part in parts)
            return Part(made, "boolean", binds, needs=parts[0].needs, loud=False)
        name = self.fresh()
        values = ", ".join(f"({chosen(part)})" for part in parts)
        return self.three(word, f"[{values}]", name)

    def three(self, word: Literal["and", "or"], values: str, name: str) -> Part:
        """The conjunction or disjunction of an array of booleans and nulls."""
        stop, go = ("false", "true") if word == "and" else ("true", "false")
        made = f"({name} := {values}; {stop} in {name} ? {stop} : null in {name} ? null : {go})"
        return Part(made, "boolean", nullish=True)
