"""JUEL's operators, each with its own way with null."""

import re
from dataclasses import dataclass
from typing import Literal

from workers.flow.bpmn import foreign
from workers.flow.bpmn.foreign import MAX_RESULT, Untranslatable

Kind = Literal["any", "null", "boolean", "number", "string"]
ATOM, UNARY, TIMES, PLUS, COMPARE, AND, OR, CHOICE = 100, 80, 60, 50, 40, 30, 25, 20


@dataclass(frozen=True, slots=True)
class Part:
    text: str
    kind: Kind = "any"
    binds: int = ATOM
    reads: frozenset[str] = frozenset()
    """The variables that are read in any case, as JSONata names."""
    simple: bool = False
    """Whether the text may be written twice; only this may be null."""
    plain: tuple[str | int, ...] | None = None
    """The variable and the steps of a plain path."""
    literal: str | None = None

    def __post_init__(self) -> None:
        if len(self.text) > MAX_RESULT:
            raise Untranslatable("an expression whose translation is too long")

    @property
    def nullish(self) -> bool:
        return self.kind in {"any", "null"}

    def within(self, level: int) -> str:
        return self.text if self.binds > level else f"({self.text})"


def asserted(part: Part, known: frozenset[str]) -> str:
    missing = sorted(part.reads - known)
    asserts = [f"$assert($exists({name}), {foreign.text(f'{name} is missing')})" for name in missing]
    return f"({'; '.join([*asserts, part.text])})" if missing else part.text


def later(part: Part, known: frozenset[str]) -> str:
    """A part that is evaluated only if another one came to something, as an operand of a choice."""
    return asserted(part, known) if part.reads - known else part.within(CHOICE)


def step(part: Part, step: str | int) -> Part:
    if part.kind != "any":
        raise Untranslatable(f"`{f'[{step}]' if isinstance(step, int) else f'.{step}'}` of a {part.kind}")
    made = f"{part.within(75)}[{step}]" if isinstance(step, int) else f"{part.within(75)}.{foreign.key(step)}"
    plain = (*part.plain, step) if part.plain else None
    return Part(made, reads=part.reads, simple=part.simple, plain=plain)


def true(part: Part) -> str:
    """The part as a boolean, where null is false; binds tighter than `and`."""
    if part.kind == "boolean":
        return part.within(AND)
    if part.kind != "any":
        raise Untranslatable(f"a {part.kind} where JUEL needs a boolean")
    return f"{part.within(COMPARE)} = true"


def number(part: Part, level: int) -> str:
    """The part as a number, where null is 0."""
    if part.kind == "number":
        return part.within(level)
    if part.kind != "any":
        raise Untranslatable(f"arithmetic with a {part.kind}")
    if not part.simple:
        return f"($value := {part.text}; $value != null ? $value : 0)"
    return f"({part.text} != null ? {part.text} : 0)"


def arithmetic(left: Part, operator: str, right: Part, level: int) -> Part:
    for part in (left, right):
        if part.kind == "string":
            raise Untranslatable(f"`{operator}` on a string, which is always arithmetic in JUEL")
    made = f"{number(left, level - 1)} {operator} {number(right, level)}"
    return Part(made, "number", level, left.reads | right.reads)


def equal(left: Part, right: Part, *, opposite: bool) -> Part:
    reads = left.reads | right.reads
    kinds = {left.kind, right.kind}
    if "null" in kinds:
        part = right if left.kind == "null" else left
        if part.kind == "null":
            return Part("false" if opposite else "true", "boolean")
        test = f"{part.within(COMPARE)} != null"
        return Part(test if opposite else f"$not({test})", "boolean", COMPARE if opposite else ATOM, reads)
    if len(kinds - {"any"}) > 1:
        raise Untranslatable(f"`==` between a {left.kind} and a {right.kind}")
    one, two = left.within(COMPARE), right.within(COMPARE)
    if kinds == {"any"}:
        if not left.simple or not right.simple:
            raise Untranslatable("`==` on a choice that may be null")
        one, two = foreign.or_null(left.text), foreign.or_null(right.text)
    elif kinds == {"any", "string"}:
        one, two = _as_text(left, right), _as_text(right, left)
    if opposite and "any" not in kinds:
        return Part(f"{one} != {two}", "boolean", COMPARE, reads)
    made = f"{one} = {two}"
    return (
        Part(f"$not({made})", "boolean", reads=reads) if opposite else Part(made, "boolean", COMPARE, reads)
    )


def _as_text(part: Part, other: Part) -> str:
    """An operand of `==`: what is like a boolean or a number in quotes also equals the value without them."""
    alike = other.literal is not None and re.fullmatch(r"true|false|-?[0-9]+(\.[0-9]+)?", other.literal)
    return f"$string({part.text})" if alike else part.within(COMPARE)


def compared(left: Part, operator: str, right: Part) -> Part:
    kinds = {left.kind, right.kind} - {"any"}
    if len(kinds) > 1 or not kinds <= {"number", "string"}:
        raise Untranslatable(f"`{operator}` between a {left.kind} and a {right.kind}")
    reads = left.reads | right.reads
    open_parts = [part for part in (left, right) if part.nullish]
    if any(not part.simple for part in open_parts):
        raise Untranslatable(f"`{operator}` on a choice that may be null")
    made = f"{left.within(COMPARE)} {operator} {right.within(COMPARE)}"
    tests = list(dict.fromkeys(f"{part.text} != null" for part in open_parts))
    if not tests:
        return Part(made, "boolean", COMPARE, reads)
    made = " and ".join([*tests, made])
    if len(open_parts) == 2 and operator in {"<=", ">="}:  # null is as large as null
        made = f"$not({' or '.join(tests)}) or {made}"
        return Part(made, "boolean", OR, reads)
    return Part(made, "boolean", AND, reads)


def empty(part: Part) -> Part:
    if part.kind == "null":
        return Part("true", "boolean")
    if part.kind in {"number", "boolean"}:
        return Part("false", "boolean", reads=part.reads)
    if not part.simple:
        raise Untranslatable("`empty` of a choice")
    text = part.text
    made = f'$not({text} != null) or {text} = "" or {text} = [] or {text} = {{}}'
    return Part(made, "boolean", OR, part.reads)
