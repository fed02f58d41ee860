"""Compiled versions, kept by id: a version never changes, so what was compiled stays right."""

import threading
from collections import OrderedDict

from models.flow import FlowVersion
from workers.engine.store import Store
from workers.flow.compile import compile_flow
from workers.flow.graph import Graph

#: How many versions a process keeps compiled.
KEPT = 1000


class NotCompilable(Exception):
    """A published version that this code cannot run: it was published by a newer one, or is damaged."""


class Graphs:
    """Safe to share between threads; the least recently used go first."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._graphs: OrderedDict[str, Graph] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, version_id: str) -> Graph:
        """Raises NotCompilable."""
        with self._lock:
            graph = self._graphs.get(version_id)
            if graph is not None:
                self._graphs.move_to_end(version_id)
                return graph
        graph = self._compile(version_id)
        with self._lock:
            self._graphs[version_id] = graph
            while len(self._graphs) > KEPT:
                self._graphs.popitem(last=False)
        return graph

    def _compile(self, version_id: str) -> Graph:
        with self._store.database.reading() as session:
            version = session.get(FlowVersion, version_id)
            if version is None:
                raise NotCompilable(f"there is no version {version_id}")
            definition = version.definition
        # Queues and tasks were checked when it was published; a worker may know others.
        graph, problems = compile_flow(definition, queues=None, tasks=None)
        if graph is None:
            raise NotCompilable("; ".join(f"{p.node_id or 'flow'}: {p.message}" for p in problems[:5]))
        return graph
