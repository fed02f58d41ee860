"""Values of other engines, literal or with expressions in them, as our templated texts."""

import json
import re
from typing import Literal

from workers.flow.bpmn import foreign
from workers.flow.bpmn.feel.translate import translate_feel
from workers.flow.bpmn.foreign import MAX_SOURCE, Untranslatable
from workers.flow.bpmn.juel.functions import with_functions
from workers.flow.bpmn.juel.moment import from_now
from workers.flow.bpmn.juel.translate import Embedded, embedded, translate_juel
from workers.flow.values.placeholder import Placeholder, split

_NAME = re.compile(r"[^\W\d][\w-]*")


def translate_templated(source: str, dialect: Literal["feel", "juel"], *, moment: bool = False) -> str:
    """The templated text that yields what a value of another engine yields.

    With `feel` a source that begins with `=` is an expression, with `juel` each `${…}` or `#{…}` in it;
    all the rest is literal text. With `moment` it stands where a timer or a due date does. Raises
    `Untranslatable`.
    """
    if dialect == "feel":
        return translate_feel(source, moment=moment) if source.lstrip().startswith("=") else literal(source)
    if not re.search(r"[$#]\{", source):
        return literal(source)
    if len(source) > MAX_SOURCE:
        raise Untranslatable(f"an expression of more than {MAX_SOURCE} characters")
    duration = from_now(source) if moment else None
    if duration is not None:
        return duration
    parts = _parts(source)
    if len(parts) == 1:
        lone = parts[0]
        if isinstance(lone, str):
            return literal(lone)
        if lone.path and len(lone.path) == 1:
            return _placeholder(lone.path)
        made = translate_juel(source)
        return foreign.defined(made) if lone.nullish else made
    # An entry that a map lacks is nothing in a text, and a placeholder of it would be an incident.
    if all(isinstance(part, str) or (part.path and len(part.path) == 1) for part in parts):
        texts = [_escaped(part) if isinstance(part, str) else _placeholder(part.path or ()) for part in parts]
        text = "".join(texts)
        expected = "".join(part if isinstance(part, str) else "\0" for part in parts)
        if "".join("\0" if isinstance(part, Placeholder) else part for part in split(text)) == expected:
            return f"={text}" if text.startswith("=") else text
    return f"= {with_functions(' & '.join(_operand(part) for part in parts))}"


def translate_names(source: str) -> str:
    """The list of names that a text with `${…}` in it comes to, as Camunda 7 makes it.

    The names have commas between them, and what an expression gives is a name, several with commas, or a
    list. Raises `Untranslatable`.
    """
    if len(source) > MAX_SOURCE:
        raise Untranslatable(f"an expression of more than {MAX_SOURCE} characters")
    each = [_parts(name.strip()) for name in re.split(r",(?![^{]*\})", source) if name.strip()]
    names = []
    for parts in each:
        lone = parts[0]
        if len(parts) > 1:
            names.append(f"$names({' & '.join(_operand(part) for part in parts)})")
        else:
            names.append(foreign.text(lone) if isinstance(lone, str) else f"$names({lone.text})")
    only = names[0] if len(names) == 1 else f"[{', '.join(names)}]"
    return f"= {with_functions(only)}"


def literal(text: str) -> str:
    """The templated text that yields this text."""
    escaped = _escaped(text)
    if "".join(part if isinstance(part, str) else "\0" for part in split(escaped)) != text:
        return f"= {foreign.text(text)}"
    return f"={escaped}" if escaped.startswith("=") else escaped


def _parts(source: str) -> list[str | Embedded]:
    parts: list[str | Embedded] = []
    text = ""
    while match := re.search(r"\\?[$#]\{", source):
        text += source[: match.start()]
        source = source[match.end() :]
        if match.group().startswith("\\"):
            text += match.group()[1:]
            continue
        if text:
            parts.append(text)
        text = ""
        part, source = embedded(source)
        parts.append(part)
    text += source
    return [*parts, text] if text else parts


def _escaped(text: str) -> str:
    """The text with doubled braces around what would be a placeholder."""
    pieces = re.split(r"(?=\{)", text)
    return "".join(_doubled(piece) for piece in pieces)


def _doubled(piece: str) -> str:
    return "".join(part if isinstance(part, str) else f"{{{{{part.name}}}}}" for part in split(piece))


def _placeholder(path: tuple[str | int, ...]) -> str:
    if path[0] == "secrets":
        raise Untranslatable("the variable `secrets`, a name of the system's")
    steps = ""
    for at, step in enumerate(path):
        if isinstance(step, int):
            steps += f"[{step}]"
        elif _NAME.fullmatch(step):
            steps += f".{step}" if at else step
        else:
            steps += f"[{json.dumps(step, ensure_ascii=False)}]"
    return f"{{{steps}}}"


def _operand(part: str | Embedded) -> str:
    """A part of a text, where null is empty."""
    if isinstance(part, str):
        return foreign.text(part)
    if part.computed:
        return f"$digits(({part.text}), [{', '.join(part.computed)}])"
    return f'($part := {part.text}; $part != null ? $part : "")' if part.nullish else f"({part.text})"
