"""FEEL's built-in functions that JSONata has, or can say, with the same meaning."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from workers.flow.bpmn.feel.operators import contained, defaulted, negated, nonzero, present
from workers.flow.bpmn.feel.value import ATOM, CHOICE, COMPARE, TIMES, Kind, Part, Writer, timeless, together
from workers.flow.bpmn.foreign import Untranslatable

Function = Callable[[Writer, Sequence[Part]], Part]

_NUMBER: Final = r"/^[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)?$/"
_PATTERN: Final = re.compile(
    r"(?:[\w ,:;@%&!'\"<>=~#/-]|\\[dDwWsS\-.+*?()\[\]{}|^$\\/]|[.^$|()]"
    r"|\[\^?(?:[\w ,:;@%!'\"<>=~#/.*+?()-]|\\[dws\-.\\/\]\[^])+\]"
    r"|[*+?]\??|\{[0-9]{1,3}(?:,(?:[0-9]{1,3})?)?\}\??)*+",
    re.ASCII,
)


def _arguments(name: str, given: Sequence[Part], least: int, most: int) -> None:
    if not least <= len(given) <= most:
        raise Untranslatable(f"the FEEL function `{name}` with {len(given)} arguments")


def _plain(name: str, template: str, kinds: Sequence[Kind], result: Kind, binds: int = ATOM) -> Function:
    """A function of JSONata that fails, or is undefined, where FEEL gives null."""

    def made(writer: Writer, given: Sequence[Part]) -> Part:
        _arguments(name, given, len(kinds), len(kinds))
        parts = [writer.present(part, kind, f"`{name}`") for part, kind in zip(given, kinds, strict=True)]
        needs, lets = together(parts)
        text = template.format(*(part.text if binds == ATOM else part.within(TIMES) for part in parts))
        loud = all(part.loud for part in parts) and all(part.definite for part in parts[1:])
        return Part(text, result, binds, needs=needs, lets=lets, loud=loud)

    return made


def _numbers(name: str, function: str) -> Function:
    """A function of a list of numbers, which may be given one by one; null for an empty list."""

    def made(writer: Writer, given: Sequence[Part]) -> Part:
        _arguments(name, given, 1, 100)
        if len(given) > 1 or given[0].kind == "number":
            parts = [writer.present(part, "number", f"`{name}`") for part in given]
            needs, lets = together(parts)
            text = made_of(writer, f"[{', '.join(part.text for part in parts)}]")
            return Part(text, "number", needs=needs, lets=lets, loud=not needs)
        held = writer.repeatable(writer.listed(given[0], f"`{name}`"))
        kept = tuple(need for need in held.needs if need != f"{held.text} != null")
        # One that is no number makes the whole null, and so does a list without any.
        needs = (*kept, f"$count({held.text}) > 0", _only(held, '$type($v) = "number"'))
        text = made_of(writer, held.text)
        return Part(text, "number", needs=needs, lets=held.lets, loud=False)

    def made_of(writer: Writer, numbers: str) -> str:
        text = f"${function}({numbers})"
        return writer.call("exact", text) if name in {"sum", "mean"} else text

    return made


def _only(held: Part, test: str) -> str:
    """That every element `$v` of a list passes."""
    return f"$not(false in $map({held.text}, function($v) {{ {test} }}))"


def _listed(name: str, template: str, result: Kind) -> Function:
    """A function of one list."""

    def made(writer: Writer, given: Sequence[Part]) -> Part:
        _arguments(name, given, 1, 1)
        held = writer.listed(given[0], f"`{name}`")
        return Part(template.format(held.text), result, needs=held.needs, lets=held.lets, loud=False)

    return made


def _literal(name: str, part: Part, kind: type) -> None:
    if not isinstance(part.literal, kind) or part.literal == "":
        raise Untranslatable(f"the FEEL function `{name}` with an argument that is not a literal")


def _substring(writer: Writer, given: Sequence[Part]) -> Part:
    _arguments("substring", given, 2, 3)
    for part in given[1:]:
        _literal("substring", part, int)
    start = given[1].literal
    length = given[2].literal if len(given) > 2 else 1
    if not isinstance(start, int) or not isinstance(length, int) or not start or length < 1:
        raise Untranslatable("the FEEL function `substring` from 0, or with a length below 1")
    held = writer.repeatable(writer.present(given[0], "string", "`substring`"))
    text = f"$substring({held.text}, {start - 1 if start > 0 else start}"
    text += f", {length})" if len(given) > 2 else ")"
    if start == 1:
        return Part(text, "string", needs=held.needs, lets=held.lets, loud=False)
    # What stands past the end the specification leaves open, and engines differ.
    past = '$error("substring() past the end of a string")'
    text = f"$length({held.text}) >= {abs(start)} ? {text} : {past}"
    return Part(text, "string", CHOICE, needs=held.needs, lets=held.lets, loud=False)


def _starts(writer: Writer, given: Sequence[Part]) -> Part:
    _arguments("starts with", given, 2, 2)
    held, start = (writer.present(part, "string", "`starts with`") for part in given)
    start = writer.repeatable(start)
    length = str(len(start.literal)) if isinstance(start.literal, str) else f"$length({start.text})"
    text = f"$substring({held.text}, 0, {length}) = {start.within(COMPARE)}"
    needs, lets = together([held, start])
    return Part(text, "boolean", COMPARE, needs=needs, lets=lets, loud=False)


def _ends(writer: Writer, given: Sequence[Part]) -> Part:
    _arguments("ends with", given, 2, 2)
    _literal("ends with", given[1], str)
    held = writer.present(given[0], "string", "`ends with`")
    text = f"$substring({held.text}, -{len(str(given[1].literal))}) = {given[1].text}"
    return Part(text, "boolean", COMPARE, needs=held.needs, lets=held.lets, loud=False)


def _cut(name: str, function: str) -> Function:
    def made(writer: Writer, given: Sequence[Part]) -> Part:
        _arguments(name, given, 2, 2)
        _literal(name, given[1], str)
        held = writer.repeatable(writer.present(given[0], "string", f"`{name}`"))
        part = given[1].text
        text = f'$contains({held.text}, {part}) ? ${function}({held.text}, {part}) : ""'
        return Part(text, "string", CHOICE, needs=held.needs, lets=held.lets, loud=False)

    return made


def _matches(writer: Writer, given: Sequence[Part]) -> Part:
    _arguments("matches", given, 2, 2)
    _literal("matches", given[1], str)
    pattern = str(given[1].literal)
    if not _PATTERN.fullmatch(pattern) or "(?" in re.sub(r"\\.", "", pattern).replace("(?:", ""):
        raise Untranslatable(f"the FEEL function `matches` with the pattern {pattern[:60]!r}")
    held = writer.present(given[0], "string", "`matches`")
    escaped = re.sub(r"\\?/", r"\/", pattern)
    text = f"$contains({held.text}, /{escaped}/)"
    return Part(text, "boolean", needs=held.needs, lets=held.lets, loud=held.loud)


def _string(writer: Writer, given: Sequence[Part]) -> Part:
    _arguments("string", given, 1, 1)
    part = given[0]
    timeless(part)
    if part.kind == "string":
        return part
    if part.kind in {"list", "context"}:
        raise Untranslatable(f"the FEEL function `string` of a {part.kind}")
    if part.kind != "any" and part.literal is not None:
        return Part(f"$string({part.text})", "string")
    part = writer.present(part, part.kind, "`string`")
    return Part(writer.call("text", part.text), "string", needs=part.needs, lets=part.lets, loud=False)


def _number(writer: Writer, given: Sequence[Part]) -> Part:
    _arguments("number", given, 1, 1)
    if given[0].kind not in {"any", "string"}:
        raise Untranslatable(f"the FEEL function `number` of a {given[0].kind}")
    held = writer.repeatable(given[0])
    held = writer.bound(held) if held.needs else held
    needs = (f'$type({held.text}) = "string"', f"$contains({held.text}, {_NUMBER})")
    return Part(f"$number({held.text})", "number", needs=needs, lets=held.lets, loud=False)


def _modulo(writer: Writer, given: Sequence[Part]) -> Part:
    _arguments("modulo", given, 2, 2)
    one, two = (writer.repeatable(writer.present(part, "number", "`modulo`")) for part in given)
    two = nonzero(writer, two)
    needs, lets = together([one, two])
    a, b = one.within(TIMES), two.within(TIMES)
    whole = f"$floor({writer.call('exact', f'{a} / {b}')})"
    text = writer.call("exact", f"{a} - {writer.call('exact', f'{b} * {whole}')}")
    return Part(text, "number", needs=needs, lets=lets)


def _decimal(writer: Writer, given: Sequence[Part]) -> Part:
    _arguments("decimal", given, 2, 2)
    scale = given[1].literal
    if not isinstance(scale, int) or not 0 <= scale <= 10:
        raise Untranslatable("the FEEL function `decimal` with a scale that is not a literal from 0 to 10")
    return _plain("decimal", f"$round({{0}}, {scale})", ["number"], "number")(writer, given[:1])


def _append(writer: Writer, given: Sequence[Part]) -> Part:
    _arguments("append", given, 2, 100)
    held = writer.listed(given[0], "`append`")
    items = ", ".join(writer.element(part) for part in given[1:])
    return Part(f"$append({held.text}, [{items}])", "list", needs=held.needs, lets=held.lets)


def _concatenate(writer: Writer, given: Sequence[Part]) -> Part:
    _arguments("concatenate", given, 1, 20)
    parts = [writer.listed(part, "`concatenate`") for part in given]
    text = parts[0].text
    for part in parts[1:]:
        text = f"$append({text}, {part.text})"
    needs, lets = together(parts)
    return Part(text, "list", needs=needs, lets=lets)


def _contains(writer: Writer, given: Sequence[Part]) -> Part:
    _arguments("list contains", given, 2, 2)
    held = writer.listed(given[0], "`list contains`")
    found = contained(writer, given[1], replace(held, needs=(), lets=()))
    return replace(found, needs=held.needs, lets=(*held.lets, *found.lets), loud=False)


def _join(writer: Writer, given: Sequence[Part]) -> Part:
    _arguments("string join", given, 1, 2)
    for part in given[1:]:
        if not isinstance(part.literal, str):
            raise Untranslatable("the FEEL function `string join` with a delimiter that is not a literal")
    held = writer.repeatable(writer.listed(given[0], "`string join`"))
    # Nulls are passed over; anything else that is no string makes the whole null.
    known = _only(held, '$type($v) in ["string", "null"]')
    texts = f'[$filter({held.text}, function($v) {{ $type($v) = "string" }})]'
    text = f"$join({', '.join([texts, *(part.text for part in given[1:])])})"
    return Part(text, "string", needs=(*held.needs, known), lets=held.lets, loud=False)


def _defined(writer: Writer, given: Sequence[Part]) -> Part:
    _arguments("is defined", given, 1, 1)
    return present(writer, given[0])


def _not(writer: Writer, given: Sequence[Part]) -> Part:
    _arguments("not", given, 1, 1)
    return negated(writer, given[0])


def _default(writer: Writer, given: Sequence[Part]) -> Part:
    _arguments("get or else", given, 2, 2)
    return defaulted(writer, *given)


FUNCTIONS: Final[dict[str, Function]] = {
    "abs": _plain("abs", "$abs({0})", ["number"], "number"),
    "append": _append,
    "ceiling": _plain("ceiling", "$ceil({0})", ["number"], "number"),
    "concatenate": _concatenate,
    "contains": _plain("contains", "$contains({0}, {1})", ["string", "string"], "boolean"),
    "count": _listed("count", "$count({0})", "number"),
    "decimal": _decimal,
    "distinct values": _listed("distinct values", "$distinct({0})", "list"),
    "ends with": _ends,
    "even": _plain("even", "{0} % 2 = 0", ["number"], "boolean", COMPARE),
    "floor": _plain("floor", "$floor({0})", ["number"], "number"),
    "get or else": _default,
    "is defined": _defined,
    "list contains": _contains,
    "lower case": _plain("lower case", "$lowercase({0})", ["string"], "string"),
    "matches": _matches,
    "max": _numbers("max", "max"),
    "mean": _numbers("mean", "average"),
    "min": _numbers("min", "min"),
    "modulo": _modulo,
    "not": _not,
    "number": _number,
    "odd": _plain("odd", "$abs({0}) % 2 = 1", ["number"], "boolean", COMPARE),
    "reverse": _listed("reverse", "$reverse({0})", "list"),
    "starts with": _starts,
    "string": _string,
    "string join": _join,
    "string length": _plain("string length", "$length({0})", ["string"], "number"),
    "substring": _substring,
    "substring after": _cut("substring after", "substringAfter"),
    "substring before": _cut("substring before", "substringBefore"),
    "sum": _numbers("sum", "sum"),
    "upper case": _plain("upper case", "$uppercase({0})", ["string"], "string"),
}
"""By name; what is not here is refused by name."""
