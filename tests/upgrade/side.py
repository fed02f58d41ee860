"""Runs under the code of one release: its web, and its workers while they are told to work.

In comes a line {name, databaseUrl, redisUrl, hosts, migrates}, and out {url, key}, a key of an organization
of its own. Each line after it is answered by an empty object once it is done: {works, clock}, where `clock`
is how many seconds the clock is ahead, or {forgets}, after which the workers do nothing of what follows a
commit. The end of the input ends it.
"""

import json
import logging
import sys
import urllib.request
from datetime import timedelta
from typing import Any

import structlog

from tests.product import Product
from tests.stores import Stores, migrate
from workers.runtime import WorkerRuntime
from workers.tasks import Context, task

given: dict[str, Any] = json.loads(sys.stdin.readline())

# What else is printed, such as the log, is none of the answers.
answers, sys.stdout = sys.stdout, sys.stderr
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))


@task("tell-side")
def tell_side(input: Any, context: Context) -> Any:
    """Which side runs it, by its name."""
    return {"side": given["name"]}


@task("ask-outside")
def ask_outside(input: Any, context: Context) -> Any:
    """What the server outside answers to a request with the key of the visit."""
    request = urllib.request.Request(input["url"], headers={"Idempotency-Key": context.idempotency_key})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


class Workers:
    """The workers of one side; with Redis inside the process they begin once and end with it."""

    def __init__(self, product: Product) -> None:
        self._product = product
        self._at_work: WorkerRuntime | None = None

    def work(self) -> None:
        if self._product.settings.embedded:
            if self._product.runtime is None:
                self._product.work()
        elif self._at_work is None:
            self._at_work = WorkerRuntime(self._product.settings, threads=4, database=self._product.database)
            self._at_work.start()

    def rest(self) -> None:
        if self._at_work is not None:
            self._at_work.stop()
            self._at_work = None


def forget() -> None:
    """From now on a commit is followed by its ring and nothing else, as where the worker dies then.

    The names are those of the earlier release.
    """
    from workers.engine.engine import Engine
    from workers.engine.store.upkeep import Upkeep

    def nothing(*_: object) -> list[Any]:
        return []

    for owner, name in ((Engine, "_soon"), (Upkeep, "unrouted"), (Upkeep, "due_timers")):
        assert callable(getattr(owner, name))
        setattr(owner, name, nothing)


def serve() -> None:
    stores = Stores("", given["databaseUrl"], given["redisUrl"])
    if given["migrates"]:
        migrate(stores.database_url)
    settings = {"allowed_private_hosts": given["hosts"], "task_modules": [], "sweep_seconds": 0.2}
    with Product(stores, **settings) as product:
        workers = Workers(product)
        say({"url": product.url, "key": product.api.http.headers["X-API-Key"]})
        for line in sys.stdin:
            told = json.loads(line)
            if told.get("forgets"):
                forget()
            else:
                product.database.clock_shift = timedelta(seconds=told["clock"])
                if told["works"]:
                    workers.work()
                else:
                    workers.rest()
            say({})
        workers.rest()


def say(answer: dict[str, Any]) -> None:
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


if __name__ == "__main__":
    serve()
