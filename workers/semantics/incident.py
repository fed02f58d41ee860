"""Incidents: a token stands still until an operator has mended the cause."""

from dataclasses import replace

from models.states import TokenState
from workers.semantics.changes import NewIncident
from workers.semantics.memory import Memory
from workers.semantics.situation import Situation, Token
from workers.semantics.stuck import Stuck


def stand_still(
    situation: Situation, token: Token, stuck: Stuck, memory: Memory, attempts: int
) -> tuple[Token, NewIncident]:
    """The token as it stands with an incident, and the incident. Its epoch is left to the caller.

    `memory` is kept until the token goes on.
    """
    stopped = replace(
        token,
        state=TokenState.INCIDENT,
        attempts=attempts,
        sent_at=None,
        lease_at=None,
        memory=memory,
    )
    incident = NewIncident(
        id=situation.new_id("inc_"),
        instance_id=token.instance_id,
        token_id=token.id,
        node_id=token.node_id,
        code=stuck.code,
        message=stuck.message,
        attempts=attempts,
        created_at=situation.now,
    )
    return stopped, incident
