"""The one door to jsonata-python, whose import changes the recursion limit of the whole process."""

import sys
from typing import Any

# Our own bound on depth (`bounds.MAX_DEPTH`) fits in this with room for the caller; the library would
# leave 10,000, by which C code recurses too and may run out of stack in a thread.
RECURSION_LIMIT = 4_000

_before = sys.getrecursionlimit()

from jsonata.datetimeutils import DateTimeUtils  # noqa: E402 - the limit is read before the import
from jsonata.functions import Functions  # noqa: E402
from jsonata.jexception import JException  # noqa: E402
from jsonata.jsonata import Jsonata  # noqa: E402
from jsonata.parser import Parser  # noqa: E402
from jsonata.signature import Signature  # noqa: E402
from jsonata.tokenizer import Tokenizer  # noqa: E402
from jsonata.utils import Utils  # noqa: E402

sys.setrecursionlimit(max(_before, RECURSION_LIMIT))

NULL: Any = Utils.NULL_VALUE
"""JSON null inside an evaluation, where Python's None is undefined."""

JList: Any = Utils.JList
"""A list with JSONata's flags; one with `sequence` set loses its brackets when it holds one item."""

__all__ = [
    "NULL",
    "DateTimeUtils",
    "Functions",
    "JException",
    "JList",
    "Jsonata",
    "Parser",
    "Signature",
    "Tokenizer",
    "Utils",
]
