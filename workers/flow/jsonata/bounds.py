"""What a source and an evaluation of it may come to. All of it is counted: no bound asks the machine."""

from dataclasses import dataclass
from typing import Final

MEBI: Final = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The bounds of expressions. The same expression over the same data meets them on every machine."""

    # of a source
    source: int = 16_384  # characters
    tokens: int = 4_000
    nesting: int = 1_000  # levels of parts in parts; what nests deeper than `depth` cannot be evaluated
    patterns: int = 50  # regular expressions
    program: int = 2_000  # instructions of RE2 in one regular expression
    path: int = 500  # steps of one path
    bound: int = 50  # names bound by @, # and %
    signature: int = 1_000  # characters that a declared signature becomes
    # of a templated property
    template: int = 200_000  # characters of one string in it
    placeholder: int = 1_000  # characters of a placeholder
    placeholders: int = 10_000  # in all of it, where an expression counts for 20
    # of an evaluation; those of one property are one
    steps: int = 10_000_000  # see cost.py; ten times the costliest of the corpus that comes to a value
    depth: int = 900  # nodes that wait for each other, where a call of a function of the library is ten
    memory: int = 32 * MEBI  # of what is made and still held: weights of items and characters
    result: int = 4 * MEBI  # characters in JSON of all that is given back
    seconds: float = 10.0  # of processor time: the last stop, where a count has missed something
    # of one value in it
    items: int = 100_000  # of an array, or of all arrays and objects in each other
    size: int = 4_000_000  # 40 for each item, at any level, and 2 for each character
    levels: int = 100  # arrays and objects inside each other
    string: int = MEBI  # characters
    # of what functions are given
    searched: int = 4_000_000  # bytes of a text times the instructions of the pattern that looks through it
    matches: int = 100_000  # 4 for each match, and 1 for each of its groups
    sought: int = 1_000  # characters of a string that $replace looks for, and dollars in what it puts
    trimmed: int = 200_000  # characters of what $trim gets
    encoded: int = 100_000  # characters of what $encodeUrl and its like get
    digits: int = 1_000  # characters of what $number and $parseInteger read
    picture: int = 200  # characters of a picture, and of what is read by it
    roman: int = 1_000_000  # written in Roman numerals


BOUNDS: Final = Bounds()
