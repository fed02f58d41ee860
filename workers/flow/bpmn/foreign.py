"""What translations from other expression languages share: tokens, bounds, and the spelling of JSONata."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Literal

MAX_SOURCE: Final = 4_000
MAX_TOKENS: Final = 1_000
MAX_DEPTH: Final = 50
MAX_RESULT: Final = 16_000

TokenKind = Literal["name", "quoted", "number", "string", "mark", "end"]

_IDENTIFIER = re.compile("[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_RESERVED = {"and", "or", "in", "true", "false", "null", "function"}
_DIGITS = 15  # of a number that a double keeps


class Untranslatable(ValueError):
    """An expression without a JSONata twin of the same meaning; the message names what has none."""


@dataclass(frozen=True, slots=True)
class Token:
    kind: TokenKind
    text: str
    """As it is written; a quoted name without its quotes."""
    at: int
    """Its place in the source, counted in characters from 0."""


class Tokens:
    """The tokens of a source, read one by one; raises `Untranslatable` for what cannot be read."""

    def __init__(self, source: str, pattern: re.Pattern[str], language: str) -> None:
        if len(source) > MAX_SOURCE:
            raise Untranslatable(f"an expression of more than {MAX_SOURCE} characters")
        self.language = language
        self.place = 0
        self.tokens: list[Token] = []
        at = 0
        while at < len(source):
            match = pattern.match(source, at)
            if match is None:
                raise Untranslatable(f"`{source[at]}` at character {at} is no {language}")
            kind = match.lastgroup
            text = match.group()
            if kind == "quoted":
                text = text[1:-1]
            if kind is not None and kind != "space":
                self.tokens.append(Token(kind, text, at))  # type: ignore[arg-type]
                if len(self.tokens) > MAX_TOKENS:
                    raise Untranslatable(f"a long expression, of more than {MAX_TOKENS} words and signs")
            at = match.end()
        self.tokens.append(Token("end", "the end", len(source)))
        self._depth = 0

    @property
    def next(self) -> Token:
        return self.tokens[self.place]

    def ended(self) -> bool:
        return self.next.kind == "end"

    def ahead(self, by: int) -> Token:
        return self.tokens[min(self.place + by, len(self.tokens) - 1)]

    def take(self) -> Token:
        token = self.next
        self.place = min(self.place + 1, len(self.tokens) - 1)
        return token

    def at(self, *texts: str) -> bool:
        """Whether the next token is one of these marks or words."""
        return self.next.kind in {"mark", "name"} and self.next.text in texts

    def skip(self, *texts: str) -> str | None:
        """Takes the next token if it is one of these marks or words."""
        return self.take().text if self.at(*texts) else None

    def expect(self, text: str) -> None:
        if self.skip(text) is None:
            raise self.unexpected(f"where `{text}` should stand")

    def unexpected(self, where: str = "") -> Untranslatable:
        found = self.next.text if self.next.kind == "end" else f"`{self.next.text[:40]}`"
        message = f"{found} at character {self.next.at} is not {self.language} that is understood here"
        return Untranslatable(f"{message}, {where}" if where else message)

    @contextmanager
    def nested(self) -> Iterator[None]:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise Untranslatable(f"an expression that nests more than {MAX_DEPTH} deep")
        yield
        self._depth -= 1


def variable(name: str) -> str:
    """A variable as a JSONata name."""
    if name == "secrets":
        raise Untranslatable("the variable `secrets`, a name of the system's")
    return key(name)


def key(name: str) -> str:
    """A key as a JSONata name."""
    if _IDENTIFIER.fullmatch(name) and name not in _RESERVED:
        return name
    if "`" in name:
        raise Untranslatable(f"the name {name!r} holds a backquote")
    return f"`{name}`"


def text(value: str) -> str:
    """A string as a JSONata literal."""
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise Untranslatable("a string with half of a character (a lone surrogate)")
    return json.dumps(value, ensure_ascii=False)


def number(digits: str) -> str:
    """A number as a JSONata literal."""
    mantissa, mark, exponent = digits.lower().partition("e")
    whole, _, part = mantissa.partition(".")
    if len((whole + part).strip("0")) > _DIGITS:
        raise Untranslatable(f"the number {digits[:40]}, which has more than {_DIGITS} digits")
    fraction = f".{part}" if part else ""
    return (whole.lstrip("0") or "0") + fraction + (f"e{int(exponent)}" if mark else "")


def defined(expression: str) -> str:
    """An expression, with its leading `= `, that is null where it would be undefined."""
    value = expression.removeprefix("= ")
    if re.fullmatch(r"[A-Za-z_][\w.]*", value, re.ASCII):
        return f"= {or_null(value)}"
    return f"= ($value := ({value}); $exists($value) ? $value : null)"


def or_null(value: str) -> str:
    """A JSONata value, null where it is undefined, in any place; the value is written twice."""
    # Its library applies an index before `??` twice.
    plain = re.fullmatch(r"[\w.$]+", value, re.ASCII)
    return f"({value} ?? null)" if plain else f"($exists({value}) ? {value} : null)"
