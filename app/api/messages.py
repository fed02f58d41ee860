"""POST /process/message and /process/signal."""

from datetime import timedelta
from typing import Annotated, Any, Literal

from flask_openapi.blueprint import APIBlueprint
from pydantic import Field, PlainValidator

from app.api.tags import EXECUTION
from app.http.caller import Permit, current_caller
from app.http.operation import operation
from app.http.schemas import DURATION, Answer, Body, Data, Environment, Query, Text, wrong
from app.services import current_services
from models.permission import WORKFLOW_EXECUTE
from workers.engine.requests import MessageRequest, SignalRequest
from workers.flow.limits import LONGEST_TIME_TO_LIVE
from workers.flow.values.duration import parse_duration

api = APIBlueprint("messages", __name__, url_prefix="/process", abp_tags=[EXECUTION])


def _time_to_live(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    try:
        duration = parse_duration(value) if isinstance(value, str) else None
    except (ValueError, OverflowError):
        duration = None
    if duration is None or not timedelta() <= duration <= LONGEST_TIME_TO_LIVE:
        raise wrong(f"must be an ISO 8601 duration such as PT1H, of {LONGEST_TIME_TO_LIVE.days} days at most")
    return duration


class MessageQuery(Query):
    """Where the message is published."""

    environment: Environment = "PRODUCTION"


class MessageBody(Body):
    """A message for whoever waits for its name and key."""

    name: Text = Field(examples=["refund-settled"])
    correlation_key: Text | None = Field(default=None, examples=["order-9981"])
    data: Data = Field(default={}, examples=[{"settledAt": "2026-02-20"}])
    message_id: Text | None = Field(default=None, description="a repeated one does nothing while it lives")
    time_to_live: Annotated[
        timedelta,
        PlainValidator(_time_to_live),
        DURATION,
    ] = Field(
        default=timedelta(hours=1),
        description="how long it is kept while nobody waits, PT1H by default and P3660D at most;"
        " PT0S: not at all",
    )


class MessagePublished(Answer):
    """`processInstanceId` names the instance that goes on, where one does."""

    message_id: str
    status: Literal["correlated", "buffered", "started", "duplicate", "discarded"]
    process_instance_id: str | None = Field(default=None, exclude_if=lambda value: value is None)


@operation(
    api,
    "POST",
    "/message",
    permit=Permit(
        WORKFLOW_EXECUTE,
        "organization",
        "A message is published within one organization; use a key of that organization.",
    ),
)
def publish_message(query: MessageQuery, body: MessageBody) -> MessagePublished:
    """Publish a message: an instance that waits for it goes on, exactly once.

    With nobody waiting it is kept for `timeToLive` and delivered to the first that waits, first in first out.
    """
    caller = current_caller()
    caller.check_environment(query.environment)
    published = current_services().engine.publish_message(
        MessageRequest(
            organization_id=caller.organization,
            environment=query.environment,
            name=body.name,
            correlation_key=body.correlation_key,
            data=body.data,
            time_to_live=body.time_to_live,
            message_id=body.message_id,
        )
    )
    status: Any = published.status
    return MessagePublished(
        message_id=published.message_id, status=status, process_instance_id=published.process_instance_id
    )


class SignalBody(Body):
    """A signal for everybody who waits for its name."""

    name: Text = Field(examples=["market-closed"])
    data: Data = Field(default={}, examples=[{"at": "2026-02-20"}])


class SignalThrown(Answer):
    """How many waited for the signal, and the instances that it started."""

    reached: int
    started_instances: list[str]


@operation(
    api,
    "POST",
    "/signal",
    permit=Permit(
        WORKFLOW_EXECUTE,
        "organization",
        "A signal is thrown within one organization; use a key of that organization.",
    ),
)
def throw_signal(query: MessageQuery, body: SignalBody) -> SignalThrown:
    """Throw a signal: everybody who waits for it now goes on, and each flow that it starts is started.

    A signal is never kept: who begins to wait later does not get it.
    """
    caller = current_caller()
    caller.check_environment(query.environment)
    signalled = current_services().engine.publish_signal(
        SignalRequest(caller.organization, query.environment, body.name, body.data)
    )
    return SignalThrown(reached=signalled.reached, started_instances=list(signalled.started))
