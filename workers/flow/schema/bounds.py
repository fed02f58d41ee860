"""What a JSON Schema and the check of a value by it may come to. All of it is counted."""

from dataclasses import dataclass
from typing import Final

from workers.flow.json_value import MAX_NESTING


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The bounds of one schema: the same value meets them on every machine."""

    nesting: int = MAX_NESTING  # levels of the document
    subschemas: int = 10_000
    patterns: int = 1_000
    program: int = 50_000  # instructions of RE2 in all patterns
    steps: int = 100_000  # of a check: keywords asked, of about 2 microseconds each
    depth: int = 800  # subschemas that wait for each other
    errors: int = 20  # told of one value
    ignored: int = 100  # words of the document that are told to say nothing


BOUNDS: Final = Bounds()
