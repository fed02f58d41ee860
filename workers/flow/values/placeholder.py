"""Placeholders such as `{customer.tags[0]}` in the text of a template."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_NAME = r"[^\W\d][\w-]*"
_KEY = r'\["(?:[^"\\]|\\.)*"\]'
_INDEX = r"\[(?:0|[1-9][0-9]{0,8})\]"
_STEP = re.compile(rf"{_KEY}|{_INDEX}|\.?{_NAME}", re.DOTALL)
_PATH = rf"(?:{_NAME}|{_KEY})(?:\.{_NAME}|{_INDEX}|{_KEY})*"
_PLACEHOLDER = re.compile(rf"\{{\{{{_PATH}\}}\}}|\{{{_PATH}\}}", re.DOTALL)


class MissingVariable(Exception):
    """A placeholder that leads nowhere; `name` is its path. Explicit null is not missing."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the variable {name} is missing")
        self.name = name


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A path into the variables: keys of objects and places in arrays, nothing else."""

    name: str
    """As it is written, without its braces."""
    root: str
    """The variable it starts from."""
    steps: tuple[str | int, ...]
    """The way from there."""

    def find(self, variables: Mapping[str, object]) -> Any:
        """The value that it leads to; raises `MissingVariable`."""
        if self.root not in variables:
            raise MissingVariable(self.name)
        value: Any = variables[self.root]
        for step in self.steps:
            if isinstance(step, str):
                known = isinstance(value, dict) and step in value
            else:
                known = isinstance(value, list) and step < len(value)
            if not known:
                raise MissingVariable(self.name)
            value = value[step]
        return value


def split(text: str) -> list[str | Placeholder]:
    """The literal parts and the placeholders of a template's text, in order; `{{x}}` is the literal `{x}`."""
    parts: list[str | Placeholder] = []
    literal = ""
    end = 0
    for match in _PLACEHOLDER.finditer(text):
        literal += text[end : match.start()]
        end = match.end()
        found = match.group()
        placeholder = None if found.startswith("{{") else _read(found[1:-1])
        if placeholder is None:
            literal += found[1:-1] if found.startswith("{{") else found
            continue
        if literal:
            parts.append(literal)
        literal = ""
        parts.append(placeholder)
    literal += text[end:]
    return [*parts, literal] if literal else parts


def _read(path: str) -> Placeholder | None:
    steps: list[str | int] = []
    for step in _STEP.findall(path):
        if step.startswith('["'):
            try:
                steps.append(json.loads(step[1:-1], strict=False))
            except ValueError:  # an escape that JSON does not know: the braces are literal
                return None
        elif step.startswith("["):
            steps.append(int(step[1:-1]))
        else:
            steps.append(step.removeprefix("."))
    return Placeholder(name=path, root=str(steps[0]), steps=tuple(steps[1:]))
