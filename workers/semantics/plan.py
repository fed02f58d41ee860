"""The changes that one event makes: `plan(graph, situation, event)`. Pure: no clock, no SQL, no I/O.

Time, ids and the stored state come with the situation; the same arguments give the same changes.
"""

from dataclasses import replace
from datetime import timedelta
from typing import assert_never

from models.incident_code import IncidentCode
from models.states import TokenState
from workers.flow.graph import ExternalCall, Graph
from workers.flow.json_value import JsonValue
from workers.semantics.changes import Changes
from workers.semantics.conditions import park_again, stop_parked
from workers.semantics.happen import arm_again, happen
from workers.semantics.kinds import behaviour, kind_of
from workers.semantics.kinds.retry import next_attempt
from workers.semantics.listen import listen
from workers.semantics.memory import NOTHING, Memory
from workers.semantics.moves import Moves
from workers.semantics.raising import cancel_task, end_instance, throw
from workers.semantics.settle import settle
from workers.semantics.situation import (
    Alone,
    AnswerSet,
    Event,
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
    VariablesSet,
    Whole,
    by_age,
)
from workers.semantics.step import Step
from workers.semantics.stuck import Stuck, WholeInstanceNeeded
from workers.semantics.view import View

#: The number of leases that run out before a node is held to kill its workers.
MAX_LOSSES = 5


def plan(graph: Graph, situation: Situation, event: Event) -> Changes:
    """The changes that `event` makes.

    Raises:
        WholeInstanceNeeded: the move depends on tokens that the situation does not hold.
        NothingToAsk: an operator would have a node ask again that asks nobody.
    """
    if graph.watchful and not isinstance(situation.seen, Whole):
        raise WholeInstanceNeeded
    moves = Moves(graph, situation)
    try:
        _apply(moves, event)
    except Stuck as stuck:
        moves = Moves(graph, situation)
        _stop(moves, event, stuck)
    if not isinstance(situation.seen, Alone):
        settle(moves)
    elif moves.changes.variables:
        moves.changes.read_seq = situation.seen.seq
    return moves.changes


def start(
    graph: Graph, situation: Situation, node_id: str | None = None, came: dict[str, JsonValue] | None = None
) -> Changes:
    """The tokens with which an instance begins: one at each plain start event of the process.

    With a `node_id` there is one, at that start event, and `came` is what the event brought.
    The situation is that of an instance without tokens and variables. The start data does not matter here:
    the caller writes it beside the tokens, and the first move reads it.
    """
    moves = Moves(graph, situation)
    # Event sub-processes of the process are armed when its first token runs: see `_run`.
    memory = Memory(opens=bool(graph.top.event_sub_processes))
    if node_id is not None:
        moves.spawn(node_id, moves.root, memory=replace(memory, answer=came or {}))
        return moves.changes
    for start_id in graph.top.starts:
        moves.spawn(start_id, moves.root, memory=memory)
        memory = NOTHING
    return moves.changes


def cancel(graph: Graph, situation: Situation, by: str | None, *, tell: bool = True) -> Changes:
    """Ends the instance with everything that it waits for; its caller is told, unless it cancels itself."""
    moves = Moves(graph, situation)
    end_instance(moves, "cancelled", by)
    if tell:
        moves.tell_caller({"cancelled": True})
    return moves.changes


def _apply(moves: Moves, event: Event) -> None:
    match event:
        case Triggered():
            _trigger(moves, event)
        case VariablesSet():
            for name, value in event.values.items():
                moves.write_local(event.scope_id or moves.root, name, value)
        case AnswerSet():
            token = moves.tokens[event.token_id]
            moves.put(replace(token, memory=replace(token.memory, answer=event.answer)))
        case Retried():
            for token in by_age(moves.tokens.values()):
                if token.state == TokenState.INCIDENT and (
                    event.token_ids is None or token.id in event.token_ids
                ):
                    moves.changes.resolved.append(token.id)
                    _retry(moves, token, anew=event.anew)
        case TaskCancelled():
            step = Step(moves, moves.tokens[event.holder_id])
            moves.release(step.token.id, "CANCELLED", event.by)
            cancel_task(step, event.by)
        case Run() | Returned() | Failed() | Lost():
            _apply_to_token(Step(moves, moves.tokens[event.token_id]), event)
        case never:
            assert_never(never)


