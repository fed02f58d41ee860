"""Which ways into an inclusive join are still open to a token."""

from collections.abc import Iterator, Mapping, Sequence

from workers.flow.graph import CompensationEvent, Node


class Reach(Mapping[str, Mapping[str, frozenset[str]]]):
    """The reach of each inclusive join of a level (see `graph.Level.reach`), computed when first asked for.

    Threads may share it: a join's entry is written in one step, and every thread computes the same.
    """

    def __init__(self, nodes: Sequence[Node]) -> None:
        self._nodes = {node.id: position for position, node in enumerate(nodes)}
        self._joins = {node.id: node for node in nodes if node.type == "inclusiveGateway" and node.joins}
        # By position: from where a token comes here by one step.
        self._before: list[list[int]] = [self._steps_before(node) for node in nodes]
        self._known: dict[str, Mapping[str, frozenset[str]]] = {}

    def _steps_before(self, node: Node) -> list[int]:
        before = [self._nodes[flow.source] for flow in node.incoming]
        # One that does not interrupt adds a token: that of its activity stays where it is.
        takes = node.interrupting and not isinstance(node.details, CompensationEvent)
        if node.attached_to is not None and takes:
            before.append(self._nodes[node.attached_to])
        return before

    def __getitem__(self, join: str) -> Mapping[str, frozenset[str]]:
        if join not in self._known:
            here = self._nodes[join]
            ways = {
                flow.id: self._leading(self._nodes[flow.source], here) for flow in self._joins[join].incoming
            }
            self._known[join] = _Ways(join, self._nodes, ways)
        return self._known[join]

    def __iter__(self) -> Iterator[str]:
        return iter(self._joins)

    def __len__(self) -> int:
        return len(self._joins)

    def _leading(self, end: int, join: int) -> bytes:
        """1 for each node from which a path leads to `end` that does not pass the join, else 0."""
        seen = bytearray(len(self._before))
        left = [end] if end != join else []
        for each in left:
            seen[each] = 1
        while left:
            for each in self._before[left.pop()]:
                if not seen[each] and each != join:
                    seen[each] = 1
                    left.append(each)
        return bytes(seen)


class _Ways(Mapping[str, frozenset[str]]):
    """The incoming flows of one join by the node from which they can be reached."""

    def __init__(self, join: str, nodes: Mapping[str, int], ways: Mapping[str, bytes]) -> None:
        self._join = join
        self._nodes = nodes
        self._ways = ways

    def __getitem__(self, node: str) -> frozenset[str]:
        if node == self._join:
            raise KeyError(node)
        at = self._nodes[node]
        return frozenset(flow for flow, leading in self._ways.items() if leading[at])

    def __iter__(self) -> Iterator[str]:
        return (node for node in self._nodes if node != self._join)

    def __len__(self) -> int:
        return len(self._nodes) - 1
