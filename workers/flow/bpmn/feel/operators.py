"""FEEL's operators, each in its own types and with its own way with null."""

from dataclasses import replace

from workers.flow.bpmn.feel.moment import added
from workers.flow.bpmn.feel.value import (
    AND,
    ATOM,
    CHOICE,
    COMPARE,
    PLUS,
    TIMES,
    UNARY,
    Kind,
    Part,
    Writer,
    timeless,
    together,
)
from workers.flow.bpmn.foreign import Untranslatable


def compared(writer: Writer, left: Part, operator: str, right: Part) -> Part:
    """`<`, `<=`, `>` or `>=`: null unless both are numbers or both are strings."""
    what = f"`{operator}`"
    kinds = {left.kind, right.kind} - {"any"}
    if len(kinds) > 1 or not kinds <= {"number", "string"}:
        raise Untranslatable(f"{what} between a {left.kind} and a {right.kind}")
    kind: Kind = next(iter(kinds), "any")
    left, right = writer.present(left, kind, what), writer.present(right, kind, what)
    needs, lets = together([left, right])
    made = f"{left.within(COMPARE)} {operator} {right.within(COMPARE)}"
    loud = left.loud and right.loud
    return Part(made, "boolean", COMPARE, needs=needs, loud=loud, lets=lets, facts=frozenset(needs))


def equal(writer: Writer, left: Part, right: Part) -> Part:
    """`=`: true for null and null, false for null and something else."""
    timeless(left, right)
    if "null" in {left.kind, right.kind}:
        found = present(writer, right if left.kind == "null" else left)
        return replace(found, text=f"$not({found.text})", binds=ATOM, facts=frozenset(), denials=found.facts)
    left, right = _paired(writer, left, right)
    needs, lets = together([left, right])
    if left.definite or right.definite:
        tests = [*needs, f"{left.within(COMPARE)} = {right.within(COMPARE)}"]
        other, known = (left, right) if right.definite else (right, left)
        facts = {*needs, f"{other.text} != null"} if other.simple else {*needs}
        binds = AND if needs else COMPARE
        alike = _alike(other, known)
        return Part(" and ".join(tests), "boolean", binds, lets=lets, facts=frozenset(facts), alike=alike)
    alike = _alike(left, right)
    return Part(f"{writer.exact(left)} = {writer.exact(right)}", "boolean", COMPARE, alike=alike)


def _alike(part: Part, other: Part) -> tuple[str, ...]:
    """That two values are of one kind, or one of them is null: of others FEEL knows no difference."""
    if part.kind != "any" or other.kind == "null":
        return ()
    if other.kind == "any":
        one, two = part.text, other.text
        return (f"$not({one} != null and {two} != null and $type({one}) != $type({two}))",)
    kind = {"list": "array", "context": "object"}.get(other.kind, other.kind)
    return (f'$not({part.text} != null and $type({part.text}) != "{kind}")',)


def unequal(writer: Writer, left: Part, right: Part) -> Part:
    """`!=`, the opposite of `=`."""
    timeless(left, right)
    if "null" in {left.kind, right.kind}:
        return present(writer, right if left.kind == "null" else left)
    if left.definite and right.definite:
        left, right = _paired(writer, left, right)
        made = f"{left.within(COMPARE)} != {right.within(COMPARE)}"
        return Part(made, "boolean", COMPARE, lets=together([left, right])[1])
    same = equal(writer, _held(writer, left), _held(writer, right))
    text = f"$not({same.text})"
    return Part(text, "boolean", needs=same.alike, lets=same.lets, denials=same.facts, loud=not same.alike)


def _held(writer: Writer, part: Part) -> Part:
    """The part with a text that may be written often."""
    return part if part.kind != "any" or part.simple else writer.bound(part)


def present(writer: Writer, part: Part) -> Part:
    """Whether the part is not null."""
    if part.kind == "null":
        return Part("false", "boolean")
    if part.needs or not part.simple:
        part = writer.bound(part) if not part.definite else part
    text = f"{part.within(COMPARE)} != null"
    return Part(text, "boolean", COMPARE, lets=part.lets, facts=frozenset([text]))


def _paired(writer: Writer, left: Part, right: Part) -> tuple[Part, Part]:
    kinds = {left.kind, right.kind}
    if len(kinds - {"any"}) > 1:
        raise Untranslatable(f"`=` between a {left.kind} and a {right.kind}")
    if "list" in kinds and left.listed not in {None, left.text}:
        left = writer.listed(left, "`=`")
    if "list" in kinds and right.listed not in {None, right.text}:
        right = writer.listed(right, "`=`")
    return left, right


