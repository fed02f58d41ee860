"""The extensions of an element: each reader takes what it maps, and what nobody took is refused by name."""

from collections.abc import Iterator

from workers.flow.bpmn.source import Json, Reading
from workers.flow.bpmn.vocabulary import (
    ADVISED,
    CAMUNDA,
    DEFAULTS,
    FORMS,
    LISTENERS,
    MODEL,
    NO_EFFECT,
    OURS,
    WAYS_OUT,
    ZEEBE,
)
from workers.flow.bpmn.xml import Element
from workers.flow.problem import Place, quoted, suggestion


class Extensions:
    """What vendors, and we, say of an element beyond BPMN."""

    def __init__(self, reading: Reading, element: Element) -> None:
        self.reading = reading
        self.element = element
        self.place: Place = reading.at(element)
        self._elements = [
            part
            for extensions in element.children(MODEL, "extensionElements")
            for part in extensions.children()
        ]
        self._attributes = {
            name: value for name, value in element.named_attributes() if name[0] in {*CAMUNDA, ZEEBE, OURS}
        }
        own = reading.source.own(element)
        if own.error:
            self.place.error("INVALID_EXTENSION", f"`properties` cannot be read: {own.error}.")
        self.own: Json = {name: value for name, value in own.properties.items() if name != "id"}

    def zeebe(self, local: str) -> Element | None:
        """Take the element of Zeebe with this name."""
        return next(self._take(frozenset({ZEEBE}), local), None)

    def camunda(self, local: str) -> Element | None:
        """Take the element of Camunda 7 with this name."""
        return next(self._take(CAMUNDA, local), None)

    def camunda_all(self, local: str) -> list[Element]:
        return list(self._take(CAMUNDA, local))

    def attribute(self, local: str, value: str | None = None) -> str | None:
        """Take the attribute of Camunda 7 with this name, and with this value if one is given."""
        for name, found in self._attributes.items():
            if name[0] in CAMUNDA and name[1] == local and value in {None, found}:
                return self._attributes.pop(name)
        return None

    def reference(self, name: str) -> Json:
        """What an attribute of BPMN refers to, as a property of its name; nothing if it says nothing."""
        value = self.element.get(name)
        return {name: self.reading.source.refer(self.element, value)} if value and value.strip() else {}

    def flag(self, name: str, *, default: bool) -> Json:
        """Give a boolean attribute of BPMN as a property, where it says something else than the default."""
        value = self.reading.flag(self.element, name, default=default)
        return {} if value is default else {name: value}

    def report_rest(self) -> None:
        """Refuse or advise about what was not taken."""
        for part in self._elements:
            if part.namespace == OURS:
                if part.local != "properties":
                    hint = suggestion(part.local, ["properties"])
                    self.place.error("UNKNOWN_ELEMENT", f"{quoted(part.tag)} is no extension of ours; {hint}")
            elif part.namespace in {*CAMUNDA, ZEEBE}:
                self._report(part.local, f"`<{part.tag}>`", part.text)
        for key in [key for key in self.element.attributes if ":" in key] if self._attributes else ():
            prefix, _, local = key.rpartition(":")
            value = self.element.attributes[key]
            if value.strip() and (self.element.uri(prefix), local) in self._attributes:
                self._report(local, f"`{key}`", value)

    def _take(self, namespaces: frozenset[str], local: str) -> Iterator[Element]:
        found: list[Element] = []
        rest: list[Element] = []
        for part in self._elements:
            (found if part.namespace in namespaces and part.local == local else rest).append(part)
        self._elements = rest
        return iter(found)

    def _report(self, local: str, shown: str, value: str) -> None:
        if DEFAULTS.get(local) == value.strip():
            return
        if local in FORMS:
            message = f"{shown} is not used: what is entered is checked by a JSON Schema, `form`, alone."
            self.place.warn("FORM_NOT_IMPORTED", message)
        elif local in LISTENERS and self.reading.source.options.skip_listeners:
            self.place.warn("LISTENER_SKIPPED", f"{shown} on {self.element.local} is not called here.")
        elif local in ADVISED:
            self.place.warn("EXTENSION_IGNORED", f"{shown} is not used here.")
        elif local not in NO_EFFECT:
            instead = WAYS_OUT.get(local, "remove it, or draw what it does")
            message = f"{shown} on {self.element.local} would not run here as it is meant: {instead}."
            self.place.error("NOT_SUPPORTED", message)
