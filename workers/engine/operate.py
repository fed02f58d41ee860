"""What an operator does to an instance: cancel it, retry incidents, set variables and kept answers."""

from typing import TYPE_CHECKING

from models.errors import Conflict, NotFound, Unprocessable
from models.states import InstanceStatus, TokenState
from workers.engine.access import check_access, require
from workers.engine.commit import change
from workers.engine.graphs import NotCompilable
from workers.engine.requests import Access
from workers.engine.start import check_names, in_data
from workers.engine.store.transaction import Transaction
from workers.flow.graph import Human
from workers.flow.json_value import JsonValue
from workers.semantics import plan
from workers.semantics.changes import Changes
from workers.semantics.incident import cancel_blindly
from workers.semantics.kinds import kind_of
from workers.semantics.situation import AnswerSet, InstanceFacts, Retried, Situation, VariablesSet
from workers.semantics.stuck import NothingToAsk

if TYPE_CHECKING:
    from workers.engine.engine import Engine


def cancel(engine: "Engine", access: Access, instance_id: str, by: str | None) -> None:
    """Final: after it no node starts, and what a node in flight returns is not recorded.

    Raises:
        NotFound, Forbidden: as `check_access`.
        Conflict: INSTANCE_ENDED.
    """

    def plan_it(transaction: Transaction, facts: InstanceFacts) -> Changes:
        check_access(access, facts)
        _require_running(facts)
        situation = engine.store.whole(transaction, facts)
        try:
            graph = engine.graphs.get(facts.version_id, transaction)
        except NotCompilable:
            return cancel_blindly(situation)
        return plan.cancel(graph, situation, by)

    require(change(engine, instance_id, plan_it))


def retry(
    engine: "Engine", access: Access, instance_id: str, *, incident_id: str | None = None, anew: bool = False
) -> None:
    """One incident, or every one, goes on from its node, with a fresh count of attempts.

    With `anew` an answer that came is put aside, and the node asks again.

    Raises:
        NotFound, Forbidden: as `check_access`; INCIDENT_NOT_FOUND.
        Conflict: INSTANCE_ENDED, NO_INCIDENT, INCIDENT_RESOLVED; NOTHING_TO_ASK, and then none is retried.
    """

    def plan_it(transaction: Transaction, facts: InstanceFacts) -> Changes:
        check_access(access, facts)
        _require_running(facts)
        situation = engine.store.whole(transaction, facts)
        token_ids = _stuck(transaction, situation, incident_id)
        graph = engine.graphs.get(facts.version_id, transaction)
        try:
            return plan.plan(graph, situation, Retried(token_ids, anew))
        except NothingToAsk as nothing:
            raise Conflict(
                f"What came for the node '{nothing.node_id}' came once: it has nobody to ask again. "
                "Retry it from the answer, which can be changed.",
                code="NOTHING_TO_ASK",
            ) from None

    require(change(engine, instance_id, plan_it))


def set_variables(
    engine: "Engine",
    access: Access,
    instance_id: str,
    values: dict[str, JsonValue],
    *,
    scope_id: str | None = None,
) -> None:
    """Writes variables of a scope, or the instance's own, by name; those not named stay.

    Conditional events look at them.

    Raises:
        NotFound, Forbidden: as `check_access`; SCOPE_NOT_FOUND.
        Conflict: INSTANCE_ENDED.
        Unprocessable: a name of the system.
    """
    check_names(values, "variables")

    def plan_it(transaction: Transaction, facts: InstanceFacts) -> Changes:
        check_access(access, facts)
        _require_running(facts)
        situation = engine.store.whole(transaction, facts)
        if scope_id not in (None, facts.id, *situation.scopes):
            raise NotFound("The instance has no scope with this scopeId.", code="SCOPE_NOT_FOUND")
        try:
            graph = engine.graphs.get(facts.version_id, transaction)
        except NotCompilable:
            variables = {(scope_id or facts.id, name): value for name, value in values.items()}
            return Changes(facts.id, situation.now, variables=variables)
        return plan.plan(graph, situation, VariablesSet(values, scope_id))

    require(change(engine, instance_id, plan_it))


def set_answer(
    engine: "Engine", access: Access, instance_id: str, token_id: str, answer: dict[str, JsonValue]
) -> None:
    """Puts another answer in the place of the one that a token with an incident keeps.

    Raises:
        NotFound, Forbidden: as `check_access`; TOKEN_NOT_FOUND.
        Conflict: INSTANCE_ENDED, NO_ANSWER_KEPT.
        Unprocessable: a name of the system, or the answer is none that the node could have been given.
    """
    check_names(answer, "answer")

    def plan_it(transaction: Transaction, facts: InstanceFacts) -> Changes:
        check_access(access, facts)
        _require_running(facts)
        situation = engine.store.whole(transaction, facts)
        token = situation.tokens.get(token_id)
        if token is None:
            raise NotFound("The instance has no token with this tokenId.", code="TOKEN_NOT_FOUND")
        if token.state != TokenState.INCIDENT or token.memory.answer is None:
            raise Conflict(
                "The token keeps no answer: only an incident after an answer came does.",
                code="NO_ANSWER_KEPT",
            )
        graph = engine.graphs.get(facts.version_id, transaction)
        node = graph.nodes[token.node_id]
        problems = kind_of(node).answer_problems(graph, node, answer)
        if problems:
            raise Unprocessable(
                f"The answer does not fit the node '{node.id}'.",
                in_data(problems, "answer"),
                code="FORM_INVALID" if isinstance(node.details, Human) else None,
            )
        return plan.plan(graph, situation, AnswerSet(token_id, answer))

    require(change(engine, instance_id, plan_it))


def _stuck(transaction: Transaction, situation: Situation, incident_id: str | None) -> frozenset[str]:
    """The tokens of the open incident, or of all."""
    stuck = frozenset(token.id for token in situation.tokens.values() if token.state == TokenState.INCIDENT)
    if incident_id is None:
        if not stuck:
            raise Conflict("The instance has no open incident.", code="NO_INCIDENT")
        return stuck
    incidents = transaction.rows(
        "SELECT token_id, resolved_at FROM incidents WHERE id = :id AND instance_id = :instance_id",
        id=incident_id,
        instance_id=situation.instance.id,
    )
    if not incidents:
        raise NotFound("The instance has no incident with this incidentId.", code="INCIDENT_NOT_FOUND")
    token_id: str = incidents[0]["token_id"]
    if incidents[0]["resolved_at"] is not None or token_id not in stuck:
        raise Conflict("The incident is resolved already.", code="INCIDENT_RESOLVED")
    return frozenset({token_id})


def _require_running(facts: InstanceFacts) -> None:
    if facts.status != InstanceStatus.RUNNING:
        raise Conflict(f"The instance is {facts.status}.", code="INSTANCE_ENDED")
