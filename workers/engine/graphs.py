"""Compiled versions, kept by id: a version never changes, so neither does what the compiler says of it."""

import threading
from collections import OrderedDict
from contextlib import nullcontext

import structlog

from models.errors import Conflict
from workers.engine.store import Store, Transaction, versions
from workers.flow.compiler.compile import compile_flow
from workers.flow.graph import Graph

log = structlog.get_logger(__name__)

#: How many versions a process keeps compiled.
KEPT = 1000


class NotCompilable(Conflict):
    """A published version that this code cannot run: it was published by a newer one, or is damaged."""

    def __init__(self, detail: str) -> None:
        super().__init__(f"This release cannot run the version: {detail}", code="VERSION_NOT_RUNNABLE")


class Graphs:
    """Safe to share between threads; the least recently used go first."""

    def __init__(self, store: Store) -> None:
        self._store = store
        #: The graph, or why the version cannot be run: many who wait for one message may be of that version.
        self._compiled: OrderedDict[str, Graph | str] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, version_id: str, transaction: Transaction | None = None) -> Graph:
        """The compiled version. A caller in a transaction hands it over: there may be no second connection.

        Raises:
            NotCompilable: there is no such version, or this code cannot run it.
        """
        with self._lock:
            compiled = self._compiled.get(version_id)
            if compiled is not None:
                self._compiled.move_to_end(version_id)
        if compiled is None:
            compiled = self._compile(version_id, transaction)
            with self._lock:
                self._compiled[version_id] = compiled
                while len(self._compiled) > KEPT:
                    self._compiled.popitem(last=False)
        if isinstance(compiled, str):
            raise NotCompilable(compiled)
        return compiled

    def forget(self) -> None:
        """Compiles every version again when it is next asked for."""
        with self._lock:
            self._compiled.clear()

    def _compile(self, version_id: str, transaction: Transaction | None) -> Graph | str:
        with nullcontext(transaction) if transaction else self._store.autocommit() as reading:
            version = versions.find(reading, version_id)
        if version is None:
            raise NotCompilable(f"there is no version {version_id}")
        # Queues and tasks were checked when it was published; a worker may know others.
        graph, problems = compile_flow(
            version.definition,
            queues=None,
            tasks=None,
            calls=version.calls,
            time_zone=version.time_zone or "UTC",
            published=True,
        )
        if graph is None:
            errors = [each for each in problems if each.severity == "error"][:5]
            return "; ".join(f"{each.node_id or 'flow'}: {each.message}" for each in errors)
        for each in problems:
            if each.waived:
                log.warning(
                    "a version would be refused if it were published again",
                    version=version_id,
                    node=each.node_id,
                    reason=f"{each.code}: {each.message}",
                )
        return graph
