"""The one loop that does what follows from commits."""

from collections.abc import Collection
from types import SimpleNamespace
from typing import Any

import pytest

from models.errors import Busy, Unavailable
from tests.flows import line, message, node
from tests.unit.simulation import Simulation
from workers.engine import follow
from workers.semantics.changes import Changes
from workers.semantics.follow_up import DeliverKept, FireTimer, FollowUp, Ring, RouteMessage, follow_ups
from workers.semantics.situation import Run, Token


class _Bell:
    """Remembers which tokens were rung for; misses those that it is told to."""

    def __init__(self, *missed: str) -> None:
        self.rung: list[str] = []
        self._missed = missed

    def ring(self, tokens: Collection[Token]) -> list[Token]:
        self.rung += [token.id for token in tokens]
        return [token for token in tokens if token.id in self._missed]


def _context(bell: _Bell, follow_ups: int = 100) -> Any:
    unsent: list[str] = []
    upkeep = SimpleNamespace(mark_unsent=unsent.extend, unsent=unsent)
    return SimpleNamespace(doorbell=bell, upkeep=upkeep, follow_ups=follow_ups)


def _token(id_: str) -> Any:
    return SimpleNamespace(id=id_)


def test_what_follows_from_a_follow_up_is_done_too_and_each_token_is_rung_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    then: dict[str, list[FollowUp]] = {
        "a": [Ring((_token("of a"),)), FireTimer("b")],
        "b": [FireTimer("c")],
        "c": [Ring((_token("of c"),))],
    }
    done: list[str] = []

    def do(_: object, each: FireTimer) -> list[FollowUp]:
        done.append(each.timer_id)
        return then[each.timer_id]

    monkeypatch.setattr(follow, "do", do)
    bell = _Bell()
    follow.follow(_context(bell), [FireTimer("a"), Ring((_token("first"),))])
    assert (done, bell.rung) == (["a", "b", "c"], ["first", "of a", "of c"])


def test_no_more_follow_ups_are_done_than_the_process_does_but_all_tokens_are_rung_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: list[str] = []

    def do(_: object, each: FireTimer) -> list[FollowUp]:
        done.append(each.timer_id)
        return [Ring((_token(each.timer_id),)), FireTimer("again")]

    monkeypatch.setattr(follow, "do", do)
    bell = _Bell()
    follow.follow(_context(bell, follow_ups=3), [FireTimer("a"), FireTimer("b")])
    assert (done, bell.rung) == (["a", "b", "again"], ["a", "b", "again"])


@pytest.mark.parametrize("error", [Busy("held"), RuntimeError("broken")])
def test_a_follow_up_that_fails_holds_up_no_other(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def do(_: object, each: FireTimer) -> list[FollowUp]:
        done.append(each.timer_id)
        if each.timer_id == "a":
            raise error
        return []

    monkeypatch.setattr(follow, "do", do)
    follow.follow(_context(_Bell()), [FireTimer("a"), FireTimer("b")])
    assert done == ["a", "b"]


def test_with_the_database_away_all_that_follows_is_left_to_the_sweeper(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried: list[str] = []

    def do(_: object, each: FireTimer) -> list[FollowUp]:
        tried.append(each.timer_id)
        raise Unavailable("away")

    monkeypatch.setattr(follow, "do", do)
    follow.follow(_context(_Bell()), [FireTimer("a"), FireTimer("b")])
    assert tried == ["a"]


def test_a_token_whose_message_failed_is_left_to_the_sweeper() -> None:
    context = _context(_Bell("lost"))
    follow.follow(context, [Ring((_token("sent"), _token("lost")))])
    assert context.upkeep.unsent == ["lost"]


def test_the_changes_of_a_commit_say_what_follows_from_it() -> None:
    sends = node("send", "sendTask", messageRef="m")
    run = Simulation(line(sends, message("wait", "m"), messages=[{"id": "m"}]))
    _run_one(run)
    sent = _run_one(run)
    (thrown,) = sent.thrown
    assert follow_ups([sent]) == [Ring((run.at("wait"),)), RouteMessage(thrown.id)]
    waiting = _run_one(run)
    (subscription,) = waiting.subscriptions
    assert follow_ups([waiting]) == [DeliverKept(subscription.address)]


def _run_one(run: Simulation) -> Changes:
    (token,) = run.ready()
    return run.happens(Run(token.id, token.epoch))
