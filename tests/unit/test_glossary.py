"""The glossary speaks of words that the code uses, where it says that they are."""

import re

import pytest

from harness.processes import ROOT

PAGE = ROOT / "docs" / "glossary.md"
ROWS = re.findall(r"^\| ([a-z-]+) \| (.+) \| \[.+\]\((.+)\) \|$", PAGE.read_text(), re.MULTILINE)


def test_there_are_twenty_words_in_the_order_of_the_alphabet() -> None:
    words = [word for word, _, _ in ROWS]
    assert words == sorted(words)
    assert len(words) == 20


@pytest.mark.parametrize(("word", "meaning", "path"), ROWS, ids=[word for word, _, _ in ROWS])
def test_a_word_is_used_in_its_file(word: str, meaning: str, path: str) -> None:
    file = (PAGE.parent / path).resolve()
    assert re.search(f"(?<![a-z]){word.replace('-', '[-_]')}", file.read_text(), re.IGNORECASE)
    assert meaning.endswith(".")
