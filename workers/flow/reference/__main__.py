"""Writes the generated pages of docs/: `make docs`."""

from pathlib import Path

from workers.flow.reference.bpmn import bpmn_text
from workers.flow.reference.example import read_examples
from workers.flow.reference.incidents import incidents_text
from workers.flow.reference.page import page_text
from workers.flow.reference.schema import schema_text

DOCS = Path(__file__).parent.parent.parent.parent / "docs"


def texts() -> dict[str, str]:
    """What is written, by its name in docs/."""
    return {
        "flow.schema.json": schema_text(),
        "nodes.md": page_text(read_examples(DOCS / "examples")),
        "bpmn.md": bpmn_text(),
        "incidents.md": incidents_text(),
    }


if __name__ == "__main__":
    for name, text in texts().items():
        (DOCS / name).write_text(text)
