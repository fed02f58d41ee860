"""Extensions of vendors that nobody here reads: what executes is refused, what is unknown is told once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

from workers.flow.bpmn.source import Reading, titled
from workers.flow.bpmn.vendors import VENDORS
from workers.flow.bpmn.verdict import Verdict, each_name
from workers.flow.bpmn.vocabulary import CAMUNDA, MODEL, OURS, ZEEBE
from workers.flow.bpmn.xml import Element
from workers.flow.problem import Place, listed, quoted

_UNKNOWN = Verdict("warned")


@dataclass(slots=True)
class _Told:
    """What stands in one namespace without being known one by one."""

    place: Place
    verdict: Verdict
    names: dict[str, None] = field(default_factory=dict)
    nodes: dict[str, None] = field(default_factory=dict)


class Foreigners:
    """The extensions of one process."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self._told: dict[str | None, _Told] = {}

    def look(self, element: Element, place: Callable[[], Place]) -> None:
        """Look at the attributes and the extension elements of an element."""
        for key, value in element.attributes.items():
            prefix, colon, local = key.rpartition(":")
            if colon and prefix != "xmlns":
                self._look(element, place, element.uri(prefix), local, f"`{key}`", value)
        for extensions in element.children(MODEL, "extensionElements"):
            for part in extensions.children():
                if any(each.attributes or each.text.strip() for each in part.walk()):  # an empty one is none
                    value = part.text.strip()
                    self._look(element, place, part.namespace, part.local, f"`<{part.tag}>`", value)

    def _look(
        self,
        element: Element,
        place: Callable[[], Place],
        namespace: str | None,
        local: str,
        shown: str,
        value: str,
    ) -> None:
        if namespace in {MODEL, OURS, ZEEBE, *CAMUNDA}:
            return
        verdicts = _verdicts(namespace)
        verdict = verdicts.get(local)
        if verdict is None:
            verdict = verdicts.get("*", _UNKNOWN)
            if verdict.word != "shown":
                told = self._told.setdefault(namespace, _Told(place(), verdict))
                told.names[shown] = None
                told.nodes[_whose(place(), element)] = None
        elif verdict.holds(value):
            message = f"{shown} on the {titled(element)} would not run here as it is meant: {verdict.why}."
            place().error("NOT_SUPPORTED", message)

    def report(self) -> None:
        """Tell what is not known one by one: once for each namespace."""
        for namespace, told in self._told.items():
            names, nodes = listed(told.names), listed(told.nodes)
            whose = quoted(namespace) if namespace else "no namespace"
            if told.verdict.word == "refused":
                message = f"{names} of {whose} ({nodes}) would not run here as meant: {told.verdict.why}."
                told.place.error("NOT_SUPPORTED", message)
            else:
                message = f"{names} of {whose} does nothing here and is kept in the file: {nodes}."
                told.place.warn("UNKNOWN_EXTENSION", message)


def _whose(place: Place, element: Element) -> str:
    """Whose extension it is, as a list shows it."""
    return quoted(place.node_id or element.local)


@cache
def _verdicts(namespace: str | None) -> dict[str, Verdict]:
    return dict(each_name(VENDORS.get(namespace or "", {})))
