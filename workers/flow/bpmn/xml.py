"""Parse XML from strangers into a tree that still knows its prefixes and lines.

The parser is expat of the standard library, driven by hand: any DOCTYPE is refused before an entity can be
declared, so nothing is expanded and nothing is fetched, and size, depth and number of elements are bounded
while it reads. `xml.etree` and what wraps it forget the prefixes, which BPMN uses inside attribute values.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias
from xml.parsers import expat

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 64
MAX_ELEMENTS = 100_000

XML = "http://www.w3.org/XML/1998/namespace"
XMLNS = "http://www.w3.org/2000/xmlns/"

Name: TypeAlias = tuple[str | None, str]
"""A namespace's URI, None without one, and a local name."""


class BpmnError(ValueError):
    """This is no BPMN that can be read; `line` says where, if that is known."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message if line is None else f"{message} (line {line})")
        self.message = message
        self.line = line


@dataclass(frozen=True, slots=True)
class Comment:
    text: str


@dataclass(frozen=True, slots=True)
class Instruction:
    target: str
    data: str


@dataclass(slots=True, eq=False)
class Element:
    """An element as it is written: its tag and the keys of `attributes`, `xmlns` among them, have prefixes.

    `content` holds text as `str`, with CDATA resolved, between the elements, in order.
    """

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    content: "list[Element | Comment | Instruction | str]" = field(default_factory=list)
    parent: "Element | None" = field(default=None, repr=False)
    line: int = 0
    namespace: str | None = None

    @property
    def local(self) -> str:
        return self.tag.rpartition(":")[2]

    @property
    def name(self) -> Name:
        return self.namespace, self.local

    @property
    def text(self) -> str:
        """The text that stands directly in it."""
        return "".join(part for part in self.content if isinstance(part, str))

    def get(self, local: str) -> str | None:
        """The value of an attribute without a prefix."""
        return self.attributes.get(local)

    def children(self, namespace: str | None = None, local: str | None = None) -> Iterator["Element"]:
        """The elements in it, or those of them with this namespace, or with this name."""
        for part in self.content:
            if (
                isinstance(part, Element)
                and namespace in {None, part.namespace}
                and local in {None, part.local}
            ):
                yield part

    def walk(self) -> Iterator["Element"]:
        """It and every element in it, in the order of the document."""
        left = [self]
        while left:
            here = left.pop()
            yield here
            left.extend(reversed([part for part in here.content if isinstance(part, Element)]))

    def uri(self, prefix: str) -> str | None:
        """What a prefix stands for here, "" being the default namespace; None if it stands for nothing."""
        if prefix == "xml":
            return XML
        key = f"xmlns:{prefix}" if prefix else "xmlns"
        here: Element | None = self
        while here is not None:
            if key in here.attributes:
                return here.attributes[key] or None
            here = here.parent
        return None

    def named_attributes(self) -> Iterator[tuple[Name, str]]:
        """The attributes by namespace and local name, without declarations of namespaces."""
        for key, value in self.attributes.items():
            prefix, colon, local = key.rpartition(":")
            if key != "xmlns" and prefix != "xmlns":
                yield ((self.uri(prefix) if colon else None), local), value


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed document: its root, and the comments and instructions around that."""

    root: Element
    before: tuple[Comment | Instruction, ...] = ()
    after: tuple[Comment | Instruction, ...] = ()


def read_xml(data: bytes, *, max_bytes: int = MAX_BYTES) -> Document:
    """Parse bytes of any encoding that they declare; raises `BpmnError` and nothing else."""
    if len(data) > max_bytes:
        raise BpmnError(f"The document has {len(data):,} bytes, and at most {max_bytes:,} are read.")
    return _Reader().read(data)


class _Reader:
    def __init__(self) -> None:
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.EntityDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.CommentHandler = lambda text: self._beside(Comment(text))
        self.parser.ProcessingInstructionHandler = lambda target, data: self._beside(
            Instruction(target, data)
        )
        self.root: Element | None = None
        self.open: list[Element] = []
        self.before: list[Comment | Instruction] = []
        self.after: list[Comment | Instruction] = []
        self.count = 0

    def read(self, data: bytes) -> Document:
        try:
            self.parser.Parse(data, True)
        except expat.ExpatError as error:
            raise BpmnError(f"This is not XML: {expat.ErrorString(error.code)}", error.lineno) from None
        except BpmnError:
            raise
        except (LookupError, ValueError) as error:  # an encoding that Python does not have
            raise BpmnError(f"This cannot be decoded: {error}") from None
        assert self.root is not None
        return Document(self.root, tuple(self.before), tuple(self.after))

    def _doctype(self, *_: object) -> None:
        message = "A document with a DOCTYPE is not read: BPMN has none, and it could declare entities."
        raise BpmnError(message, self.parser.CurrentLineNumber)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        line = self.parser.CurrentLineNumber
        self.count += 1
        if self.count > MAX_ELEMENTS:
            raise BpmnError(f"The document has more than {MAX_ELEMENTS:,} elements.", line)
        if len(self.open) >= MAX_DEPTH:
            raise BpmnError(f"Elements are nested deeper than {MAX_DEPTH} levels.", line)
        parent = self.open[-1] if self.open else None
        element = Element(tag, attributes, parent=parent, line=line)
        _check_names(element)
        if parent is None:
            self.root = element
        else:
            parent.content.append(element)
        self.open.append(element)

    def _end(self, _tag: str) -> None:
        self.open.pop()

    def _text(self, text: str) -> None:
        self.open[-1].content.append(text)

    def _beside(self, part: Comment | Instruction) -> None:
        if self.open:
            self.open[-1].content.append(part)
        elif self.root is None:
            self.before.append(part)
        else:
            self.after.append(part)


def _check_names(element: Element) -> None:
    """Find the element's namespace; refuse a prefix that stands for nothing."""
    for key, value in element.attributes.items():
        if key.startswith("xmlns:") and (not value or value == XMLNS or key == "xmlns:xmlns"):
            raise BpmnError(f"`{key[:80]}` cannot be declared like this.", element.line)
    element.namespace = _namespace(element, element.tag)
    seen: set[Name] = set()
    for key in element.attributes:
        if ":" in key and not key.startswith("xmlns:"):
            name = _namespace(element, key), key.rpartition(":")[2]
            if name in seen:
                raise BpmnError(f"The attribute `{key[:80]}` is there twice.", element.line)
            seen.add(name)


def _namespace(element: Element, tag: str) -> str | None:
    prefix, colon, local = tag.rpartition(":")
    uri = element.uri(prefix)
    if colon and (uri is None or not local or ":" in prefix):
        raise BpmnError(f"The prefix of `{tag[:80]}` is not declared.", element.line)
    return uri
