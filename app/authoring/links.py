"""A version's links to other flows of its organization, checked when it is published."""

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
    """The links of a candidate. `together` are all candidates of this publish, itself among them."""
    called = calls.resolve(session, candidate, together, environments)
    problems = [*called.problems, *pools.check(session, candidate, together, environments)]
    return Links(called.versions, problems)