def _retry(moves: Moves, token: Token, *, anew: bool) -> None:
    step = Step(moves, token)
    try:
        if anew and behaviour(step).ask_again(step):
            return
    except Stuck as stuck:
        stop_parked(moves, token, stuck)
        return
    if not park_again(moves, token):
        step.try_again(moves.now, attempts=0, memory=token.memory.lasting())


def _apply_to_token(step: Step, event: TokenEvent) -> None:
    match event:
        case Run():
            _run(step)
        case Returned():
            kind_of(step.node).returned(step, event.result)
        case Failed():
            _failed(step, event)
        case Lost():
            if step.token.losses + 1 >= MAX_LOSSES:
                raise Stuck(
                    IncidentCode.WORKER_LOST,
                    f"{MAX_LOSSES} workers were lost while they ran node '{step.node.id}'",
                )
            token = step.token
            step.try_again(step.now, attempts=token.attempts, losses=token.losses + 1, memory=token.memory)
        case never:
            assert_never(never)


def _run(step: Step) -> None:
    if step.memory.opens:
        seen = step.variables
        for each in step.graph.top.event_sub_processes:
            start_event = step.graph.start_of(each)
            listen(View(step.moves, step.token, start_event), step.moves.root, seen)
    if step.memory.answer is not None:
        behaviour(step).resumed(step, step.memory.answer)
    else:
        behaviour(step).enter(step)


def _trigger(moves: Moves, event: Triggered) -> None:
    """Something came for a holder; the caller has seen the row that says that the holder waits for it."""
    if event.timer is not None:
        moves.changes.fired.append(event.timer.id)
    token = moves.tokens.get(event.holder_id)
    node_id = event.node_id or (token.node_id if token is not None else "")
    if token is not None and node_id == token.node_id:
        step = Step(moves, token)
        behaviour(step).triggered(step, event)
        return
    node = moves.graph.nodes[node_id]
    happen(moves, event.holder_id, node, dict(event.data))
    if event.timer is not None:
        arm_again(moves, event.timer, event.holder_id, node)


def _failed(step: Step, event: Failed) -> None:
    if event.error_code is not None:
        _release_job(step.moves, step.token)
        throw(step, event.error_code, event.message, data=event.data)
        return
    left, memory = event.retries, step.memory
    if left is not None:
        pause = event.retry_after if event.retry_after is not None else timedelta()
        again_at = step.now + pause if left > 0 else None
    elif kind_of(step.node).is_retried(step, event):
        left = memory.retries - 1 if memory.retries is not None else None
        again_at = next_attempt(step, event.retry_after, left)
    else:
        again_at = None
    if again_at is None:
        raise Stuck(event.code, event.message)
    _release_job(step.moves, step.token)
    if left is not None:
        memory = replace(memory, retries=left)
    step.try_again(again_at, attempts=step.token.attempts + 1, memory=memory)


def _stop(moves: Moves, event: Event, stuck: Stuck) -> None:
    """The incident; an answer that came is kept, so that a retry goes on with it."""
    if isinstance(event, VariablesSet | AnswerSet | Retried):
        raise stuck
    token = moves.tokens[event.holder_id if isinstance(event, Triggered | TaskCancelled) else event.token_id]
    memory = token.memory.lasting()
    if isinstance(event, Triggered):
        if event.timer is not None:
            moves.changes.fired.append(event.timer.id)
        moves.release(token.id, "COMPLETED", event.by)
        memory = Memory(answer=dict(event.data))
    if isinstance(event, Failed):
        _release_job(moves, token)
    attempts = token.attempts + (1 if isinstance(event, Failed | Returned | Run) else 0)
    moves.stop(token, stuck, memory, attempts)


def _release_job(moves: Moves, token: Token) -> None:
    if isinstance(moves.graph.nodes[token.node_id].details, ExternalCall):
        moves.changes.ended_jobs.append(token.id)
