"""How much of a file is expressions of other languages, which take far longer than all the rest of it."""

import re

from workers.flow.bpmn.source import Source
from workers.flow.bpmn.xml import BpmnError

MAX_FOREIGN = 256 * 1024
"""Characters of the expressions that a file may have translated, each with its overhead."""

_OVERHEAD = 32  # characters that take as long as an expression does beside its own
_JUEL = re.compile(r"[$#]\{")


def check_amount(source: Source) -> None:
    """Raises `BpmnError` for a file whose FEEL and `${…}` would take more than about two seconds."""
    general = "feel" in (source.root.get("expressionLanguage") or "").lower()
    total = 0
    for element in source.root.walk():
        feel = general or any("feel" in (element.get(name) or "").lower() for name in _LANGUAGES)
        for text in (*element.attributes.values(), element.text):
            if _JUEL.search(text) or (source.is_zeebe and text.lstrip().startswith("=")):
                total += len(text) + _OVERHEAD
        if feel and element.text.strip():
            total += len(element.text) + _OVERHEAD
        if total > MAX_FOREIGN:
            raise BpmnError(
                "The expressions of this file that would have to be translated have more than"
                f" {MAX_FOREIGN:,} characters: divide it, or write them in JSONata.",
                element.line,
            )


_LANGUAGES = ("language", "scriptFormat")
