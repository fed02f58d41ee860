"""One token at one node, as the hooks of a kind see and change it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from models.incident_code import IncidentCode
from models.states import TokenState
from workers.flow.graph import SUB_PROCESSES, Catch, Graph, MultiInstance, SequenceFlow
from workers.flow.json_value import JsonValue, UnkeepableJson, check_keepable
from workers.flow.limits import RESERVED_NAMES
from workers.semantics.changes import Changes
from workers.semantics.listen import listen
from workers.semantics.memory import NOTHING, Memory
from workers.semantics.situation import Situation
from workers.semantics.stuck import Stuck
from workers.semantics.view import View


class Step(View):
    """The words in which a kind says what happens to its token; docs/kinds.md lists them.

    A visit ends by one of `leave`, `finish`, `pass_on`, `jump` and `visit_again`.
    """

    @property
    def changes(self) -> Changes:
        return self.moves.changes

    @property
    def situation(self) -> Situation:
        return self.moves.situation

    @property
    def graph(self) -> Graph:
        return self.moves.graph

    @property
    def is_body(self) -> bool:
        return self.moves.is_body(self.token)

    @property
    def memory(self) -> Memory:
        """The visit's memory, which is kept at the token."""
        return self.token.memory

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

        `came` is the data that the node got (an answer, a message, a response): `output` sees it over the
        variables. Without `output` it is merged into the variables by key, where `merges` says so.
        `read` becomes the history's `input`.
        """
        came = came or {}
        written = self.write_output(came, merges)
        self.finish(written, outcome, read, came)

    def finish(
        self,
        written: Mapping[str, JsonValue],
        outcome: str = "completed",
        read: JsonValue = None,
        came: Mapping[str, JsonValue] | None = None,
    ) -> None:
        """The visit ends, and its outputs are written already.

        The data that a body of a multi-instance got and wrote becomes local to it: `outputElement` sees it.
        """
        self.moves.record(self.token, outcome, read, written, attempts=self.token.attempts + 1)
        if self.listens:
            self.moves.release(self.token.id)
        if self.is_body:
            if isinstance(self.node.loop, MultiInstance):
                self.moves.set_local(self.token.scope_id, {**(came or {}), **written})
            self.moves.drop(self.token)
            return
        flows = self.flows_to_take({**self.variables, **written})
        if self.node.compensated_by is not None and not (self.node.loop or self.node.type in SUB_PROCESSES):
            self.moves.record_done(self.token)
        self.advance(flows)

    def write_output(self, came: Mapping[str, JsonValue], merges: bool) -> dict[str, JsonValue]:
        if self.node.output is not None:
            value = self.expand(self.node.output, {**self.view(), **came}, "output").value
            written = value if isinstance(value, dict) else {}
        else:
            written = dict(came) if merges else {}
        for name, value in written.items():
            self.write(name, value)
        return written

    def write(self, name: str, value: JsonValue) -> None:
        """Sets a variable, from the token's scope outwards."""
        if name in RESERVED_NAMES:
            raise Stuck(
                IncidentCode.RESERVED_NAME,
                f"node '{self.node.id}' would write '{name}', which is the system's",
            )
        try:
            check_keepable(value)
        except UnkeepableJson as error:
            raise Stuck(
                IncidentCode.VALUE_NOT_KEEPABLE,
                f"node '{self.node.id}' would write '{name}', which JSON cannot keep: {error}",
            ) from None
        self.moves.write(self.token.scope_id, name, value)

    def open_flows(self, seen: Mapping[str, JsonValue]) -> Iterator[SequenceFlow]:
        """The outgoing flows that have no condition or a true one, but the default flow.

        The conditions are asked in order of definition, and none before its flow is wanted.
        """
        default = self.node.default.id if self.node.default is not None else None
        for flow in self.node.outgoing:
            if flow.id != default and (
                flow.condition is None
                or self.is_true(flow.condition, seen, f"the condition of flow '{flow.id}'")
            ):
                yield flow

    def flows_to_take(self, seen: Mapping[str, JsonValue]) -> list[SequenceFlow]:
        """All open flows; and the default flow where no condition is true.

        Raises:
            Stuck: NO_FLOW_TO_TAKE, where there are flows and none of them is taken.
        """
        taken = list(self.open_flows(seen))
        if self.node.default is not None and all(flow.condition is None for flow in taken):
            taken.append(self.node.default)
        if not taken and self.node.outgoing:
            raise self.no_flow_to_take()
        return taken

    def no_flow_to_take(self) -> Stuck:
        return Stuck(
            IncidentCode.NO_FLOW_TO_TAKE,
            f"no condition of node '{self.node.id}' is true and it has no default flow",
        )

    def pass_on(self, flows: Iterable[SequenceFlow], read: JsonValue = None) -> None:
        """The visit of a gateway ends: the history gets its row, and the token takes these flows."""
        self.moves.record(self.token, "completed", read, attempts=self.token.attempts + 1)
        self.advance(flows)

    def advance(self, flows: Iterable[SequenceFlow]) -> None:
        """The token takes the first flow; each other flow gets a new one. Without any it is gone."""
        first, *others = flows or (None,)
        if first is None:
            self.moves.drop(self.token)
            return
        self.moves.put(self.moves.at(self.token, first.target, first.id))
        for flow in others:
            self.moves.spawn(flow.target, self.token.scope_id, flow.id)

    def jump(self, node_id: str, came: dict[str, JsonValue]) -> None:
        """The token goes to an event that happened, with the data that came; the event's own visit begins."""
        self.moves.put(self.moves.at(self.token, node_id, None, Memory(answer=came)))

    def visit_again(self) -> None:
        """The visit ends with its answer put aside, and another visit of the same node begins.

        The new visit has an Idempotency-Key of its own, so that no other system repeats the old answer.
        """
        token, memory = self.token, self.memory
        self.moves.record(token, "repeated", memory.answer, attempts=token.attempts + 1)
        memory = replace(memory.lasting(), answer=None)
        self.moves.put(self.moves.at(token, token.node_id, token.flow_id, memory))

    # -- standing still

    def park(self, memory: Memory = NOTHING) -> None:
        """The token waits until something comes for it; its boundary events are armed."""
        self.moves.park(self.token, replace(memory, begun=self.begin()))

    def begin(self) -> bool:
        """Arms the boundary events of the activity, once in a visit; whether it has any that wait."""
        if not self.listens:
            return False
        if not self.memory.begun:
            for boundary in self.node.boundaries:
                listen(View(self.moves, self.token, self.graph.nodes[boundary]), self.token.id)
        return True

    @property
    def listens(self) -> bool:
        """Whether boundary events wait for something while the token is here."""
        if not self.node.boundaries or self.is_body:
            return False
        return any(isinstance(self.graph.nodes[each].details, Catch) for each in self.node.boundaries)

    def try_again(self, at: datetime, *, attempts: int, losses: int = 0, memory: Memory = NOTHING) -> None:
        """The token is ready again from `at` on, as the same visit."""
        soon = at <= self.now
        self.moves.put(
            replace(
                self.token,
                state=TokenState.READY,
                attempts=attempts,
                losses=losses,
                sends=1 if soon else 0,
                available_at=at,
                sent_at=self.now if soon else None,
                lease_at=None,
                memory=memory,
            )
        )
