"""Releases at work on one pair of stores, each in a process of its own, and the stories that they tell."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any

from harness.caller import Api
from tests.stores import Stores
from tests.upgrade.stories import Tales
from tests.upgrade.stories.outside import Outside
from tests.upgrade.stories.story import Story, Tale

SCRIPT = Path(__file__).with_name("side.py")

#: So much time passes at each `yield` of a story.
PAUSE = timedelta(hours=2)

#: Stories that are told at once: more would only wait for the same processors.
TELLERS = 4


class Side(AbstractContextManager["Side"]):
    """A release at work: `side.py` under the code of a tree. Its web serves until the end.

    Args:
        migrates: it brings the database to its tables first.
    """

    def __init__(
        self, name: str, tree: Path, stores: Stores, outside: Outside, folder: Path, *, migrates: bool = False
    ) -> None:
        self._log = folder / f"{name}.log"
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(tree)}
        with self._log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, str(SCRIPT)], cwd=tree, env=environment, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, start_new_session=True,
            )  # fmt: skip
        self._give(name=name, databaseUrl=stores.database_url, redisUrl=stores.redis_url,
                   hosts=[outside.host], migrates=migrates)  # fmt: skip
        self._facts: dict[str, str] | None = None

    @property
    def key(self) -> str:
        """A key of an organization of its own, which every side on these stores knows."""
        return self._serving["key"]

    def caller(self, key: str) -> Api:
        return Api(self._serving["url"], key)

    def set(self, *, works: bool, clock: timedelta) -> None:
        """Whether its workers work, and how far ahead its clock is."""
        self._tell(works=works, clock=clock.total_seconds())

    def forget(self) -> None:
        """From now on its workers do nothing of what follows a commit; of the earlier release only."""
        self._tell(forgets=True)

    def kill(self) -> None:
        """kill -9, whatever it does."""
        self._process.kill()
        self._process.communicate()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    @property
    def _serving(self) -> dict[str, str]:
        """What it says once it serves; several start at the same time meanwhile."""
        if self._facts is None:
            self._facts = self._answer()
        return self._facts

    def _tell(self, **line: object) -> None:
        assert self._serving
        self._give(**line)
        self._answer()

    def _give(self, **line: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(line) + "\n")
        self._process.stdin.flush()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        answer = self._process.stdout.readline()
        assert answer, self._log.read_text(errors="replace")[-3000:]
        said: dict[str, Any] = json.loads(answer)
        return said


class Telling:
    """One story on its way; `failure` is what went wrong, with the story's name."""

    def __init__(self, name: str, tale: Tale, outside: Outside) -> None:
        self.name = name
        self.failure: Exception | None = None
        self.is_over = False
        self.story = Story(uuid.uuid4().hex[:8], outside)
        self._steps: Iterator[None] = iter(tale(self.story))

    def go_on(self, webs: Sequence[Api]) -> None:
        """Tells it to its next rest, or its end."""
        self.story.ask(webs)
        try:
            self.is_over = next(self._steps, self) is self
        except Exception as error:  # noqa: BLE001 - it is told of together with the others
            error.add_note(f"in the story {self.name}")
            self.failure, self.is_over = error, True


def begin(tales: Tales, outside: Outside, *, times: int = 1) -> list[Telling]:
    return [Telling(name, tale, outside) for name, tale in tales.items() for _ in range(times)]


def go_on(tellings: Iterable[Telling], *webs: Api) -> None:
    """Each to its next rest, several at once."""
    with ThreadPoolExecutor(TELLERS) as tellers:
        for done in [tellers.submit(each.go_on, webs) for each in tellings if not each.is_over]:
            done.result()


def sides_of(tellings: Iterable[Telling], name: str) -> list[list[str]]:
    """Which sides ran python tasks, for each telling of the story of that name."""
    return [telling.story.sides for telling in tellings if telling.name == name]


def are_over(tellings: Iterable[Telling]) -> bool:
    return all(telling.is_over for telling in tellings)


def check(tellings: Iterable[Telling]) -> None:
    """Raises what went wrong in any of them."""
    failures = {telling.name: telling.failure for telling in tellings if telling.failure is not None}
    if failures:
        raise ExceptionGroup(f"not as they are told: {', '.join(failures)}", list(failures.values()))
