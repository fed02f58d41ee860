"""Two releases at work on one PostgreSQL and one Valkey finish each other's instances."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from harness.caller import Api
from harness.processes import ROOT
from tests.stores import POSTGRESQL_AND_VALKEY, StoreFactory, migrate
from tests.upgrade.sides import PAUSE, Side, are_over, begin, check, go_on, sides_of
from tests.upgrade.stories import SINCE, STORIES
from tests.upgrade.stories.outside import Outside


class Both:
    """The two sides with a web of each; their clocks go on together."""

    def __init__(self, old: Side, new: Side, webs: tuple[Api, Api], outside: Outside) -> None:
        self.sides, self.webs, self.outside = (old, new), webs, outside
        self._clock = timedelta()

    def pass_on(self, *working: int) -> None:
        """Two hours pass while nobody works; then the workers of these sides do."""
        self._clock += PAUSE
        for side in self.sides:
            side.set(works=False, clock=self._clock)
        for number in working:
            self.sides[number].set(works=True, clock=self._clock)


@pytest.fixture(scope="module")
def both(
    release: Path, store_factory: StoreFactory, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Both]:
    """The earlier release serves, the tables are brought to today's meanwhile, and today's code joins it."""
    folder = tmp_path_factory.mktemp("sides")
    with (
        Outside() as outside,
        store_factory.open(POSTGRESQL_AND_VALKEY, migrated=False) as stores,
        Side("old", release, stores, outside, folder, migrates=True) as old,
    ):
        key = old.key
        migrate(stores.database_url)
        with (
            Side("new", ROOT, stores, outside, folder) as new,
            closing(old.caller(key)) as old_web, closing(new.caller(key)) as new_web,
        ):  # fmt: skip
            yield Both(old, new, (old_web, new_web), outside)


def test_each_release_goes_on_with_what_the_other_left(both: Both) -> None:
    """One works at a time, and at each rest the other takes over; both begin stories of their own.

    What only the web of today can do it does while the workers of either work.
    """
    every, since = begin(STORIES, both.outside), begin(SINCE, both.outside)
    turn = 0
    while not are_over([*every, *since]):
        if turn == 1:
            every += begin(STORIES, both.outside)
        working = turn % 2
        both.pass_on(working)
        go_on(every, both.webs[working])
        go_on(since, both.webs[1])
        turn += 1
        if turn == 1:
            since += begin(SINCE, both.outside)
    check([*every, *since])
    assert sides_of(every, "work.python_task") == [["old", "new"], ["new", "old"]]


def test_both_at_once_end_each_instance_once(both: Both) -> None:
    every_node = {"whole.every_node": STORIES["whole.every_node"]}
    every = begin(STORIES, both.outside)
    ran: set[str] = set()
    # More of them until both sides are seen to work.
    while ran != {"old", "new"}:
        every += begin(every_node, both.outside, times=12)
        while not are_over(every):
            both.pass_on(0, 1)
            go_on(every, *both.webs)
        check(every)
        ran = {side for sides in sides_of(every, "whole.every_node") for side in sides}
