"""`docs/bpmn.md`: what becomes of each element and attribute of BPMN 2.0, from the data of the import."""

from collections.abc import Iterator, Mapping

from workers.flow.bpmn.standard import STANDARD, Kind
from workers.flow.bpmn.vendors import VENDORS
from workers.flow.bpmn.verdict import Verdict, read_verdict

_TITLE = """\
# BPMN 2.0, element by element

Written by `make docs` from [standard.py](../workers/flow/bpmn/standard.py) and
[vendors.py](../workers/flow/bpmn/vendors.py), by which the import of a file goes too; a test imports a file
for each row. How files are read is told in [flows.md](flows.md#bpmn-20-files).

- **runs**: it is part of what runs, as the standard says.
- **shown**: it is kept in the file and its drawing, and changes nothing about what runs. What is in it is not
  looked at.
- **warned**: the same, with a warning that names it.
- **refused**: the process cannot be published; the problem names it and its node.

An attribute or an element that is not in these tables is refused where it stands in something that runs: BPMN
does not have it. Names in angle brackets are elements. Everything has what `baseElement` has; "as" tells what
it has besides. The elements of the drawing are kept as they are."""

_VENDORS = """\
## Extensions of other vendors

Those of Zeebe and of Camunda 7 and its kin are read, see [flows.md](flows.md#bpmn-20-files). Of others, what
their engines are known to execute is refused by its name, what is for the eye is kept, and every other name
is told of in one warning for its namespace."""


def bpmn_text() -> str:
    """The whole page."""
    return "\n\n".join(_parts()) + "\n"


def _parts() -> Iterator[str]:
    yield _TITLE
    for section, kinds in STANDARD.items():
        yield f"## {section}"
        rows = [row for local, kind in kinds.items() for row in _rows(local, kind)]
        yield _table(("element", "attributes and elements in it", "here", "how"), rows)
    yield _VENDORS
    rows = [
        (f"`{namespace}`" if at == 0 else "", names, *_told(verdict))
        for namespace, verdicts in VENDORS.items()
        for at, (names, verdict) in enumerate(_verdicts(verdicts, "`{}`"))
    ]
    yield _table(("namespace", "names", "here", "how"), rows)


def _rows(local: str, kind: Kind) -> Iterator[tuple[str, ...]]:
    bases = [base for base in kind.bases.split() if base != "baseElement"]
    head = f"`{local}`" + (f", as {' and '.join(bases)}" if bases else "")
    cells = [*_verdicts(kind.attributes, "`{}`"), *_verdicts(kind.children, "`<{}>`")]
    for at, (names, verdict) in enumerate(cells):
        yield (head if at == 0 else "", names, *_told(verdict))
    if not cells:
        yield head, "", "", ""


def _verdicts(verdicts: Mapping[str, str], shape: str) -> Iterator[tuple[str, Verdict]]:
    for names, text in verdicts.items():
        shown = ["every other" if name == "*" else shape.format(name) for name in names.split()]
        yield " ".join(shown), read_verdict(text)


def _told(verdict: Verdict) -> tuple[str, str]:
    values = " or ".join(f"`{value}`" for value in verdict.unless)
    unless = f"{verdict.word}, unless it is {values}" if values else verdict.word
    return unless, verdict.why.replace("|", "\\|")


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
