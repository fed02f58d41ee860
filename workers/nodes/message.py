"""Message catch event: waits for a message with its name and key."""

from workers.engine.situation import Run
from workers.engine.step import RESERVED_NAMES, Step
from workers.engine.stuck import Stuck
from workers.flow.graph import MessageCatch, Node
from workers.flow.json_value import JsonValue
from workers.nodes.kind import Kind

#: The longest correlation key; a message cannot carry a longer one.
LONGEST_KEY = 255


class MessageCatchEvent(Kind):
    """Needs the message key's lock and the instance's, so that no message slips by while it opens."""

    def needs_whole(self, node: Node) -> bool:
        return True

    def correlation_key(self, step: Step) -> str:
        """The key worked out now: the event's own, else the instance's, else "" for none."""
        catch = step.node.details_as(MessageCatch)
        if catch.correlation_key is None:
            return step.situation.instance.correlation_key or ""
        key = step.expand_text(catch.correlation_key, step.view(), "correlationKey")
        where = f"the correlationKey of node '{step.node.id}'"
        if not key:
            raise Stuck("CORRELATION_KEY_MISSING", f"{where} has no value")
        if len(key) > LONGEST_KEY:
            raise Stuck(
                "CORRELATION_KEY_TOO_LONG", f"{where} has {len(key)} characters, {LONGEST_KEY} at most"
            )
        return key

    def enter(self, step: Step, run: Run) -> None:
        catch = step.node.details_as(MessageCatch)
        kept = step.situation.kept_message
        if kept is None:
            step.subscribe(catch.name, run.key or "")
            step.park()
            return
        step.changes.consumed_message = kept.id
        self.triggered(step, kept.data)

    def resumed(self, step: Step, came: dict[str, JsonValue]) -> None:
        catch = step.node.details_as(MessageCatch)
        problems = message_problems(catch, came)
        if problems:
            shown = "; ".join(f"{field}: {message}" for field, message in problems[:5])
            raise Stuck(
                "MESSAGE_DATA_INVALID", f"the message '{catch.name}' does not fit its dataSchema: {shown}"
            )
        step.leave(came)


def message_problems(catch: MessageCatch, data: dict[str, JsonValue]) -> list[tuple[str, str]]:
    """What is wrong with a message's data for this event, as (path, message)."""
    reserved = [(name, "is a name of the system") for name in sorted(RESERVED_NAMES & data.keys())]
    return reserved + (catch.data_schema.errors(data) if catch.data_schema else [])
