"""A move with every part that a move can have, for the tests of what is written."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from models.flow import PRODUCTION
from models.incident_code import IncidentCode
from models.states import InstanceStatus, TokenState
from tests.world import NOW
from workers.semantics.changes import (
    Changes,
    EndedTask,
    HistoryStep,
    NewIncident,
    NewJob,
    NewMessage,
    NewSubscription,
    NewTask,
    NewTimer,
)
from workers.semantics.memory import Memory
from workers.semantics.situation import DONE, SUB_PROCESS, Scope, Token

TOKEN = Token(
    id="tok_moved",
    instance_id="i",
    version_id="v",
    scope_id="i",
    node_id="n",
    flow_id=None,
    queue="default",
    state=TokenState.READY,
    epoch=0,
    activation=0,
    attempts=0,
    losses=0,
    sends=0,
    entered_at=NOW,
    available_at=NOW,
    sent_at=NOW,
    lease_at=None,
    memory=Memory(),
)
"""The token that a move may be about: of the instance `i`, at the epoch 0."""


def largest_move() -> Changes:
    """Changes of the instance `i` in which nothing is empty that the store writes."""
    held: dict[str, Any] = {"instance_id": "i", "node_id": "n"}
    address: dict[str, Any] = {"organization_id": "o", "environment": PRODUCTION}
    begun: dict[str, Any] = {**held, "created_at": NOW}
    scope = Scope("scope_opened", "i", "i", "n", "tok_moved", SUB_PROCESS)
    unsaid = (
        "name",
        "form",
        "assignee",
        "candidate_users",
        "candidate_groups",
        "due_at",
        "priority",
        "form_key",
    )
    task: dict[str, Any] = dict.fromkeys(unsaid)
    changes = Changes("i", NOW, status=InstanceStatus.COMPLETED, read_seq=0)
    changes.moved["tok_moved"] = replace(TOKEN, epoch=1, state=TokenState.WAITING)
    changes.dropped["tok_dropped"] = 0
    changes.spawned["tok_spawned"] = replace(TOKEN, id="tok_spawned")
    changes.variables[("i", "written")] = {"a": [1, None]}
    changes.forgotten.add(("i", "forgotten"))
    changes.steps.append(HistoryStep(1, "n", "userTask", 1, NOW, NOW, "completed"))
    changes.opened[scope.id] = scope
    changes.done["scope_done"] = replace(scope, id="scope_done", kind=DONE, host_id=None, number=1)
    changes.closed.append("scope_closed")
    changes.tasks.append(
        NewTask(
            id="task_new", organization_id="o", token_id="tok_moved", input={"a": 1}, **task, **begun,
        )
    )  # fmt: skip
    changes.ended_tasks.append(EndedTask("tok_dropped", "CANCELLED", None))
    changes.jobs.append(
        NewJob(
            id="job_new", token_id="tok_moved", topic="t", epoch=0, worker=None, available_at=NOW,
            **address, **begun,
        )
    )  # fmt: skip
    changes.ended_jobs.append("tok_dropped")
    changes.subscriptions.append(
        NewSubscription(
            id="sub_new", kind="message", name="go", correlation_key="", holder_id="tok_moved",
            **address, **begun,
        )
    )  # fmt: skip
    changes.timers.append(NewTimer(id="timer_new", holder_id="tok_moved", due_at=NOW, **held))
    changes.fired.append("timer_fired")
    changes.released.append("tok_dropped")
    changes.incidents.append(
        NewIncident(
            id="inc_new",
            token_id="tok_moved",
            code=IncidentCode.EXPRESSION_FAILED,
            message="m",
            attempts=1,
            **begun,
        )
    )
    changes.resolved.append("tok_dropped")
    changes.thrown.append(
        NewMessage(
            id="msg_new", kind="message", name="go", correlation_key="", message_id="msg_new", data={},
            state="SENT", origin_id="i", expires_at=NOW + timedelta(hours=1), created_at=NOW, **address,
        )
    )  # fmt: skip
    return changes
