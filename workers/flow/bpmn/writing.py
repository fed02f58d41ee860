"""One element of an export on its way: what has a standard place goes there, the rest stays JSON of ours."""

from dataclasses import dataclass

from workers.flow.bpmn.references import References
from workers.flow.bpmn.source import Json
from workers.flow.bpmn.xml import Element

Elements = list[Element]
"""What is written into an element, in its order."""


@dataclass(frozen=True, slots=True)
class Writing:
    """An element, and in `rest` the properties that it does not have yet; `parent` is the scope around it."""

    references: References
    element: Element
    rest: Json
    parent: Json

    def reference(self, name: str, kind: str) -> None:
        """Move a reference to an attribute of its name; `kind` is the list that it leads into."""
        self.references.put(self.element, self.rest, name, kind)

    def flag(self, name: str, *, value: bool) -> None:
        """Write a boolean that is not the default; one that is stays among our properties."""
        if self.rest.get(name) is value:
            self.element.attributes[name] = "true" if value else "false"
            del self.rest[name]
