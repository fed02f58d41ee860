"""Elements of an export."""

import json
import re
from typing import TypeGuard

from workers.flow.bpmn.source import Json, one_line
from workers.flow.bpmn.vocabulary import JSONATA
from workers.flow.bpmn.write import is_writable
from workers.flow.bpmn.xml import Element


def make(tag: str, text: str | None = None, **attributes: str) -> Element:
    """An element of BPMN."""
    return Element(f"bpmn:{tag}", dict(attributes), [] if text is None else [text])


def formal(tag: str, text: str) -> Element:
    """An expression in JSONata."""
    return make(tag, text, **{"xsi:type": "bpmn:tFormalExpression", "language": JSONATA})


def templated(tag: str, text: str) -> Element:
    """A template; one without placeholders is a literal, which is the same in every language."""
    if text.startswith("=") or "{" in text or text != text.strip():
        return formal(tag, text)
    return make(tag, text, **{"xsi:type": "bpmn:tFormalExpression"})


def plain(value: object) -> TypeGuard[str]:
    """Whether XML keeps a value as it is: a text that is not blank, of characters that XML has."""
    return isinstance(value, str) and bool(value.strip()) and is_writable(value)


def plain_name(value: object) -> TypeGuard[str]:
    """Whether an import reads a name or a code as it is: one line."""
    return plain(value) and one_line(value) == value


def attach(element: Element, rest: Json) -> None:
    """Put what has no other place at the beginning of an element: documentation and our properties."""
    documentation = rest.get("documentation")
    if plain(documentation):
        element.content.append(make("documentation", documentation))
        rest = {key: value for key, value in rest.items() if key != "documentation"}
    if rest:
        text = json.dumps(rest, ensure_ascii=False)
        text = re.sub(_BARE, lambda match: f"\\u{ord(match[0]):04x}", text)
        extensions = make("extensionElements")
        extensions.content.append(Element("procession:properties", {}, [text]))
        element.content.append(extensions)


_BARE = re.compile("[\x7f-\x9f\ufffe\uffff]")
"""What JSON leaves as it is, and XML does not have or advises against."""
