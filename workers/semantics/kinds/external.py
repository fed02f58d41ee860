"""serviceTask `external`: a job that a worker in any language fetches over HTTP; see `workers.engine.job`."""

from dataclasses import replace
from typing import cast

from models.incident_code import IncidentCode
from workers.flow.graph import ExternalCall, Node
from workers.flow.json_value import JsonValue
from workers.semantics.changes import NewJob
from workers.semantics.kinds.kind import Kind
from workers.semantics.kinds.visit import visit_input
from workers.semantics.memory import VisitInput
from workers.semantics.step import Step
from workers.semantics.stuck import Stuck

#: The longest topic; a worker cannot ask for a longer one.
LONGEST_TOPIC = 255


class ExternalTask(Kind):
    """Its input is worked out once for the visit and kept, so that every attempt gets the same."""

    of = (ExternalCall,)

    def needs_whole(self, node: Node) -> bool:
        return False

    def enter(self, step: Step) -> None:
        external = step.node.details_as(ExternalCall)
        seen = step.variables
        topic = step.expand_text(external.topic, seen, "topic")
        if not topic or len(topic) > LONGEST_TOPIC:
            raise Stuck(
                IncidentCode.WRONG_TYPE,
                f"topic of node '{step.node.id}' has to have 1 to {LONGEST_TOPIC} characters",
            )
        memory = step.memory
        if memory.input is None:
            memory = replace(memory, input=self._input(step, external, seen))
        instance = step.situation.instance
        step.changes.jobs.append(
            NewJob(
                id=step.situation.new_id("job_"),
                organization_id=instance.organization_id,
                environment=instance.environment,
                instance_id=instance.id,
                token_id=step.token.id,
                node_id=step.node.id,
                topic=topic,
                epoch=0,
                worker=None,
                available_at=step.now,
                created_at=step.now,
            )
        )
        step.park(memory)

    @staticmethod
    def _input(step: Step, external: ExternalCall, seen: dict[str, JsonValue]) -> VisitInput:
        if external.input is None:
            return visit_input(step, seen, {})
        evaluated = step.expand(external.input, seen, "input")
        return visit_input(step, cast(JsonValue, evaluated.value), evaluated.secrets)

    def resumed(self, step: Step, came: dict[str, JsonValue]) -> None:
        given = step.node.details_as(ExternalCall).input
        step.leave(came, read=step.memory.input_value if given is not None else None)
