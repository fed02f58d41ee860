"""Instances that an earlier release left at every kind of wait go on after the upgrade."""

import subprocess
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from harness.processes import ROOT
from harness.release import NoSuchCommitError, checkout
from tests.stores import PAIRS, StoreFactory, migrate
from tests.upgrade.conftest import FIRST
from tests.upgrade.sides import PAUSE, Side, are_over, begin, check, go_on, sides_of
from tests.upgrade.stories import FORGOTTEN, HELD, QUEUED, SINCE, STORIES
from tests.upgrade.stories.outside import Outside


@pytest.mark.parametrize("pair", PAIRS)
def test_instances_at_every_kind_of_wait_come_to_their_end(
    pair: str, release: Path, store_factory: StoreFactory, tmp_path: Path
) -> None:
    with Outside() as outside, store_factory.open(pair, migrated=False) as stores:
        told, forgotten, queued = (begin(tales, outside) for tales in (STORIES | SINCE, FORGOTTEN, QUEUED))
        held = begin(HELD, outside, times=2)  # a thread each
        every = [*told, *forgotten, *held, *queued]
        with Side("old", release, stores, outside, tmp_path, migrates=True) as old:
            key = old.key
            old.set(works=True, clock=timedelta())
            with closing(old.caller(key)) as web:
                go_on(told, web)
                old.forget()
                for tellings in (forgotten, held, queued):
                    go_on(tellings, web)
            old.kill()
        check(every)
        outside.release()
        migrate(stores.database_url)
        with Side("new", ROOT, stores, outside, tmp_path) as new:
            clock = PAUSE
            while not are_over(every):
                new.set(works=True, clock=clock)
                with closing(new.caller(key)) as web:
                    go_on(every, web)
                clock += PAUSE
        check(every)
        assert sides_of(every, "work.python_task") == [["old", "new"]]


def test_a_clone_that_does_not_reach_back_fails_with_the_word_shallow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    monkeypatch.setattr("harness.release.ROOT", tmp_path)
    with pytest.raises(NoSuchCommitError, match="shallow"):
        checkout(FIRST, tmp_path)
