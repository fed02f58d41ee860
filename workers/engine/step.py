"""One token at one node, and the words in which node kinds say what happens to it.

A `Step` collects `Changes`; it reads nothing but the situation and writes nothing but the changes. Node
kinds (`workers/nodes/`) call `leave`, `park`, `open_task`, `subscribe`, `arm` or `throw`, or raise `Stuck`.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from models.states import PARKED, READY, STUCK
from workers.engine.changes import Changes, EndedTasks, NewIncident, NewSubscription, NewTimer
from workers.engine.changes import Step as HistoryStep
from workers.engine.situation import Situation, Token
from workers.engine.stuck import Stuck, WholeInstanceNeeded
from workers.flow.expression import UNDEFINED, Expression, ExpressionError
from workers.flow.graph import ErrorEvent, Flow, Graph, Node
from workers.flow.json_value import JsonValue, UnkeepableJson, check_keepable
from workers.flow.template import Evaluated, MissingVariable, Templated

#: The error that a cancelled task throws; uncaught it cancels the instance.
TASK_CANCELLED = "TASK_CANCELLED"

#: Names that belong to the system; a flow can read them but never write them.
RESERVED_NAMES = frozenset({"correlationKey", "processInstanceId", "secrets"})

DEFAULT_QUEUE = "default"


def shown(value: object, longest: int = 80) -> str:
    """A value as an incident names it: JSON, cut short."""
    text = "undefined" if value is UNDEFINED else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= longest else text[:longest] + "…"


class Step:
    """Not reusable: one event, one token."""

    def __init__(self, graph: Graph, situation: Situation, token: Token) -> None:
        self.graph = graph
        self.situation = situation
        self.token = token
        self.node: Node = graph.nodes[token.node_id]
        self.now: datetime = situation.now
        self.changes = Changes(situation.instance.id, situation.now)

    # -- what the node sees

    @property
    def variables(self) -> dict[str, JsonValue]:
        """The variables the token can see, the system's own among them."""
        instance = self.situation.instance
        seen: dict[str, JsonValue] = dict(self.situation.variables.get(self.token.scope_id, {}))
        seen["processInstanceId"] = instance.id
        if instance.correlation_key is not None:
            seen["correlationKey"] = instance.correlation_key
        return seen

    def view(self) -> dict[str, JsonValue]:
        """`variables`, with what the node's `input` makes laid over them."""
        seen = self.variables
        local = self.local_input(seen)
        return {**seen, **local} if local else seen

    def local_input(self, seen: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        if self.node.input is None:
            return {}
        value = self.expand(self.node.input, seen, "input").value
        return value if isinstance(value, dict) else {}

    def expand(self, template: Templated, seen: Mapping[str, JsonValue], what: str) -> Evaluated:
        """Expands a templated property; what goes wrong is an incident that names node and property."""
        try:
            return template.evaluate(seen, now=self.now)
        except MissingVariable as missing:
            raise Stuck(
                "VARIABLE_MISSING",
                f"{what} of node '{self.node.id}' needs '{missing.name}', which is not set",
            ) from None
        except ExpressionError as error:
            raise Stuck(error.code, f"{what} of node '{self.node.id}': {error.message}") from None

    def expand_text(self, template: Templated | None, seen: Mapping[str, JsonValue], what: str) -> str | None:
        """Like `expand`, for a property that has to be text; numbers become text, nothing stays None."""
        if template is None:
            return None
        value = self.expand(template, seen, what).value
        if value is None or value is UNDEFINED:
            return None
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise Stuck("WRONG_TYPE", f"{what} of node '{self.node.id}' is not text: {shown(value)}")
        return str(value)

    def is_true(self, condition: Expression, seen: Mapping[str, JsonValue], what: str) -> bool:
        """Asks a condition; whatever is not a boolean is an incident."""
        try:
            answer = condition.evaluate(seen, now=self.now)
        except ExpressionError as error:
            raise Stuck(error.code, f"{what}: {error.message}") from None
        if not isinstance(answer, bool):
            raise Stuck("CONDITION_NOT_BOOLEAN", f"{what} is {shown(answer)}, not true or false")
        return answer

    # -- going on

    def leave(
        self,
        came: Mapping[str, JsonValue] | None = None,
        *,
        merges: bool = True,
        outcome: str = "completed",
        read: JsonValue = None,
    ) -> None:
        """The visit ends: outputs are written, the history gets its row, the token goes on.

        `came` is what the node got (an answer, a message, a response): `output` sees it over the
        variables; without `output` it merges into them by key, if it `merges`.
        """
        came = came or {}
        written = self.write_output(came, merges)
        self.record(outcome, read, written)
        self.advance(self.token, self.flows_to_take({**self.variables, **written}))

    def write_output(self, came: Mapping[str, JsonValue], merges: bool) -> dict[str, JsonValue]:
        if self.node.output is not None:
            value = self.expand(self.node.output, {**self.view(), **came}, "output").value
            written = value if isinstance(value, dict) else {}
        else:
            written = dict(came) if merges else {}
        for name, value in written.items():
            if name in RESERVED_NAMES:
                raise Stuck(
                    "RESERVED_NAME", f"node '{self.node.id}' would write '{name}', which is the system's"
                )
            try:
                check_keepable(value)
            except UnkeepableJson as error:
                raise Stuck(
                    "VALUE_NOT_KEEPABLE",
                    f"node '{self.node.id}' would write '{name}', which JSON cannot keep: {error}",
                ) from None
            self.changes.variables[(self.token.scope_id, name)] = value
        return written

    def flows_to_take(self, seen: Mapping[str, JsonValue]) -> list[Flow]:
        """The outgoing flows of this node's kind: the first that holds, all, or those that hold."""
        node = self.node
        if node.type == "parallelGateway":
            return list(node.outgoing)
        exclusive = node.type == "exclusiveGateway"
        taken: list[Flow] = []
        for flow in node.outgoing:
            if flow is node.default or (node.default is not None and flow.id == node.default.id):
                continue
            if flow.condition is None or self.is_true(
                flow.condition, seen, f"the condition of flow '{flow.id}'"
            ):
                taken.append(flow)
                if exclusive:
                    return taken
        if not taken and node.default is not None:
            return [node.default]
        if not taken and node.outgoing:
            raise Stuck(
                "NO_FLOW_TO_TAKE", f"no condition of node '{node.id}' is true and it has no default flow"
            )
        return taken

    def advance(self, token: Token, flows: Iterable[Flow]) -> None:
        """The token takes the first flow; each other flow gets a new one. Without any it is gone."""
        flows = list(flows)
        if not flows:
            self.drop(token)
            return
        self.changes.moved[token.id] = self.at(token, flows[0].target, flows[0].id)
        for flow in flows[1:]:
            fresh = replace(
                self.at(token, flow.target, flow.id), id=self.situation.new_id("tok_"), epoch=0, activation=0
            )
            self.changes.spawned.append(fresh)

    def at(self, token: Token, node_id: str, flow_id: str | None, came: JsonValue = None) -> Token:
        """The token as it stands, ready, at the beginning of a new visit."""
        return replace(
            token,
            node_id=node_id,
            flow_id=flow_id,
            queue=self.graph.nodes[node_id].queue or DEFAULT_QUEUE,
            state=READY,
            epoch=token.epoch + 1,
            activation=token.activation + 1,
            attempts=0,
            losses=0,
            sends=1,
            entered_at=self.now,
            available_at=self.now,
            sent_at=self.now,
            lease_at=None,
            input=came,
        )

    def drop(self, token: Token) -> None:
        """The token is gone; whether the instance is over with it only the whole can tell."""
        if not self.situation.whole:
            raise WholeInstanceNeeded
        self.changes.dropped[token.id] = token.epoch

    def record(
        self, outcome: str, read: JsonValue = None, wrote: Mapping[str, JsonValue] | None = None
    ) -> None:
        """Writes the visit that ends into the history."""
        self.changes.steps.append(
            HistoryStep(
                seq=len(self.changes.steps) + 1,
                node_id=self.node.id,
                node_type=self.node.type,
                attempts=self.token.attempts + 1,
                entered_at=self.token.entered_at,
                left_at=self.now,
                outcome=outcome,
                input=read,
                output=dict(wrote) if wrote else None,
            )
        )

    # -- standing still

    def park(self, kept: JsonValue = None) -> None:
        """The token waits here until something comes."""
        self.changes.moved[self.token.id] = replace(
            self.token, state=PARKED, epoch=self.token.epoch + 1, sent_at=None, lease_at=None, input=kept
        )

    def stop(self, stuck: Stuck, kept: JsonValue = None, attempts: int | None = None) -> None:
        """The token stands still with an incident; `kept` is what must not be lost until it goes on."""
        attempts = self.token.attempts if attempts is None else attempts
        self.changes.moved[self.token.id] = replace(
            self.token,
            state=STUCK,
            epoch=self.token.epoch + 1,
            attempts=attempts,
            sent_at=None,
            lease_at=None,
            input=kept,
        )
        self.changes.incidents.append(
            NewIncident(
                id=self.situation.new_id("inc_"),
                instance_id=self.token.instance_id,
                token_id=self.token.id,
                node_id=self.node.id,
                code=stuck.code,
                message=stuck.message,
                attempts=attempts,
                created_at=self.now,
            )
        )

    def try_again(self, at: datetime, *, attempts: int, losses: int = 0, keep_input: bool = True) -> None:
        """The token is ready again from `at` on, as the same visit."""
        soon = at <= self.now
        self.changes.moved[self.token.id] = replace(
            self.token,
            state=READY,
            epoch=self.token.epoch + 1,
            attempts=attempts,
            losses=losses,
            sends=1 if soon else 0,
            available_at=at,
            sent_at=self.now if soon else None,
            lease_at=None,
            input=self.token.input if keep_input else None,
        )

    # -- waiting for somebody or something

    def release(self, task_state: str | None = None, by: str | None = None) -> None:
        """What the token waited for is over: its task ends so, its subscriptions and timers go."""
        self.changes.released.append(self.token.id)
        if task_state is not None:
            self.changes.ended_tasks = EndedTasks(task_state, by, [self.token.id])

    def subscribe(self, name: str, correlation_key: str) -> None:
        instance = self.situation.instance
        self.changes.subscriptions.append(
            NewSubscription(
                id=self.situation.new_id("sub_"),
                organization_id=instance.organization_id,
                environment=instance.environment,
                name=name,
                correlation_key=correlation_key,
                instance_id=instance.id,
                token_id=self.token.id,
                node_id=self.node.id,
                created_at=self.now,
            )
        )

    def arm(self, due_at: datetime) -> None:
        self.changes.timers.append(
            NewTimer(
                id=self.situation.new_id("timer_"),
                instance_id=self.token.instance_id,
                token_id=self.token.id,
                node_id=self.node.id,
                due_at=due_at,
            )
        )

    # -- errors

    def throw(self, code: str, message: str, *, read: JsonValue = None) -> bool:
        """Throws a BPMN error at this node. False when nobody catches it: then nothing was changed.

        A boundary event whose code matches goes before one that catches all.
        """
        catcher = self._catcher(code)
        if catcher is None:
            return False
        self.record("cancelled" if code == TASK_CANCELLED else "error", read)
        error: JsonValue = {"came": {"error": {"code": code, "message": message}}}
        self.changes.moved[self.token.id] = self.at(self.token, catcher.id, None, error)
        return True

    def _catcher(self, code: str) -> Node | None:
        catches_all = None
        for node in (self.graph.nodes[boundary] for boundary in self.node.boundaries):
            if isinstance(node.details, ErrorEvent):
                if node.details.code == code:
                    return node
                if node.details.code is None and catches_all is None:
                    catches_all = node
        return catches_all
