"""The coercions of JUEL (JSR 341, 1.23), as functions of JSONata that stand before what calls them.

Where the kind of an operand is known, JSONata's own operator does the same and none of these is needed. Each
of them takes an operand that is undefined, as an entry that a map lacks, for null. What JUEL cannot coerce is
an error here too, and so are the texts that are numbers in Java alone, such as `5d`.
"""

from typing import Final

from workers.flow.bpmn.foreign import MAX_RESULT, Untranslatable

_BODIES: Final = {
    # An entry of a map; null has every entry, and each of them is null.
    "entry": (
        '($v, $k) { $v != null ? $type($v) = "object" ? $lookup($v, $k)'
        ' : $error("there is no " & $k & " in this " & $type($v)) : null }'
    ),
    # An element of a list.
    "element": (
        '($v, $i) { $v != null and $type($v) != "object" ? $type($v) = "array" ? $v[$i]'
        ' : $error("a " & $type($v) & " has no elements") : null }'
    ),
    # A boolean: null and "" are false, a text is true if it is "true" in whatever case.
    "truth": '($v) { $v = true or $v != false and $v != null and $lowercase($v) = "true" }',
    "empty": '($v) { $not($v != null) or $v = "" or $v = [] or $v = {} }',
    # A number: null and "" are 0.
    "num": (
        '($v) { $v = "" or $not($v != null) ? 0 : $type($v) != "string" ? $v + 0'
        ' : $contains($v, /[^-+.0-9eE]/) ? $error($v & " is no number") : $number($v) }'
    ),
    # A number that is compared with another value: what is compared with a whole number must be one.
    "near": (
        '($v, $o) { $type($v) = "string" and $type($o) = "number" and $contains($v, /[.eE]/)'
        ' and $o = $floor($o) ? $error($v & " is no whole number") : $num($v) }'
    ),
    "same": (
        "($a, $b) { $a != null and $b != null ? ($kinds := [$type($a), $type($b)];"
        ' "number" in $kinds ? $near($a, $b) = $near($b, $a)'
        ' : "boolean" in $kinds ? $truth($a) = $truth($b) : $a = $b) : $not($a != null or $b != null) }'
    ),
    # Whether it equals a text that is no number and not "true".
    "is": (
        '($v, $text) { $type($v) = "number" ? $error($text & " is no number") : $v = $text or $v = false }'
    ),
    # What is compared as a text; a list or a map cannot be.
    "word": '($v) { $type($v) = "boolean" ? $string($v) : $v }',
    "less": (
        '($a, $b) { $a != null and $b != null and ("number" in [$type($a), $type($b)]'
        " ? $near($a, $b) < $near($b, $a) : $word($a) < $word($b)) }"
    ),
    "most": ("($a, $b) { $a != null and $b != null ? $not($less($b, $a)) : $not($a != null or $b != null) }"),
    # The names in a list, or in a text with commas between them.
    "names": (
        '($v) { $type($v) = "array" ? $v : $type($v) = "string" ? [$split($trim($v), /\\s*,\\s*/)[$ != ""]]'
        ' : $error("a " & $type($v) & " names nobody") }'
    ),
    # A number that was worked out from these, in a text: Java writes what came of decimals as 5.0.
    "digits": (
        '($v, $of) { $contains($string($of), /[.eE]/) ? $error("a text cannot hold what decimals add up to")'
        " : $string($v) }"
    ),
}


def with_functions(expression: str) -> str:
    """The JSONata with the functions that it calls before it."""
    needed: set[str] = set()
    texts = [expression]
    while texts:
        text = texts.pop()
        found = {name for name in _BODIES if f"${name}(" in text} - needed
        needed |= found
        texts += [_BODIES[name] for name in found]
    if not needed:
        return expression
    made = [f"${name} := function{_BODIES[name]}" for name in _BODIES if name in needed]
    whole = f"({'; '.join([*made, expression])})"
    if len(whole) > MAX_RESULT:
        raise Untranslatable("an expression whose translation is too long")
    return whole
