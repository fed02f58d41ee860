"""`plan(graph, situation, event)` says what one event changes. Pure: no clock, no SQL, no I/O.

Time, ids and the stored state come with the situation; the same arguments give the same changes.
"""

from dataclasses import replace

from models.states import CANCELLED, COMPLETED, PARKED, READY
from workers.engine.changes import Changes, EndedTasks
from workers.engine.changes import Step as HistoryStep
from workers.engine.situation import (
    Failed,
    Lost,
    Retried,
    Returned,
    Run,
    Situation,
    TaskCancelled,
    Token,
    TokenEvent,
    Triggered,
)
from workers.engine.step import TASK_CANCELLED, Step
from workers.engine.stuck import Stuck
from workers.flow.graph import Graph
from workers.flow.json_value import JsonValue
from workers.nodes import kind_of
from workers.nodes.retry import next_attempt

#: After so many leases that ran out, a node is taken for one that kills its worker.
MAX_LOSSES = 5


def plan(graph: Graph, situation: Situation, event: TokenEvent) -> Changes:
    """What `event` changes.

    Raises:
        WholeInstanceNeeded: the move depends on tokens that the situation does not hold.
    """
    token = situation.tokens[event.token_id]
    step = Step(graph, situation, token)
    try:
        _happen(step, event)
    except Stuck as stuck:
        step = Step(graph, situation, token)
        _stop(step, event, stuck)
    if situation.whole:
        _settle(step)
    return step.changes


def start(graph: Graph, situation: Situation) -> Changes:
    """The tokens with which an instance begins; the situation's variables are its start data."""
    changes = Changes(situation.instance.id, situation.now)
    for node_id in graph.starts:
        blank = Token(
            id=situation.new_id("tok_"),
            instance_id=situation.instance.id,
            version_id=situation.instance.version_id,
            scope_id=situation.instance.id,
            node_id=node_id,
            flow_id=None,
            queue="",
            state=READY,
            epoch=-1,
            activation=-1,
            attempts=0,
            losses=0,
            sends=0,
            entered_at=situation.now,
            available_at=situation.now,
            sent_at=None,
            lease_at=None,
            input=None,
        )
        changes.spawned.append(Step(graph, situation, blank).at(blank, node_id, None))
    return changes


def _happen(step: Step, event: TokenEvent) -> None:
    kind = kind_of(step.node)
    match event:
        case Run():
            came = _kept_answer(step.token)
            if came is not None:
                kind.resumed(step, came)
            else:
                kind.enter(step, event)
        case Returned():
            kind.returned(step, event.result)
        case Failed():
            _failed(step, event)
        case Lost():
            if step.token.losses + 1 >= MAX_LOSSES:
                raise Stuck(
                    "WORKER_LOST", f"{MAX_LOSSES} workers were lost while they ran node '{step.node.id}'"
                )
            step.try_again(step.now, attempts=step.token.attempts, losses=step.token.losses + 1)
        case Triggered():
            step.release("COMPLETED", event.by)
            kind.triggered(step, event.data)
        case TaskCancelled():
            step.release("CANCELLED", event.by)
            if not step.throw(TASK_CANCELLED, "the task was cancelled"):
                step.changes = cancel(step.graph, step.situation, event.by)
        case Retried():
            step.changes.resolved.append(step.token.id)
            kept = _kept_answer(step.token) is not None
            step.try_again(step.now, attempts=0, keep_input=kept)


def has_come(token: Token) -> bool:
    """Whether what this visit waited for came already, so that it only has to go on."""
    return _kept_answer(token) is not None


def _kept_answer(token: Token) -> dict[str, JsonValue] | None:
    """What came for this visit already, where going on failed after it came."""
    came = token.input.get("came") if isinstance(token.input, dict) else None
    return came if isinstance(came, dict) else None


def _stop(step: Step, event: TokenEvent, stuck: Stuck) -> None:
    """The incident; an answer that came is kept, so that a retry goes on with it."""
    kept = step.token.input if _kept_answer(step.token) is not None else None
    if isinstance(event, Triggered):
        step.release("COMPLETED", event.by)
        kept = {"came": dict(event.data)}
    elif step.situation.kept_message is not None:
        # It came, and nobody else shall stumble over it.
        step.changes.consumed_message = step.situation.kept_message.id
        kept = {"came": dict(step.situation.kept_message.data)}
    attempts = step.token.attempts + (1 if isinstance(event, Failed | Returned | Run) else 0)
    step.stop(stuck, kept, attempts)


def _failed(step: Step, event: Failed) -> None:
    if event.error_code is not None:
        if not step.throw(event.error_code, event.message):
            raise Stuck(
                "UNCAUGHT_ERROR", f"nobody catches the error '{event.error_code}' of node '{step.node.id}'"
            )
        return
    again_at = next_attempt(step, event.retry_after) if kind_of(step.node).is_retried(step, event) else None
    if again_at is None:
        raise Stuck(event.code, event.message)
    step.try_again(again_at, attempts=step.token.attempts + 1)


def cancel(graph: Graph | None, situation: Situation, by: str | None) -> Changes:
    """Ends the instance with everything that it waits for; the open visits end as cancelled.

    Without a graph, which a damaged version does not have, the history does not know the types of nodes.
    """
    changes = Changes(situation.instance.id, situation.now, status=CANCELLED)
    for token in situation.tokens.values():
        changes.dropped[token.id] = token.epoch
        changes.released.append(token.id)
        changes.resolved.append(token.id)
        changes.steps.append(
            HistoryStep(
                seq=len(changes.steps) + 1,
                node_id=token.node_id,
                node_type=graph.nodes[token.node_id].type if graph else "unknown",
                attempts=token.attempts,
                entered_at=token.entered_at,
                left_at=situation.now,
                outcome="cancelled",
            )
        )
    changes.ended_tasks = EndedTasks("CANCELLED", by, list(situation.tokens))
    return changes


def _settle(step: Step) -> None:
    """With no token left the instance is over; with none but tokens at joins, those can never fire."""
    changes, graph = step.changes, step.graph
    if changes.status is not None:
        return
    left = {t.id: t for t in step.situation.tokens.values() if t.id not in changes.dropped}
    left.update(changes.moved)
    left.update((token.id, token) for token in changes.spawned)
    if not left:
        changes.status = COMPLETED
    elif all(token.state == PARKED and graph.nodes[token.node_id].joins for token in left.values()):
        for token in left.values():
            _strand(step, token)


def _strand(step: Step, token: Token) -> None:
    stranded = Step(step.graph, step.situation, token)
    stranded.stop(
        Stuck(
            "JOIN_NEVER_FIRES",
            f"node '{token.node_id}' waits for tokens that nothing which is left could bring",
        )
    )
    # A token that moved in this very plan keeps the epoch that its move gave it.
    moved_already = token.id in step.changes.moved
    stopped = stranded.changes.moved[token.id]
    step.changes.moved[token.id] = replace(stopped, epoch=token.epoch) if moved_already else stopped
    step.changes.incidents.extend(stranded.changes.incidents)
