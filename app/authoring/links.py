"""What a version has to do with others of its organization, looked at when it is published."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlmodel import Session

from app.authoring import calls, pools
from app.authoring.candidate import Candidate
from workers.flow.problem import Problem


@dataclass(frozen=True, slots=True)
class Links:
    """The version that each call activity calls, and what is wrong."""

    calls: dict[str, str]
    problems: list[Problem]


def link(
    session: Session, candidate: Candidate, together: Collection[Candidate], environments: Collection[str]
) -> Links:
    """`together` are all that are published with the candidate, and it itself."""
    called = calls.resolve(session, candidate, together, environments)
    problems = [*called.problems, *pools.check(session, candidate, together, environments)]
    return Links(called.versions, problems)
