"""The document that a drawing fills: levels of nodes and flows, and how often each node is visited."""

from collections import Counter
from typing import Any

from tests.flows import Json


class Sheet:
    """`visits` is how often each node is visited, for nodes of which that is certain."""

    def __init__(self) -> None:
        self.visits: Counter[str] = Counter()
        self._count = 0
        self._levels: list[Json] = []
        self._open()

    def _open(self) -> None:
        self._levels.append({"nodes": [], "sequenceFlows": [], "associations": [], "counters": {}})

    def _node(self, type: str, times: int | None, **properties: Any) -> str:
        self._count += 1
        id = f"n{self._count}"
        self._levels[-1]["nodes"].append({"id": id, "type": type, **properties})
        if times is not None:
            self.visits[id] = times
        return id

    def _flow(self, source: str, target: str, condition: str | None = None) -> str:
        flows = self._levels[-1]["sequenceFlows"]
        made = {"id": f"f{self._count}-{len(flows)}", "sourceRef": source, "targetRef": target}
        flows.append({**made, "conditionExpression": condition} if condition else made)
        return str(made["id"])

    def _default(self, node: str, flow_id: str) -> None:
        next(each for each in self._levels[-1]["nodes"] if each["id"] == node)["default"] = flow_id

    def _sub(self, times: int | None, level: Json, **properties: Any) -> str:
        counters = level.pop("counters")
        given = {"input": counters} if counters else {}
        return self._node("subProcess", times, **given, **level, **properties)

    def _event(self, trigger: str) -> Json:
        number = self._count
        return {
            "message": {"type": "message", "messageRef": f"m{number}"},
            "timer": {"type": "timer", "duration": "PT1H"},
            "cycle": {"type": "timer", "cycle": "R2/PT1H"},
            "signal": {"type": "signal", "signalRef": f"s{number}"},
            "shared": {"type": "signal", "signalRef": "shared"},
            "condition": {"type": "conditional", "condition": "= go"},
            "escalation": {"type": "escalation", "escalationRef": "escalation"},
            "error": {"type": "error", "errorRef": "error"},
        }[trigger]

    def _looped(self, loop: tuple[str, int] | None, times: int) -> tuple[Json, int]:
        """The `loop` of an activity, and how often its bodies run."""
        if loop is None:
            return {}, times
        kind, number = loop
        if kind == "standard":
            return {"loop": {"while": f"= loopCounter <= {number}", "maxIterations": 5}}, times * number
        items = list(range(number))
        made = {"collection": items, "elementVariable": "item", "sequential": kind == "sequential"}
        if kind == "some":
            made |= {"completionCondition": "= numberOfCompletedInstances >= 2", "outputElement": "{item}"}
            made["outputCollection"] = f"o{self._count}"
        return {"loop": made}, times * number
