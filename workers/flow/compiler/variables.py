"""Warnings of variables that nothing can have set where a template reads them."""

from collections.abc import Collection

from workers.flow.catalogue.sub_process import SubProcess, is_event_sub_process
from workers.flow.catalogue.transaction import Transaction
from workers.flow.compiler.names import set_names
from workers.flow.compiler.structure import Level, Structure
from workers.flow.document.activity import Activity, is_handler
from workers.flow.document.names import Names, local_names, property_names
from workers.flow.document.properties import Use
from workers.flow.json_value import JsonValue
from workers.flow.limits import RESERVED_NAMES
from workers.flow.problem import nearest, quoted

MAX_PASSES = 100

_ANY = 1  # the bit that says that any name may be set


def check_variables(input_schema: JsonValue, structure: Structure, uses: Collection[Use]) -> None:
    """Warn of placeholders whose variable neither the start data nor any node before can have set."""
    given = property_names(input_schema)
    if given is None:
        return
    variables = _Variables(structure)
    variables.look_at(structure.levels[None], variables.mask(given))
    for use in uses:
        known = variables.visible.get(use.node_id, _ANY)
        if not known & _ANY:
            _check_use(use, known, variables.bits)


def _check_use(use: Use, known: int, bits: dict[str, int]) -> None:
    for name in use.templated.placeholders:
        if name not in use.own and name not in RESERVED_NAMES and not known & bits.get(name, 0):
            meant = nearest(name, [each for each, bit in bits.items() if known & bit] + sorted(use.own))
            hint = f"; did you mean {quoted(meant)}?" if meant else "."
            message = f"Neither `inputSchema` nor a node before this one sets {quoted(name)}{hint}"
            use.place.warn("VARIABLE_NEVER_SET", message)


class _Variables:
    """The names that may be set when each node is reached, as bits: those of all nodes that lead there."""

    def __init__(self, structure: Structure) -> None:
        self.structure = structure
        self.bits: dict[str, int] = {}
        self.visible: dict[str, int] = {}
        self._set: dict[str, int] = {}

    def mask(self, names: Names) -> int:
        if names is None:
            return _ANY
        mask = 0
        for name in names:
            mask |= self.bits.setdefault(name, 2 << len(self.bits))
        return mask

    def set_by(self, node_id: str) -> int:
        """What a node may set, and all that stands in it."""
        if node_id not in self._set:
            mask = self.mask(set_names(self.structure.nodes[node_id].value, self.structure.roots))
            for id_ in self.structure.levels[node_id].nodes if node_id in self.structure.levels else ():
                mask |= self.set_by(id_)
            self._set[node_id] = mask
        return self._set[node_id]

    def look_at(self, level: Level, given: int) -> None:
        """Work out which variables a level and the levels below it see, beginning with those `given`."""
        anything, apart = given, given
        for id_, part in level.nodes.items():
            anything |= self.set_by(id_)
            if is_event_sub_process(part.value) or is_handler(part.value):
                apart |= self.set_by(id_)  # which may be at any time
        order = self._order(level)
        # A node without incoming flows may run at any time, so it may see every variable of the level.
        visible = dict.fromkeys(level.nodes, anything) | dict.fromkeys(order, 0)
        visible |= dict.fromkeys((*level.starts, *level.event_starts), apart)
        if not self._spread(order, visible):
            return
        self.visible |= visible
        for id_ in level.nodes:
            inner, node = self.structure.levels.get(id_), level.nodes[id_].value
            if inner and isinstance(node, SubProcess | Transaction):
                again = self.set_by(id_) if node.loop else 0
                self.look_at(inner, visible[id_] | self.mask(local_names(node)) | again)

    def _order(self, level: Level) -> list[str]:
        """The nodes that tokens reach from the starts."""
        order = dict.fromkeys((*level.starts, *level.event_starts))
        for here in (queue := list(order)):
            onward = [id_ for id_ in self.structure.onward(here) if id_ in level.nodes and id_ not in order]
            queue.extend(dict.fromkeys(onward))
            order |= dict.fromkeys(onward)
        return queue

    def _spread(self, order: list[str], visible: dict[str, int]) -> bool:
        """Pass the visible variables along the flows until nothing changes; False if that takes too long."""
        structure = self.structure
        for _ in range(MAX_PASSES):
            before = visible.copy()
            for here in order:
                node = structure.nodes[here].value
                after = visible[here] | self.set_by(here)
                for flow in structure.outgoing[here]:
                    if flow.value.target_ref in visible:
                        visible[flow.value.target_ref] |= after
                # An interrupted activity has set nothing itself, but the nodes in it or before it may have.
                parts = isinstance(node, SubProcess | Transaction) or (
                    isinstance(node, Activity) and node.loop is not None
                )
                for part in structure.boundaries[here]:
                    visible[part.value.id] |= after if parts else visible[here]
            if visible == before:
                return True
        return False
