"""Two sides of a measurement, taken in pairs."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Comparison:
    """One figure on both sides: their medians, and the median and quartiles of the ratios of the pairs.

    What slows the machine for a while slows both runs of a pair, so the ratios spread less than the figures.
    """

    ours: float
    theirs: float
    ratio: float
    lower: float
    upper: float


def compare(pairs: Sequence[tuple[float, float]]) -> Comparison:
    """Compares a figure of at least two pairs, ours first; the ratio is ours to theirs."""
    ours, theirs = zip(*pairs, strict=True)
    ratios = [one / other for one, other in pairs]
    lower, ratio, upper = statistics.quantiles(ratios, n=4, method="inclusive")
    return Comparison(statistics.median(ours), statistics.median(theirs), ratio, lower, upper)
