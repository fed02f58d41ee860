"""scriptTask: a JSONata expression over the variables."""

from typing import Any

from models.incident_code import IncidentCode
from workers.flow.graph import Script
from workers.flow.json_value import JsonValue
from workers.flow.values.expression import UNDEFINED, ExpressionError
from workers.semantics.kinds.kind import Kind
from workers.semantics.step import Step
from workers.semantics.stuck import Stuck
from workers.semantics.view import shown


class ScriptTask(Kind):
    """Its result goes to `resultVariable`; without it an object merges by key, another value is an incident.

    `output` sees the result as `result`, or under the name of `resultVariable`.
    """

    of = (Script,)

    def enter(self, step: Step) -> None:
        script = step.node.details_as(Script)
        seen = step.view()
        try:
            result = script.expression.evaluate(seen, now=step.now)
        except ExpressionError as error:
            raise Stuck(error.code, f"the script of node '{step.node.id}': {error.message}") from None
        read: dict[str, JsonValue] = {
            name: seen[name] for name in sorted(script.expression.names) if name in seen
        }
        step.leave(self._came(step, script, result), read=read or None)

    @staticmethod
    def _came(step: Step, script: Script, result: Any) -> dict[str, JsonValue]:
        if script.result_variable is not None:
            return {} if result is UNDEFINED else {script.result_variable: result}
        if step.node.output is not None:
            came: dict[str, JsonValue] = dict(result) if isinstance(result, dict) else {}
            return came if result is UNDEFINED else {**came, "result": result}
        if result is UNDEFINED:
            return {}
        if not isinstance(result, dict):
            raise Stuck(
                IncidentCode.RESULT_NOT_AN_OBJECT,
                f"the script of node '{step.node.id}' gives {shown(result)}; without resultVariable "
                "only an object can be merged into the variables",
            )
        return dict(result)
