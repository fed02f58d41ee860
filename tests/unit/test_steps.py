"""What an expression counts is the same on every machine and every version of Python."""

from tests.hostile.steps import SOURCES, TABLE, counted


def test_each_expression_counts_what_the_table_says() -> None:
    # `python -m tests.hostile.steps` writes it anew, where a count was meant to change.
    assert [counted(source) for source in SOURCES] == TABLE.read_text(encoding="utf-8").splitlines()
