"""A Python task whose outcome a test draws: what it returns, an error that it throws, a failure."""

from workers.flow.json_value import JsonValue
from workers.tasks import BpmnError, Context, task

#: Of the next call; the meaning of a number is `PureEvents.run`.
outcome = 0


@task("drawn")
def drawn(input: JsonValue, context: Context) -> JsonValue:
    if outcome == 1:
        raise BpmnError("E")
    if outcome == 2:
        raise RuntimeError("no")
    return outcome
