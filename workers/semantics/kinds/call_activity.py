"""Call activity: an instance of another flow, of the version that was pinned when this one was published."""

from typing import cast

from models.incident_code import IncidentCode
from workers.flow.graph import CalledFlow, Graph, Node
from workers.flow.json_value import JsonValue
from workers.flow.limits import RESERVED_NAMES
from workers.semantics.changes import NewCall
from workers.semantics.kinds.kind import Kind
from workers.semantics.memory import Memory
from workers.semantics.raising import TASK_CANCELLED, cancel_task, caught_from, escalate, throw
from workers.semantics.situation import Triggered
from workers.semantics.step import Step
from workers.semantics.stuck import Stuck

#: The most callers above an instance; a flow that calls itself ends there.
MOST_CALLERS = 100


class CallActivity(Kind):
    """Without `input` the called instance gets all variables; without `output` all its variables come back.

    The called instance hands back one of `{"variables"}`, `{"error"}`, `{"escalation"}` and
    `{"cancelled"}`.
    """

    of = (CalledFlow,)

    def needs_whole(self, node: Node) -> bool:
        return True

    def enter(self, step: Step) -> None:
        flow = step.node.details_as(CalledFlow)
        if flow.version_id is None:
            raise Stuck(
                IncidentCode.FLOW_NOT_FOUND, f"the flow that node '{step.node.id}' calls is not known"
            )
        if step.situation.instance.depth >= MOST_CALLERS:
            raise Stuck(
                IncidentCode.CALLS_TOO_DEEP,
                f"node '{step.node.id}' would call below {MOST_CALLERS} callers: it calls itself",
            )
        seen = step.variables
        given = step.local_input(seen) if step.node.input is not None else seen
        called = step.situation.new_id("inst_")
        step.changes.calls.append(
            NewCall(
                instance_id=called,
                version_id=flow.version_id,
                token_id=step.token.id,
                variables={name: value for name, value in given.items() if name not in RESERVED_NAMES},
                caught=caught_from(step.moves, step.token),
            )
        )
        step.park(Memory(called=called))

    def triggered(self, step: Step, event: Triggered) -> None:
        came = dict(event.data)
        escalation = came.get("escalation")
        if isinstance(escalation, dict):
            # The called instance goes on; its escalation is thrown here too.
            escalate(step, str(escalation.get("code")), cast(dict[str, JsonValue], escalation.get("data")))
            return
        step.moves.release(step.token.id)
        error = came.get("error")
        if isinstance(error, dict) and error.get("code") == TASK_CANCELLED:
            cancel_task(step)
        elif isinstance(error, dict):
            data = cast(dict[str, JsonValue] | None, error.get("data"))
            throw(step, str(error.get("code")), str(error.get("message")), data=data)
        elif "cancelled" in came:
            raise Stuck(
                IncidentCode.CALLED_INSTANCE_CANCELLED,
                f"the instance that node '{step.node.id}' called was cancelled",
            )
        else:
            self.resumed(step, came)

    def resumed(self, step: Step, came: dict[str, JsonValue]) -> None:
        """The called instance has ended. Where it did not complete, a retry calls again."""
        variables = came.get("variables")
        if isinstance(variables, dict):
            step.leave(variables)
        else:
            self.enter(step)

    def answer_problems(
        self, graph: Graph, node: Node, answer: dict[str, JsonValue]
    ) -> list[tuple[str, str]]:
        """An operator can only say with which variables the called instance has ended, never an error."""
        variables = answer.get("variables")
        if not isinstance(variables, dict):
            return [("variables", "is required: an object, what the called instance ended with")]
        strange = [(name, "is unknown; only `variables` is known") for name in answer if name != "variables"]
        reserved = sorted(RESERVED_NAMES & variables.keys())
        return strange + [(f"variables.{name}", "is a name of the system") for name in reserved]
