"""Write a tree of XML back as bytes."""

import re

from workers.flow.bpmn.xml import Comment, Document, Element, Instruction

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_IN_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_IN_VALUE = _IN_TEXT | str.maketrans({'"': "&quot;", "\t": "&#9;", "\n": "&#10;"})


def write_xml(document: Document) -> bytes:
    """The document in UTF-8, with every element, attribute, prefix, text and comment that it was read with.

    What is written reads back as the same tree.
    """
    parts = ['<?xml version="1.0" encoding="UTF-8"?>\n']
    for beside in document.before:
        _write(beside, parts)
        parts.append("\n")
    _write(document.root, parts)
    parts.append("\n")
    for beside in document.after:
        _write(beside, parts)
        parts.append("\n")
    return "".join(parts).encode()


def is_writable(text: str) -> bool:
    """Whether XML 1.0 can hold every character of a text; most control characters it cannot."""
    return not _ILLEGAL.search(text)


def _write(part: Element | Comment | Instruction | str, parts: list[str]) -> None:
    match part:
        case str():
            parts.append(part.translate(_IN_TEXT))
        case Comment():
            parts.append(f"<!--{part.text}-->")
        case Instruction():
            parts.append(f"<?{part.target} {part.data}?>" if part.data else f"<?{part.target}?>")
        case Element():
            values = (f' {key}="{value.translate(_IN_VALUE)}"' for key, value in part.attributes.items())
            parts.append(f"<{part.tag}{''.join(values)}")
            if not part.content:
                parts.append("/>")
                return
            parts.append(">")
            for each in part.content:
                _write(each, parts)
            parts.append(f"</{part.tag}>")
