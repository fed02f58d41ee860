"""The doorbell: how workers learn that tokens are ready, and what a message to them carries."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from workers.semantics.situation import Token


@dataclass(frozen=True, slots=True)
class TokenRef:
    """What a message carries: a token at an epoch, and what of it never changes.

    Its fields are the arguments of the actor, in this order: one release writes them and the next reads them.
    """

    token_id: str
    epoch: int
    instance_id: str
    version_id: str
    node_id: str

    @classmethod
    def of(cls, token: Token) -> "TokenRef":
        return cls(token.id, token.epoch, token.instance_id, token.version_id, token.node_id)

    @property
    def arguments(self) -> tuple[str, int, str, str, str]:
        return self.token_id, self.epoch, self.instance_id, self.version_id, self.node_id


class Doorbell(Protocol):
    """Tells workers that tokens are ready. SQL knows it anyway: a lost ring is only a late one."""

    def ring(self, tokens: Collection[Token]) -> list[Token]:
        """Sends a message for each token; returns the tokens whose message failed. Never raises or hangs."""
