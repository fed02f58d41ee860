"""The ids of an export: an id of XML is a name of its own in the whole file, ours need not be."""

import re
from collections.abc import Iterator

from workers.flow.bpmn.source import Json
from workers.flow.bpmn.xml import Element

_NAME = re.compile(r"[^\W\d][\w.-]*")
_LISTS = ("nodes", "sequenceFlows", "associations", "messages", "errors", "signals", "escalations")


class References:
    """The XML id of each element. An id that XML cannot have gets another, beside which ours is kept."""

    def __init__(self, definition: Json, process_id: str) -> None:
        found = list(dict.fromkeys(_ids(definition)))
        self._taken: set[str] = set()
        self._last: dict[str, int] = {}
        self._xml: dict[tuple[str, str], str] = {}
        # Who has a name that will do keeps it, whoever comes first; the others must not take it from them.
        names = [("processes", process_id), *found]
        for key in names:
            if _NAME.fullmatch(key[1]) and key[1] not in self._taken:
                self._taken.add(key[1])
                self._xml[key] = key[1]
        for key in names:
            if key not in self._xml:
                self._xml[key] = self.spare(key[1])
        self.process = self._xml["processes", process_id]

    def spare(self, wish: str) -> str:
        """An id that is not taken, like the one that is wished for."""
        base = re.sub(r"[^\w.-]", "_", wish) or "_"
        base = base if _NAME.match(base) else f"_{base}"
        found, number = base, self._last.get(base, 1)
        while found in self._taken:
            number += 1
            found = f"{base}_{number}"
        self._last[base] = number
        self._taken.add(found)
        return found

    def own(self, kind: str, rest: Json) -> str:
        """The XML id of an object, whose `id` is taken out of `rest` if that is the same."""
        xml_id = self.of(kind, rest.get("id"))
        if rest.get("id") == xml_id:
            del rest["id"]
        return xml_id

    def of(self, kind: str, id_: object) -> str:
        return self._xml.get((kind, id_), id_) if isinstance(id_, str) else ""

    def put(self, element: Element, rest: Json, name: str, kind: str) -> None:
        """Move a reference from `rest` to an attribute, if it leads anywhere."""
        value = rest.get(name)
        if isinstance(value, str) and (kind, value) in self._xml:
            element.attributes[name] = self._xml[kind, value]
            del rest[name]

    def is_free(self, id_: str) -> bool:
        """Whether a name of XML means nothing in the file, or its process."""
        return bool(_NAME.fullmatch(id_)) and (id_ not in self._taken or id_ == self.process)


def _ids(scope: Json) -> Iterator[tuple[str, str]]:
    for kind in _LISTS:
        entries = scope.get(kind)
        for entry in entries if isinstance(entries, list) else []:
            if isinstance(entry, dict) and isinstance(entry.get("id"), str):
                yield kind, entry["id"]
            if kind == "nodes" and isinstance(entry, dict):
                yield from _ids(entry)
