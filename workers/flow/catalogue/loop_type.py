"""How an activity is repeated, as the reference tells it."""

from dataclasses import dataclass

from workers.flow.document.activity import LOOPS
from workers.flow.document.element import Element


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopType:
    """One kind of loop."""

    name: str
    rules: str
    """What a reader has to know besides, in Markdown."""

    @property
    def model(self) -> type[Element]:
        return LOOPS[self.name]


LOOP_TYPES = (
    LoopType(
        name="standard",
        rules="""\
- `while` is asked before each run; with `testBefore: false` only after each.
- `while` sees `loopCounter`, the number of the run that would be next.""",
    ),
    LoopType(
        name="multiInstance",
        rules="""\
- An empty collection is completed at once; null is the incident `WRONG_TYPE`; more than 1,000 elements are
  `COLLECTION_TOO_LARGE`.
- Each run is a scope: `elementVariable`, `loopCounter` and what `input` made are its own, so runs do not
  overwrite each other's. Any other name is written to the scope around.
- `outputElement` and `completionCondition` see the run's variables; over these what the node was given, also
  where its `output` maps that elsewhere; and over that what its `output` made.
- `completionCondition` true ends the runs that are still open.""",
    ),
)
