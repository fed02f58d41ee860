"""One instance of one flow on the pure plan."""

from collections import Counter
from typing import Any

from tests.world import NOW, World
from workers.semantics.changes import Changes, HistoryStep
from workers.semantics.situation import Event, Situation, Token

__all__ = ["NOW", "Simulation"]


class Simulation(World):
    def __init__(
        self, definition: dict[str, Any], data: dict[str, Any] | None = None, key: str | None = None
    ) -> None:
        super().__init__()
        self.graph = self.deploy("ver_1", definition)
        self.instance = super().start("ver_1", data, key)

    @property
    def tokens(self) -> dict[str, Token]:
        return self.instance.tokens

    @property
    def steps(self) -> list[HistoryStep]:
        return self.instance.steps

    @property
    def incidents(self) -> dict[str, str]:
        """Token to code."""
        return self.instance.incidents

    @property
    def status(self) -> str:
        return self.instance.status

    @property
    def variables(self) -> dict[str, Any]:
        """The instance's own variables."""
        return self.instance.variables[self.instance.facts.id]

    @property
    def visited(self) -> Counter[str]:
        return self.instance.visited

    def ready(self) -> list[Token]:
        return self.instance.ready()

    def at(self, node_id: str) -> Token:
        return self.instance.at(node_id)

    def happens(self, event: Event) -> Changes:
        return self.happen(self.instance, event)

    def run(self) -> "Simulation":
        """Runs until nothing moves."""
        self.go()
        return self

    def looks(self) -> Situation:
        return self.situation(self.instance)
