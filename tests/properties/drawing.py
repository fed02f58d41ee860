"""A block as a flow, and how often a run without interruptions visits each of its nodes."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from tests.flows import Json, end, exclusive, flow, node, start, user
from tests.properties.blocks import Block
from tests.properties.sheet import Sheet

#: What call activities call: it throws an error where `way` is 1, and an escalation where it is 2.
CALLED: Json = flow(
    start(), user("ask"), exclusive("how", default="how->end"), end(),
    node("escalate", "intermediateThrowEvent", event={"type": "escalation", "escalationRef": "x"}),
    node("fail", "endEvent", event={"type": "error", "errorRef": "e"}),
    flows=["start->ask", "ask->how", "how->fail if = way = 1", "how->escalate if = way = 2", "how->end",
           "escalate->end"],
    errors=[{"id": "e", "errorCode": "E"}], escalations=[{"id": "x", "escalationCode": "X"}],
)  # fmt: skip


class Drawing(Sheet):
    """Draws a block.

    `alike` are pairs of nodes that are visited equally often, `one_of` groups of which one is visited
    `visits[first of the group]` times in all. With `listens`, a trigger and whether it interrupts, the
    process has an event sub-process of its own. `calls` says which call activities call `CALLED`.
    """

    def __init__(self, block: Block, listens: tuple[str, bool] | None = None) -> None:
        super().__init__()
        self.alike: list[tuple[str, str]] = []
        self.one_of: list[list[str]] = []
        self.calls: dict[str, str] = {}
        if listens is not None:
            self._event_process(self._event(listens[0]), listens[1], None)
        start, end = self._node("startEvent", 1), self._node("endEvent", 1)
        first, last = self._add(block, 1)
        self._flow(start, first)
        self._flow(last, end)
        level = self._levels.pop()
        names = [f"{kind}{number}" for kind in "ms" for number in range(self._count)]
        self.data: Json = {"go": True, **level.pop("counters")}
        self.definition: Json = {
            **flow(flows=[]),
            **level,
            "messages": [{"id": name} for name in names if name.startswith("m")],
            "signals": [{"id": name} for name in [*names, "shared"] if name.startswith("s")],
            "errors": [{"id": "error", "errorCode": "E"}],
            "escalations": [{"id": "escalation", "escalationCode": "X"}],
        }

    def _inside(
        self,
        block: Block,
        times: int,
        ends: Json | None = None,
        beside: Callable[[], None] = lambda: None,
    ) -> Json:
        """The level of a sub-process with a block in it, and perhaps an event sub-process beside that."""
        self._open()
        beside()
        first, last = self._add(block, times)
        start, end = self._node("startEvent", times), self._node("endEvent", times, **(ends or {}))
        self._flow(start, first)
        self._flow(last, end)
        return self._levels.pop()

    # -- blocks: each gives its first and last node

    def _add(self, block: Block, times: int) -> tuple[str, str]:
        if isinstance(block, str):
            node = self._leaf(block, times)
            return node, node
        kind, *parts = block
        if kind in ("parallel", "exclusive", "inclusive"):
            return self._branches(kind, parts[0], parts[1] if len(parts) > 1 else 0, times)
        method = getattr(self, "_sub_process" if kind == "sub" else f"_{kind.replace('-', '_')}")
        made: tuple[str, str] = method(*parts, times)
        return made

    def _leaf(self, kind: str, times: int | None) -> str:
        if kind in ("task", "user"):
            return self._node({"task": "task", "user": "userTask"}[kind], times)
        if kind == "script":
            return self._node("scriptTask", times, script=f'={{"v{self._count}": 1}}')
        if kind == "work":
            return self._work_(times)
        if kind == "receive":
            return self._node("receiveTask", times, messageRef=f"m{self._count}")
        if kind in ("throw-signal", "throw-escalation"):
            event = self._event("shared" if kind == "throw-signal" else "escalation")
            return self._node("intermediateThrowEvent", times, event=event)
        return self._node("intermediateCatchEvent", times, event=self._event(kind))

    def _sequence(self, parts: list[Block], times: int) -> tuple[str, str]:
        made = [self._add(part, times) for part in parts]
        for one, other in pairwise(made):
            self._flow(one[1], other[0])
        return made[0][0], made[-1][1]

    def _branches(self, kind: str, parts: list[Block], choice: int, times: int) -> tuple[str, str]:
        fork, join = self._node(f"{kind}Gateway", times), self._node(f"{kind}Gateway", times)
        chosen = {
            "parallel": set(range(len(parts))),
            "exclusive": {choice % len(parts)},
            "inclusive": {n for n in range(len(parts)) if choice >> n & 1} or {len(parts) - 1},
        }[kind]
        last_is_default = kind != "parallel" and (kind == "exclusive" or not choice & (1 << len(parts) - 1))
        for number, part in enumerate(parts):
            first, last = self._add(part, times if number in chosen else 0)
            if kind == "parallel":
                self._flow(fork, first)
            elif last_is_default and number == len(parts) - 1:
                self._default(fork, self._flow(fork, first))
            else:
                self._flow(fork, first, f"= {str(number in chosen).lower()}")
            self._flow(last, join)
        return fork, join

    def _repeat(self, inner: Block, number: int, times: int) -> tuple[str, str]:
        name = f"c{self._count}"
        self._levels[-1]["counters"][name] = 0
        reset = self._node("scriptTask", times, script=f'={{"{name}": 0}}')
        merge = self._node("exclusiveGateway", times * number)
        first, last = self._add(inner, times * number)
        count = self._node("scriptTask", times * number, script=f'={{"{name}": {name} + 1}}')
        again, out = self._node("exclusiveGateway", times * number), self._node("task", times)
        for source, target in ((reset, merge), (merge, first), (last, count), (count, again)):
            self._flow(source, target)
        self._flow(again, merge, f"= {name} < {number}")
        self._default(again, self._flow(again, out))
        return reset, out

    def _sub_(self, inner: Block, loop: tuple[str, int] | None, times: int, **ends: Any) -> str:
        looped, bodies = self._looped(loop, times)
        level = self._inside(inner, bodies, ends)
        return self._sub(times + bodies if looped else times, level, **looped)

    def _sub_process(self, inner: Block, loop: tuple[str, int] | None, times: int) -> tuple[str, str]:
        node = self._sub_(inner, loop, times)
        return node, node

    def _again(self, leaf: str, loop: tuple[str, int], times: int) -> tuple[str, str]:
        looped, bodies = self._looped(loop, times)
        type = {"task": "task", "user": "userTask"}[leaf]
        node = self._node(type, times + bodies, **looped)
        return node, node

    def _events(self, times: int) -> tuple[str, str]:
        gateway, merge = self._node("eventBasedGateway", times), self._node("exclusiveGateway", times)
        group = [self._leaf(kind, None) for kind in ("message", "timer", "signal", "receive")]
        for each in group:
            self._flow(gateway, each)
            self._flow(each, merge)
        self.one_of.append([gateway, *group])
        return gateway, merge

    def _boundary(self, trigger: str, interrupts: bool, inner: Block, times: int) -> tuple[str, str]:
        """A user task with a boundary event; behind one that does not interrupt there is a way of its own."""
        node = self._node("userTask", times)
        return self._attach(node, self._event(trigger), interrupts, inner, times, None)

    def _attach(
        self, node: str, event: Json, interrupts: bool, inner: Block, times: int, happens: int | None
    ) -> tuple[str, str]:
        boundary = self._node(
            "boundaryEvent", happens, attachedToRef=node, cancelActivity=interrupts, event=event
        )
        if interrupts:
            first, last = self._add(inner, times)
            out = self._node("exclusiveGateway", times)
            for source, target in ((boundary, first), (last, out), (node, out)):
                self._flow(source, target)
            return node, out
        aside, end = self._node("task", happens), self._node("endEvent", happens)
        self._flow(boundary, aside)
        self._flow(aside, end)
        self.alike += [(boundary, aside), (boundary, end)]
        return node, node

    def _guard(
        self, trigger: str, interrupts: bool, inner: Block, loop: tuple[str, int] | None, times: int
    ) -> tuple[str, str]:
        """A sub-process with a boundary event."""
        node = self._sub_(inner, loop, times)
        return self._attach(node, self._event(trigger), interrupts, "task", times, None)

    def _event_process(self, event: Json, interrupts: bool, happens: int | None) -> None:
        self._open()
        start = self._node("startEvent", happens, event=event, isInterrupting=interrupts)
        aside, end = self._leaf("user", happens), self._node("endEvent", happens)
        self._flow(start, aside)
        self._flow(aside, end)
        node = self._sub_event(happens)
        self.alike += [(start, aside), (start, end), (start, node)]

    def _sub_event(self, happens: int | None) -> str:
        return self._sub(happens, self._levels.pop(), triggeredByEvent=True)

    def _event_sub(self, trigger: str, interrupts: bool, inner: Block, times: int) -> tuple[str, str]:
        """A sub-process with an event sub-process."""
        return self._with_event_process(self._event(trigger), interrupts, inner, times, None)

    def _with_event_process(
        self, event: Json, interrupts: bool, inner: Block, times: int, happens: int | None
    ) -> tuple[str, str]:
        level = self._inside(inner, times, None, lambda: self._event_process(event, interrupts, happens))
        node = self._sub(times, level)
        return node, node

    def _escalate(self, place: str, interrupts: bool, inner: Block, times: int) -> tuple[str, str]:
        happens = None if interrupts else times
        thrown = ("sequence", [inner, "throw-escalation"])
        if place == "event-sub":
            return self._with_event_process(self._event("escalation"), interrupts, thrown, times, happens)
        node = self._sub(times, self._inside(thrown, times))
        return self._attach(node, self._event("escalation"), interrupts, "task", times, happens)

    def _error(self, place: str, inner: Block, loop: tuple[str, int] | None, times: int) -> tuple[str, str]:
        """A sub-process that ends by an error, which its boundary catches, or an event sub-process in it."""
        error = {"event": self._event("error")}
        if place == "boundary":
            node = self._sub_(inner, loop, times, **error)
            return self._attach(node, error["event"], True, "task", times, None)
        level = self._inside(inner, times, error, lambda: self._event_process(error["event"], True, None))
        looped, bodies = self._looped(loop, times)
        node = self._sub(times + bodies, level, **looped)
        return node, node

    def _work_(self, times: int | None) -> str:
        retry = {"maxAttempts": 2, "backoff": "PT1S"}
        return self._node("serviceTask", times, implementation="python", task="drawn", retry=retry)

    def _work(self, caught: bool, times: int) -> tuple[str, str]:
        """A call outside, which may fail, or throw an error that a boundary event catches."""
        node = self._work_(times)
        if not caught:
            return node, node
        node, out = self._attach(node, self._event("error"), True, "task", times, None)
        self._attach(node, self._event("timer"), False, "task", times, None)
        return node, out

    def _call(self, way: int, caught: bool, times: int) -> tuple[str, str]:
        """Another flow, which throws an error where `way` is 1 and an escalation where it is 2.

        Where it is 3 a condition may interrupt it, at once if it holds already.
        """
        node = self._node("callActivity", times, processId="called", input={"way": way})
        self.calls[node] = "called"
        if not caught:
            return node, node
        self._attach(node, self._event("escalation"), False, "task", times, None)
        return self._attach(
            node, self._event("condition" if way == 3 else "error"), True, "task", times, None
        )

    def _doubtful(self, kind: str, times: int) -> tuple[str, str]:
        """What writes an output that needs a variable, which may not be there."""
        output = {"found": "{sometimes}"}
        if kind == "sub":
            node = self._sub(times, self._inside("user", times), output=output)
        else:
            node = self._leaf(kind, times)
            next(each for each in self._levels[-1]["nodes"] if each["id"] == node)["output"] = output
        return node, node

    def _terminate(self, inner: Block, times: int) -> tuple[str, str]:
        """A sub-process in which one of two branches ends all."""
        self._open()
        fork, start = self._node("parallelGateway", times), self._node("startEvent", times)
        first, last = self._add(inner, times)
        other, end = self._leaf("user", times), self._node("endEvent", times)
        terminate = self._node("endEvent", times, event={"type": "terminate"})
        for source, target in (
            (start, fork), (fork, first), (fork, other), (other, end), (last, terminate)
        ):  # fmt: skip
            self._flow(source, target)
        node = self._sub(times, self._levels.pop())
        return node, node

    def _undone(self, loop: tuple[str, int] | None, times: int, handled: int) -> str:
        """A task that can be undone."""
        looped, bodies = self._looped(loop, times)
        node = self._node("task", times + bodies if looped else times, **looped)
        self._handle(node, handled * bodies // max(times, 1))
        return node

    def _handle(self, node: str, times: int) -> None:
        """A compensation handler, which waits for a person."""
        boundary = self._node("boundaryEvent", 0, attachedToRef=node, event={"type": "compensation"})
        handler = self._node("userTask", times, isForCompensation=True)
        association = {"id": f"a{self._count}", "sourceRef": boundary, "targetRef": handler}
        self._levels[-1]["associations"].append(association)

    def _undo(self, loop: tuple[str, int] | None, thrown: bool, times: int) -> tuple[str, str]:
        """A task with a compensation handler, and its compensation right behind it."""
        node = self._undone(loop, times, times if thrown else 0)
        if not thrown:
            return node, node
        event = {"type": "compensation", "activityRef": node}
        throw = self._node("intermediateThrowEvent", times, event=event)
        self._flow(node, throw)
        return node, throw

    def _undo_sub(self, inner: Block, times: int) -> tuple[str, str]:
        """A sub-process that is undone by an event sub-process in it."""
        event = {"type": "compensation"}
        level = self._inside(inner, times, None, lambda: self._event_process(event, True, times))
        node = self._sub(times, level)
        throw = self._node("intermediateThrowEvent", times, event={**event, "activityRef": node})
        self._flow(node, throw)
        return node, throw

    def _undo_all(self, inner: Block, times: int) -> tuple[str, str]:
        """A sub-process that undoes all that was done in it before it ends."""
        node = self._sub_(
            ("sequence", [("undo", None, False), inner]), None, times, event={"type": "compensation"}
        )
        return node, node

    def _cancel(self, inner: Block, times: int) -> tuple[str, str]:
        """A transaction that is cancelled in its end."""
        level = self._inside(
            ("sequence", [("undo", None, False), inner]), times, {"event": {"type": "cancel"}}
        )
        node = self._sub(times, level)
        next(each for each in self._levels[-1]["nodes"] if each["id"] == node)["type"] = "transaction"
        return self._attach(node, {"type": "cancel"}, True, "task", times, None)
