"""A worker executes the node of one ready token and commits what follows.

Whatever message led here may have come twice, late, or for a token that is long gone: the epoch tells.
"""

from collections.abc import Callable

import structlog

from models.errors import Busy, Contended, Unavailable
from models.states import InstanceStatus, TokenState
from workers.engine.attempt import attempt, is_at_attempt
from workers.engine.claim import SENDS_BEFORE_CLAIM, claim
from workers.engine.context import Context
from workers.engine.doorbell import TokenRef
from workers.engine.graphs import NotCompilable
from workers.engine.incident import stop_failed, stop_not_runnable
from workers.engine.move import ClaimNeeded, move, move_claimed, move_locked
from workers.flow.graph import Graph
from workers.semantics.changes import Changes
from workers.semantics.follow_up import FollowUp, follow_ups
from workers.semantics.kinds import kind_of
from workers.semantics.kinds.kind import OutsideKind
from workers.semantics.situation import Run, Situation, Token

log = structlog.get_logger(__name__)


def execute(context: Context, ref: TokenRef) -> list[FollowUp]:
    """Runs the node if the token still stands there at this epoch; else does nothing. Never raises.

    With the database away, or the instance held by somebody, nothing is lost either: the token is ready
    still, and is sent again.
    """
    try:
        try:
            return follow_ups(_twice(lambda: _run(context, context.graphs.get(ref.version_id), ref)))
        except NotCompilable as error:
            _not_compilable(context, ref, error)
        except (Busy, Unavailable):
            raise
        except Exception as error:
            log.exception("node failed unexpectedly")
            stop_failed(context, ref.instance_id, ref.token_id, ref.epoch, error)
    except Busy as error:
        log.warning("somebody else is at work on the instance; the node is run later", reason=error.detail)
    except Unavailable as error:
        log.warning("the database is away; the node is run later", reason=str(error.__cause__))
    except Exception:
        log.exception("the failure could not be stored; the node is run later")
    return []


def _twice(run: Callable[[], list[Changes]]) -> list[Changes]:
    """Once more where the session or the transaction was cut: the epoch shows what the first time did."""
    try:
        return run()
    except (Contended, Unavailable):
        return run()


def _run(context: Context, graph: Graph, ref: TokenRef) -> list[Changes]:
    node = graph.nodes[ref.node_id]
    kind = kind_of(node)
    run = Run(ref.token_id, ref.epoch)
    outside = isinstance(kind, OutsideKind)
    try:
        if not outside and (graph.watchful or kind.needs_whole(node)):
            return move_locked(context, ref.instance_id, run)
        situation = context.store.load(ref.token_id, ref.epoch)
        if situation is None or situation.instance.status != InstanceStatus.RUNNING:
            return []
        token = situation.tokens[ref.token_id]
        if token.state != TokenState.READY:
            return []
        if isinstance(kind, OutsideKind) and is_at_attempt(graph, situation, token):
            return attempt(context, graph, situation, token, kind)
        if token.sends > SENDS_BEFORE_CLAIM:
            return _run_claimed(context, graph, situation, token)
        return move(context, graph, situation, run)
    except ClaimNeeded as needed:
        return _run_claimed(context, graph, needed.situation, needed.token)


def _run_claimed(context: Context, graph: Graph, situation: Situation, token: Token) -> list[Changes]:
    claimed = claim(context, situation, token, token.memory)
    if claimed is None:
        return []
    return move_claimed(context, graph, claimed, Run(claimed.id, claimed.epoch))


def _not_compilable(context: Context, ref: TokenRef, error: NotCompilable) -> None:
    """In a rolling deploy another worker may know more than this one: it gets some time to take the node."""
    situation = context.store.load(ref.token_id, ref.epoch)
    if situation is None or situation.tokens[ref.token_id].sends <= SENDS_BEFORE_CLAIM:
        log.warning("this worker cannot run the version; the node is sent again", reason=str(error))
        return
    stop_not_runnable(context, ref.instance_id, ref.token_id, ref.epoch, error)
