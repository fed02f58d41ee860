"""Figures of several rounds, printed."""

import statistics


def print_table(figures: dict[str, list[float]]) -> None:
    """Prints for each figure the median, the least and the most of the rounds."""
    print(f"{'':52}{'median':>9}{'least':>9}{'most':>9}")
    for what, values in figures.items():
        print(f"{what:52}{statistics.median(values):9.1f}{min(values):9.1f}{max(values):9.1f}")
