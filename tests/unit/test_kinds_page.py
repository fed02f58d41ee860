"""docs/kinds.md names every hook of a kind and every word of a step, and no others."""

import re
from pathlib import Path

from workers.semantics.kinds.kind import Kind, OutsideKind
from workers.semantics.step import Step
from workers.semantics.view import View

PAGE = (Path(__file__).parents[2] / "docs" / "kinds.md").read_text(encoding="utf-8")


def named(heading: str) -> set[str]:
    """What the first column of the table below a heading names."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    cells = re.findall(r"^\| (`[^|]*`) \|", section, re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}


def public(*classes: type) -> set[str]:
    return {name for each in classes for name in vars(each) if not name.startswith("_")}


def test_each_hook_of_a_kind_has_a_line_and_no_other_has() -> None:
    assert named("The hooks") == public(Kind, OutsideKind) - {"of"}


def test_each_word_of_a_step_has_a_line_and_no_other_has() -> None:
    assert named("The words of a step") == public(Step, View)


def test_the_drawing_names_hooks_and_words_that_there_are() -> None:
    drawing = PAGE.split("```mermaid")[1].split("```")[0]
    labels = re.findall(r"^ +\w+ --> \w+: (.+)$", drawing, re.MULTILINE)
    used = {word for label in labels for word in re.findall(r"\b[a-z]+_[a-z_]+\b", label)}
    assert used <= public(Kind, OutsideKind, Step)
    assert {"scope_ended", "try_again", "ask_again", "visit_again", "is_retried"} <= used
