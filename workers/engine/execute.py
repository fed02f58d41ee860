"""A worker executes the node of one ready token, commits what follows, and rings for what is ready next.

Whatever message led here may have come twice, late, or for a token that is long gone: the epoch tells.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from models.errors import Busy, Contended, Unavailable
from models.incident_code import IncidentCode
from models.states import InstanceStatus, TokenState
from workers.engine.call import call, is_called
from workers.engine.commit import SENDS_BEFORE_CLAIM, claim, commit, commit_claimed, decide
from workers.engine.graphs import NotCompilable
from workers.engine.stop import stop
from workers.flow.graph import Graph
from workers.semantics.kinds import kind_of
from workers.semantics.kinds.kind import OutsideKind
from workers.semantics.situation import Run
from workers.semantics.stuck import Stuck

if TYPE_CHECKING:
    from workers.engine.engine import Engine

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class TokenRef:
    """What a message carries: a token at an epoch, and what of it never changes."""

    token_id: str
    epoch: int
    instance_id: str
    version_id: str
    node_id: str


def execute(engine: "Engine", ref: TokenRef) -> None:
    """Runs the node if the token still stands there at this epoch; else does nothing. Never raises.

    With the database away, or the instance held by somebody, nothing is lost either: the token is ready
    still, and is sent again.
    """
    try:
        try:
            _twice(lambda: _run(engine, engine.graphs.get(ref.version_id), ref))
        except NotCompilable as error:
            _not_compilable(engine, ref, error)
        except (Busy, Unavailable):
            raise
        except Exception as error:
            log.exception("node failed unexpectedly")
            reason = f"{type(error).__name__}: {error}"[:2000]
            stop(engine, ref.instance_id, ref.token_id, ref.epoch, Stuck(IncidentCode.INTERNAL_ERROR, reason))
    except Busy as error:
        log.warning("somebody else is at work on the instance; the node is run later", reason=error.detail)
    except Unavailable as error:
        log.warning("the database is away; the node is run later", reason=str(error.__cause__))
    except Exception:
        log.exception("the failure could not be stored; the node is run later")


def _twice(run: Callable[[], None]) -> None:
    """Once more where the session or the transaction was cut: the epoch shows what the first time did."""
    try:
        run()
    except (Contended, Unavailable):
        run()


def _run(engine: "Engine", graph: Graph, ref: TokenRef) -> None:
    node = graph.nodes[ref.node_id]
    kind = kind_of(node)
    outside = isinstance(kind, OutsideKind)
    if not outside and (graph.watchful or kind.needs_whole(node)):
        decide(engine, graph, ref.instance_id, Run(ref.token_id, ref.epoch))
        return
    situation = engine.store.load(ref.token_id, ref.epoch)
    if situation is None or situation.instance.status != InstanceStatus.RUNNING:
        return
    token = situation.tokens[ref.token_id]
    if token.state != TokenState.READY:
        return
    if isinstance(kind, OutsideKind) and is_called(graph, situation, token):
        call(engine, graph, situation, token, kind)
    elif token.sends > SENDS_BEFORE_CLAIM:
        claimed = claim(engine, situation, token, token.memory)
        if claimed is not None:
            commit_claimed(engine, graph, claimed, Run(claimed.id, claimed.epoch))
    else:
        commit(engine, graph, situation, Run(token.id, token.epoch))


def _not_compilable(engine: "Engine", ref: TokenRef, error: NotCompilable) -> None:
    """In a rolling deploy another worker may know more than this one: it gets some time to take the node."""
    situation = engine.store.load(ref.token_id, ref.epoch)
    if situation is None or situation.tokens[ref.token_id].sends <= SENDS_BEFORE_CLAIM:
        log.warning("this worker cannot run the version; the node is sent again", reason=str(error))
        return
    stuck = Stuck(IncidentCode.VERSION_NOT_RUNNABLE, str(error)[:2000])
    stop(engine, ref.instance_id, ref.token_id, ref.epoch, stuck)
