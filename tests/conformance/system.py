"""What the runner asks of whatever runs a case; the pure plan and the whole product both do it."""

from typing import Any, Protocol

from tests.conformance.counts import Seen

Json = dict[str, Any]


class System(Protocol):
    """Empty at the beginning of a case. Nothing that starts here waits for what it starts."""

    def deploy(self, bpmn: bytes, definitions: Json) -> None:
        """Publishes each executable process of a file as a flow of its own; `definitions` are theirs."""

    def start(self, process: str, key: str, data: Json) -> None:
        """Starts a process at its plain start."""

    def set_variables(self, values: Json) -> None:
        """Writes variables of every instance that runs."""

    def complete(self, node_id: str) -> None:
        """Completes the oldest open task at a node."""

    def message(self, name: str, key: str | None, data: Json) -> None:
        """Publishes a message; somebody has to wait for it."""

    def signal(self, name: str, data: Json) -> None:
        """Throws a signal from outside."""

    def key_at(self, node_id: str) -> str | None:
        """The correlation key with which the oldest instance waits for the event of a node.

        Raises:
            NobodyWaits: no instance does.
        """

    def settle(self) -> None:
        """Returns as soon as nothing moves any more."""

    def look(self) -> list[Seen]:
        """Every instance of the case."""


class NobodyWaits(Exception):
    """A step wants something to happen that nobody waits for."""

    def __init__(self, what: str) -> None:
        super().__init__(f"nobody waits for {what}")
