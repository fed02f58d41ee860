"""GET /process/instances/{id}/history: what an instance did."""

from typing import Any, Literal

from flask_openapi.blueprint import APIBlueprint
from pydantic import Field
from sqlalchemy import select

from app.api.instance_queries import HISTORY, find_instance
from app.api.process import InstancePath
from app.api.tags import EXECUTION
from app.http.caller import Permit, current_caller
from app.http.operation import operation
from app.http.paging import Order, snapshot
from app.http.schemas import Answer, PageQuery, Time
from app.services import current_services
from models.permission import WORKFLOW_READ

api = APIBlueprint("history", __name__, url_prefix="/process", abp_tags=[EXECUTION])

_ORDER = Order("history", (HISTORY.c.seq,))


class Step(Answer):
    """One visit of a token to a node. `input` is what it read, `output` what it wrote; secrets are masked.

    `outcome` is completed, repeated (an operator had it ask again), error, interrupted, terminated or
    cancelled. An activity that loops has a row for each run of its body, and one for the whole when its last
    run is over. The last three fields are null in rows of before they were there.
    """

    node_id: str
    node_type: str = Field(examples=["serviceTask"])
    attempts: int
    start_time: Time
    end_time: Time
    outcome: str
    input: Any
    output: Any
    scope_id: str | None = Field(
        description="where its variables were: the instance's id, or a scope; visits in one scope have one id"
    )
    loop: Literal["whole", "body"] | None = Field(
        description="of an activity that loops: the whole of it, or one run of its body"
    )
    loop_counter: int | None = Field(
        description="inside a loop: which run of the innermost one's body it was in, from 1"
    )


class History(Answer):
    """In the order in which the visits ended."""

    items: list[Step]
    next_cursor: str | None


@operation(api, "GET", "/instances/<processInstanceId>/history", permit=Permit(WORKFLOW_READ), errors=(404,))
def get_history(path: InstancePath, query: PageQuery) -> History:
    """Read what an instance did: each visit of a token to a node once, in order."""
    with snapshot(current_services().database) as connection:
        row = find_instance(connection, current_caller().access, path.process_instance_id)
        steps = select(HISTORY).where(HISTORY.c.instance_id == row.id)
        rows, next_cursor = _ORDER.page(connection, steps, query)
    items = [
        Step(
            node_id=step.node_id,
            node_type=step.node_type,
            attempts=step.attempts,
            start_time=step.entered_at,
            end_time=step.left_at,
            outcome=step.outcome,
            input=step.input,
            output=step.output,
            scope_id=step.scope_id,
            loop=step.loop,
            loop_counter=step.loop_counter,
        )
        for step in rows
    ]
    return History(items=items, next_cursor=next_cursor)
