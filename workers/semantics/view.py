"""The variables that one token sees, and the templates and expressions of a node worked out over them."""

import json
from collections.abc import Mapping
from datetime import datetime

from models.incident_code import IncidentCode
from workers.flow.graph import Node
from workers.flow.json_value import JsonValue
from workers.flow.values.expression import UNDEFINED, Expression, ExpressionError
from workers.flow.values.template import Evaluated, MissingVariable, Templated
from workers.semantics.moves import Moves
from workers.semantics.situation import Token
from workers.semantics.stuck import Stuck


def shown(value: object, longest: int = 80) -> str:
    """A value as an incident names it: JSON, cut short."""
    text = "undefined" if value is UNDEFINED else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= longest else text[:longest] + "…"


class View:
    """The moves as seen from one token, at its own node or at an event `node` that it listens for."""

    def __init__(self, moves: Moves, token: Token, node: Node | None = None) -> None:
        self.moves = moves
        self.token = token
        self.node: Node = node or moves.graph.nodes[token.node_id]
        self.now: datetime = moves.now

    @property
    def variables(self) -> dict[str, JsonValue]:
        """The variables the token can see, the system's own among them."""
        return self.moves.seen_from(self.token.scope_id)

    def view(self) -> dict[str, JsonValue]:
        """`variables`, and the local variables of the node's `input` over them."""
        seen = self.variables
        local = self.local_input(seen)
        return {**seen, **local} if local else seen

    def local_input(self, seen: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        """The local variables of the node's `input`. A body of a loop has had them since it began."""
        if self.node.input is None:
            return {}
        if self.moves.is_body(self.token):
            own = self.moves.variables[self.token.scope_id]
            return {name: own[name] for name in own if name in self.node.input.keys}
        value = self.expand(self.node.input, seen, "input").value
        return value if isinstance(value, dict) else {}

    def expand(self, template: Templated, seen: Mapping[str, JsonValue], what: str) -> Evaluated:
        """Expands a templated property; a failure is an incident that names node and property."""
        try:
            return template.evaluate(seen, now=self.now)
        except MissingVariable as missing:
            raise Stuck(
                IncidentCode.VARIABLE_MISSING,
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
            raise Stuck(
                IncidentCode.WRONG_TYPE, f"{what} of node '{self.node.id}' is not text: {shown(value)}"
            )
        return str(value)

    def is_true(self, condition: Expression, seen: Mapping[str, JsonValue], what: str) -> bool:
        """Asks a condition; an answer that is not a boolean is an incident."""
        try:
            answer = condition.evaluate(seen, now=self.now)
        except ExpressionError as error:
            raise Stuck(error.code, f"{what}: {error.message}") from None
        if not isinstance(answer, bool):
            raise Stuck(IncidentCode.CONDITION_NOT_BOOLEAN, f"{what} is {shown(answer)}, not true or false")
        return answer
