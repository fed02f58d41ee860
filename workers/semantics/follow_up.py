"""What follows from a commit, as data: each is done after it, in a transaction of its own.

All of it can be read from the database too, so a sweeper does what a dead worker left undone.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from workers.semantics.changes import Address, Changes
from workers.semantics.situation import Token


@dataclass(frozen=True, slots=True)
class Ring:
    """Tell the workers that these tokens are ready."""

    tokens: tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class RouteMessage:
    """Deliver a message that a flow threw, or keep it."""

    message_id: str


@dataclass(frozen=True, slots=True)
class RouteSignal:
    """Hand out a signal that a flow threw."""

    signal_id: str


@dataclass(frozen=True, slots=True)
class DeliverKept:
    """Deliver the oldest message that was kept for a new subscription."""

    address: Address


@dataclass(frozen=True, slots=True)
class FireTimer:
    """Fire a timer that was due when it was written.

    It carries a signal or what a called instance tells its caller, or its date had passed.
    """

    timer_id: str


FollowUp = Ring | RouteMessage | RouteSignal | DeliverKept | FireTimer


def follow_ups(made: Iterable[Changes]) -> list[FollowUp]:
    """What follows from the changes that were committed together; the ring comes first."""
    made = list(made)
    tokens = tuple(token for changes in made for token in changes.to_send())
    found: list[FollowUp] = [Ring(tokens)] if tokens else []
    for changes in made:
        found += _of(changes)
    return found


def _of(changes: Changes) -> Iterator[FollowUp]:
    for message in changes.thrown:
        yield RouteSignal(message.id) if message.kind == "signal" else RouteMessage(message.id)
    for each in changes.subscriptions:
        if each.kind == "message":
            yield DeliverKept(each.address)
    for timer in changes.timers:
        if timer.due_at <= changes.now:
            yield FireTimer(timer.id)
