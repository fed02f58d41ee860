"""A refusal that came later holds at publish only."""

from workers.flow.problem import Place, Problem, Problems


def test_a_later_refusal_keeps_a_definition_from_being_published() -> None:
    problems = Problems()
    Place(problems, "nodes[0]", "a").refuse("NEW_RULE", "This is refused now.")
    assert list(problems) == [Problem("a", "NEW_RULE", "This is refused now.", "error", "nodes[0]")]
    assert problems.fatal


def test_a_later_refusal_is_a_waived_warning_of_what_was_published_before() -> None:
    problems = Problems(published=True)
    Place(problems, "nodes[0]", "a").refuse("NEW_RULE", "This is refused now.")
    assert list(problems) == [Problem("a", "NEW_RULE", "This is refused now.", "warning", "nodes[0]", True)]
    assert not problems.fatal
