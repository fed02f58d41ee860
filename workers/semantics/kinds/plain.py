"""Nodes that only go on: a plain task, an event without a trigger, both ends of a link."""

from workers.flow.graph import LinkEvent, Plain
from workers.semantics.kinds.kind import Kind
from workers.semantics.step import Step


class PlainNode(Kind):
    of = (Plain, LinkEvent)

    def enter(self, step: Step) -> None:
        step.leave()
