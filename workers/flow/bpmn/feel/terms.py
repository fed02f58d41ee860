"""The terms of FEEL: literals, names, calls, lists and contexts."""

import re
from abc import ABC, abstractmethod
from typing import Final

from workers.flow.bpmn import foreign
from workers.flow.bpmn.feel.functions import FUNCTIONS
from workers.flow.bpmn.feel.moment import MOMENTS
from workers.flow.bpmn.feel.moment import made as moment_made
from workers.flow.bpmn.feel.value import Kind, Part, Writer
from workers.flow.bpmn.foreign import Tokens, Untranslatable

_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "'": "'", '"': '"', "\\": "\\"}
_WORDS: Final = {"in", "return", "then", "else", "satisfies", "and", "or", "between", "if", "for"}
_OTHERS: Final = {"date and time", "get or else", "years and months duration"}
"""Functions whose names hold a word of the language."""
_CONSTANTS: Final[dict[str, Kind]] = {"true": "boolean", "false": "boolean", "null": "null"}


class Terms(ABC):
    """Reads what a FEEL expression is made of, and writes JSONata as it goes."""

    def __init__(self, tokens: Tokens, *, moments: bool = False) -> None:
        self.tokens = tokens
        self.moments = moments
        self.writer = Writer()
        self.scopes: list[tuple[str, str]] = []
        """The names of iterators with their variables; the name of a filter's item is empty."""
        self._entries: list[set[str]] = []
        """The keys of the contexts around."""

    @abstractmethod
    def expression(self) -> Part:
        """The expression that begins here."""

    def is_range(self) -> bool:
        """Whether a range such as `[1..5]` begins here."""
        if not self.tokens.at("[", "]", "("):
            return False
        depth, by = 1, 1
        while depth and (token := self.tokens.ahead(by)).kind != "end":
            if token.kind == "mark":
                if depth == 1 and token.text in {"..", ","}:
                    return token.text == ".."
                depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(token.text, 0)
            by += 1
        return False

    def term(self) -> Part:
        token = self.tokens.next
        if token.kind == "number":
            self.tokens.take()
            text = foreign.number(token.text)
            return Part(text, "number", literal=int(text) if text.isdigit() else float(text))
        if token.kind == "string":
            self.tokens.take()
            value = re.sub(r"\\(.)", _unescaped, token.text[1:-1], flags=re.DOTALL)
            return Part(foreign.text(value), "string", literal=value)
        if token.kind in {"name", "quoted"}:
            return self._named()
        if self.tokens.skip("("):
            part = self.expression()
            self.tokens.expect(")")
            return part
        if self.tokens.at("["):
            return self._list()
        if self.tokens.at("{"):
            return self._context()
        if self.tokens.at("?", "@"):
            raise Untranslatable("`?`, the input of a unary test" if token.text == "?" else "an `@` literal")
        raise self.tokens.unexpected()

    def _list(self) -> Part:
        if self.is_range():
            raise Untranslatable("a range as a value")
        self.tokens.take()
        parts = [] if self.tokens.at("]") else [self.expression()]
        while parts and self.tokens.skip(","):
            parts.append(self.expression())
        self.tokens.expect("]")
        text = f"[{', '.join(self.writer.element(part) for part in parts)}]"
        return Part(text, "list", literal=None if any(part.literal is None for part in parts) else text)

    def _context(self) -> Part:
        self.tokens.take()
        entries: dict[str, str] = {}
        self._entries.append(set())
        while not self.tokens.at("}"):
            key = self.tokens.take()
            if key.kind not in {"name", "quoted", "string"} or not self.tokens.at(":"):
                raise Untranslatable(f"`{key.text[:40]}` as a key of a context")
            name = key.text
            if key.kind == "string":
                name = re.sub(r"\\(.)", _unescaped, name[1:-1], flags=re.DOTALL)
            self.tokens.take()
            if name in entries:
                raise Untranslatable(f"the key `{name}` twice in a context")
            entries[name] = self.writer.exact(self.expression())
            self._entries[-1].add(name)
            if not self.tokens.skip(","):
                break
        self.tokens.expect("}")
        self._entries.pop()
        pairs = ", ".join(f"{foreign.text(name)}: {value}" for name, value in entries.items())
        return Part(f"{{{pairs}}}", "context")

    def _named(self) -> Part:
        token = self.tokens.take()
        if token.kind == "name":
            if name := self._function(token.text):
                return self._call(name)
            if token.text in _CONSTANTS:
                kind = _CONSTANTS[token.text]
                literal = token.text if kind == "boolean" else None
                return Part(token.text, kind, nullish=kind == "null", literal=literal)
            if token.text in _WORDS:
                raise Untranslatable(f"the word `{token.text}` at character {token.at}")
        return self._variable(token.text)

    def _function(self, name: str) -> str | None:
        """The name of a function that is called here, of which the first word is taken."""
        words = [name]
        found = None
        while True:
            after = self.tokens.ahead(len(words) - 1)
            if after.kind == "mark" and after.text == "(" and (len(words) == 1 or not _WORDS & {*words}):
                found = " ".join(words)
            elif after.kind == "name" and len(words) < 6:
                words.append(after.text)
                if " ".join(words) in _OTHERS:
                    found = " ".join(words)
                continue
            break
        if found is not None and found not in _WORDS:
            self.tokens.place += len(words) - 1 if found not in _OTHERS else found.count(" ")
            return found
        return None

    def _call(self, name: str) -> Part:
        if name not in FUNCTIONS and not (self.moments and name in MOMENTS):
            raise Untranslatable(f"the FEEL function `{name}` has no JSONata twin here")
        self.tokens.expect("(")
        arguments = [] if self.tokens.at(")") else [self._argument(name)]
        while arguments and self.tokens.skip(","):
            arguments.append(self._argument(name))
        self.tokens.expect(")")
        if name not in FUNCTIONS:
            return moment_made(self.writer, name, arguments)
        return FUNCTIONS[name](self.writer, arguments)

    def _argument(self, name: str) -> Part:
        by = 0
        while self.tokens.ahead(by).kind == "name":
            by += 1
        if by and self.tokens.ahead(by).text == ":":
            raise Untranslatable(f"named arguments of `{name}`")
        return self.expression()

    def _variable(self, name: str) -> Part:
        if any(name in keys for keys in self._entries):
            raise Untranslatable(f"`{name}` in a context that has an entry of this name")
        key = foreign.variable(name)
        text = key
        for scope, local in self.scopes:
            if scope == "" and name != "item":
                text = f"($exists({local}.{key}) ? {local}.{key} : {text})"
            elif scope == name or (scope == "" and name == "item"):
                if not local:
                    raise Untranslatable("`partial`, what an iteration has made so far")
                text = local
        return Part(text, nullish=True, undefined=True, simple=len(text) < 500, listed=text)


def _unescaped(match: re.Match[str]) -> str:
    escape = match[1]
    if escape in "uU":
        raise Untranslatable(f"the escape `\\{escape}` in a string")
    return _ESCAPES.get(escape, match[0])
