"""Exclusive and parallel gateways. Which flows a token takes is `Step.flows_to_take`."""

from models.states import PARKED, STUCK
from workers.engine.situation import Run, Token
from workers.engine.step import Step
from workers.flow.graph import Node
from workers.flow.json_value import JsonValue
from workers.nodes.kind import Kind


class ExclusiveGateway(Kind):
    """Takes the first flow whose condition holds; as a join it passes every token on."""

    def enter(self, step: Step, run: Run) -> None:
        seen = step.variables
        names = {name for flow in step.node.outgoing if flow.condition for name in flow.condition.names}
        read: dict[str, JsonValue] = {name: seen[name] for name in sorted(names) if name in seen}
        step.leave(read=read or None)


class ParallelGateway(Kind):
    """Fires when each incoming flow has a token, takes one from each, and sends one along each way out."""

    def needs_whole(self, node: Node) -> bool:
        return node.joins or node.ends

    def enter(self, step: Step, run: Run) -> None:
        if not step.node.joins:
            step.leave()
            return
        chosen = self._one_of_each_flow(step)
        if chosen is None:
            step.park()
            return
        # The first token goes on for all; the visit began when the first of them came.
        survivor, *others = sorted(chosen, key=lambda token: (token.entered_at, token.id))
        if survivor.id != step.token.id:
            step.token = survivor
        for token in others:
            step.drop(token)
        step.changes.resolved += [token.id for token in chosen if token.state == STUCK]
        step.leave()

    @staticmethod
    def _one_of_each_flow(step: Step) -> list[Token] | None:
        here = [
            token
            for token in step.situation.tokens.values()
            if token.node_id == step.node.id
            and token.scope_id == step.token.scope_id
            and (token.id == step.token.id or token.state in (PARKED, STUCK))
        ]
        chosen = []
        for flow in step.node.incoming:
            came = [token for token in here if token.flow_id == flow.id]
            if not came:
                return None
            chosen.append(min(came, key=lambda token: (token.entered_at, token.id)))
        if step.token.id not in {token.id for token in chosen}:
            # Only one of each is taken: the one that is running now stays for the next firing.
            step.park()
        return chosen
