"""Messages: events and receive tasks that wait for one, events and send tasks that throw one."""

from datetime import datetime

from models.incident_code import IncidentCode
from workers.flow.graph import Graph, MessageCatch, MessageThrow, Node
from workers.flow.json_value import JsonValue
from workers.flow.limits import LONGEST_TIME_TO_LIVE, RESERVED_NAMES
from workers.flow.values.duration import add_duration
from workers.semantics.changes import NewMessage
from workers.semantics.kinds.kind import Kind
from workers.semantics.listen import LONGEST_KEY, listen
from workers.semantics.step import Step
from workers.semantics.stuck import Stuck
from workers.semantics.view import shown


class MessageCatchEvent(Kind):
    """Waits for a message with its name and key; a receive task is the same."""

    of = (MessageCatch,)

    def needs_whole(self, node: Node) -> bool:
        return False

    def enter(self, step: Step) -> None:
        listen(step, step.token.id, step.view())
        step.park()

    def resumed(self, step: Step, came: dict[str, JsonValue]) -> None:
        check_message(step.node.details_as(MessageCatch), came)
        step.leave(came)

    def answer_problems(
        self, graph: Graph, node: Node, answer: dict[str, JsonValue]
    ) -> list[tuple[str, str]]:
        return message_problems(node.details_as(MessageCatch), answer)


class MessageThrowEvent(Kind):
    """Throws a message: it is written in this very transaction, and routed right after it."""

    of = (MessageThrow,)

    def enter(self, step: Step) -> None:
        throw = step.node.details_as(MessageThrow)
        seen = step.view()
        data = step.expand(throw.data, seen, "data").value if throw.data else {}
        if not isinstance(data, dict):
            raise Stuck(
                IncidentCode.WRONG_TYPE, f"data of node '{step.node.id}' is not an object: {shown(data)}"
            )
        key = step.situation.instance.correlation_key
        if throw.correlation_key is not None:
            key = step.expand_text(throw.correlation_key, seen, "correlationKey")
        if key is not None and len(key) > LONGEST_KEY:
            raise Stuck(
                IncidentCode.CORRELATION_KEY_TOO_LONG,
                f"the correlationKey of node '{step.node.id}' is longer than {LONGEST_KEY} characters",
            )
        life = step.expand_text(throw.time_to_live, seen, "timeToLive") or "PT0S"
        try:
            expires_at = add_duration(step.now, life)
        except ValueError as error:
            raise Stuck(IncidentCode.WRONG_TIME, f"timeToLive of node '{step.node.id}': {error}") from None
        if expires_at - step.now > LONGEST_TIME_TO_LIVE:
            raise Stuck(
                IncidentCode.WRONG_TIME,
                f"timeToLive of node '{step.node.id}' is {life}, at most {LONGEST_TIME_TO_LIVE.days:,} days",
            )
        throw_message(step, "message", throw.name, key or "", data, expires_at)
        step.leave(read=data or None)


def throw_message(
    step: Step, kind: str, name: str, key: str, data: dict[str, JsonValue], expires_at: datetime
) -> None:
    """Writes a message, or a signal, that this node throws; it is routed after the commit."""
    instance = step.situation.instance
    id_ = step.situation.new_id("msg_")
    step.changes.thrown.append(
        NewMessage(
            id=id_,
            organization_id=instance.organization_id,
            environment=instance.environment,
            kind=kind,
            name=name,
            correlation_key=key,
            message_id=id_,
            data=data,
            state="SENT",
            origin_id=instance.id,
            expires_at=expires_at,
            created_at=step.now,
        )
    )


def check_message(catch: MessageCatch, data: dict[str, JsonValue]) -> None:
    """An incident where the data breaks the dataSchema."""
    problems = message_problems(catch, data)
    if problems:
        told = "; ".join(f"{field}: {message}" for field, message in problems[:5])
        raise Stuck(
            IncidentCode.MESSAGE_DATA_INVALID,
            f"the message '{catch.name}' does not fit its dataSchema: {told}",
        )


def message_problems(catch: MessageCatch, data: dict[str, JsonValue]) -> list[tuple[str, str]]:
    """The faults of a message's data for this event, as (path, message)."""
    reserved = [(name, "is a name of the system") for name in sorted(RESERVED_NAMES & data.keys())]
    return reserved + (catch.data_schema.errors(data) if catch.data_schema else [])