def contained(writer: Writer, part: Part, collection: Part) -> Part:
    """Whether a value is in a list, or is what is no list."""
    timeless(part, collection)
    collection = writer.read(collection, "`in`")
    if collection.kind == "list" and collection.definite:
        value = part.text if collection.literal is not None and part.simple else writer.exact(part)
        return Part(f"{value} in {writer.whole(collection)}", "boolean", COMPARE)
    if part.definite and part.kind in {"boolean", "number", "string"}:
        return Part(f"{writer.whole(part)} in {writer.whole(collection)}", "boolean", COMPARE)
    part, collection = writer.repeatable(part), writer.repeatable(collection)
    one, all_of_them = writer.exact(replace(part, lets=())), writer.exact(replace(collection, lets=()))
    made = f"({one} in {all_of_them} or {one} = {all_of_them})"
    return Part(made, "boolean", lets=together([part, collection])[1])


def negative(writer: Writer, part: Part) -> Part:
    part = writer.present(part, "number", "`-`")
    if isinstance(part.literal, int | float):
        return replace(part, text=f"-{part.text}", binds=UNARY, literal=-part.literal)
    return replace(part, text=f"-{part.within(UNARY)}", binds=UNARY, kind="number", simple=False, listed=None)


def arithmetic(writer: Writer, left: Part, operator: str, right: Part) -> Part:
    """`+` of numbers or of strings, `-`, `*` and `/` of numbers; else, and by zero, null."""
    kinds = {left.kind, right.kind}
    if kinds & {"moment", "duration"}:
        return added(left, operator, right)
    if operator == "+" and "number" not in kinds:
        return _joined(writer, left, right) if "string" in kinds else _added(writer, left, right)
    what = f"`{operator}`"
    left, right = writer.present(left, "number", what), writer.present(right, "number", what)
    if operator == "/":
        right = nonzero(writer, right)
    level = TIMES if operator in "*/" else PLUS
    needs, lets = together([left, right])
    made = f"{left.within(level - 1)} {operator} {right.within(level)}"
    loud = left.loud and right.loud
    return Part(writer.call("exact", made), "number", needs=needs, loud=loud, lets=lets)


def nonzero(writer: Writer, part: Part) -> Part:
    """A number that is needed not to be zero."""
    if part.literal is not None:
        if not part.literal:
            raise Untranslatable("a division by zero")
        return part
    part = writer.repeatable(part)
    part = writer.present(part, "number", "a division")
    return replace(part, needs=(*part.needs, f"{part.within(COMPARE)} != 0"))


def _joined(writer: Writer, left: Part, right: Part) -> Part:
    parts = []
    for part in (left, right):
        if part.kind != "any":
            parts.append(writer.present(part, "string", "`+`"))
            continue
        held = writer.repeatable(part)
        held = writer.bound(held) if held.needs else held
        parts.append(replace(held, kind="string", nullish=False, needs=(f'$type({held.text}) = "string"',)))
    needs, lets = together(parts)
    made = f"{parts[0].within(PLUS - 1)} & {parts[1].within(PLUS)}"
    return Part(made, "string", PLUS, needs=needs, loud=not needs, lets=lets)


def _added(writer: Writer, left: Part, right: Part) -> Part:
    if {left.kind, right.kind} != {"any"}:
        raise Untranslatable(f"`+` between a {left.kind} and a {right.kind}")
    held = []
    for part in (left, right):
        found = writer.repeatable(part)
        held.append(writer.bound(found) if found.needs else found)
    one, two = (part.text for part in held)
    needs = (f"{one} != null", f"$type({one}) = $type({two})")
    made = f'($type({one}) = "string" ? {one} & {two} : {writer.call("exact", f"{one} + {two}")})'
    return Part(made, needs=needs, lets=together(held)[1], loud=False)


def negated(writer: Writer, part: Part) -> Part:
    """`not(…)`: null for what is no boolean."""
    loud = part.loud and part.kind == "boolean" and not part.nullish and not part.alike
    alike = part.alike
    part = writer.truth(part, "`not`")
    part = replace(part, needs=tuple(dict.fromkeys((*part.needs, *alike))))
    facts, denials = (part.denials, part.facts) if part.definite else (frozenset(), frozenset(part.facts))
    return Part(
        f"$not({part.text})",
        "boolean",
        ATOM,
        needs=part.needs,
        loud=loud,
        lets=part.lets,
        facts=facts,
        denials=denials,
    )


def defaulted(writer: Writer, part: Part, other: Part) -> Part:
    """`get or else`."""
    timeless(part, other)
    part = writer.repeatable(writer.entries(part))
    if part.definite:
        return part
    part = writer.bound(part) if part.needs else part
    made = f"{part.text} != null ? {part.text} : {writer.whole(writer.entries(other))}"
    kind = part.kind if part.kind == other.kind else "any"
    return Part(made, kind, CHOICE, nullish=not other.definite, undefined=other.undefined, lets=part.lets)
