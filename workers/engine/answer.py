"""An operator corrects an answer that an incident keeps."""

from models.errors import Conflict, NotFound, Unprocessable
from models.states import TokenState
from workers.engine.change import change
from workers.engine.checks import check_access, check_names, check_running, in_data, require
from workers.engine.context import Context
from workers.engine.locked import Locked
from workers.engine.requests import Access
from workers.flow.graph import Human
from workers.flow.json_value import JsonValue
from workers.semantics.changes import Changes
from workers.semantics.follow_up import FollowUp, follow_ups
from workers.semantics.kinds import kind_of
from workers.semantics.situation import AnswerSet


def set_answer(
    context: Context, access: Access, instance_id: str, token_id: str, answer: dict[str, JsonValue]
) -> list[FollowUp]:
    """Puts another answer in the place of the one that a token with an incident keeps.

    Raises:
        NotFound, Forbidden: as `check_access`; TOKEN_NOT_FOUND.
        Conflict: INSTANCE_ENDED, NO_ANSWER_KEPT.
        Unprocessable: a name of the system, or the answer is none that the node could have been given.
    """
    check_names(answer, "answer")

    def decide(locked: Locked) -> Changes:
        check_access(access, locked.facts)
        check_running(locked.facts)
        token = locked.whole.tokens.get(token_id)
        if token is None:
            raise NotFound("The instance has no token with this tokenId.", code="TOKEN_NOT_FOUND")
        if token.state != TokenState.INCIDENT or token.memory.answer is None:
            raise Conflict(
                "The token keeps no answer: only an incident after an answer came does.",
                code="NO_ANSWER_KEPT",
            )
        graph = locked.graph
        node = graph.nodes[token.node_id]
        problems = kind_of(node).answer_problems(graph, node, answer)
        if problems:
            raise Unprocessable(
                f"The answer does not fit the node '{node.id}'.",
                in_data(problems, "answer"),
                code="FORM_INVALID" if isinstance(node.details, Human) else None,
            )
        return locked.plan(AnswerSet(token_id, answer))

    made = change(context, instance_id, decide)
    require(made)
    return follow_ups(made)
