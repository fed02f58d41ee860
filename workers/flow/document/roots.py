"""The messages, errors, signals and escalations of a flow, to which nodes refer by id."""

from dataclasses import dataclass, field

from workers.flow.document.definition import Error, Escalation, Message, Signal
from workers.flow.document.names import Names, property_names
from workers.flow.document.parts import Part


@dataclass(slots=True)
class Roots:
    """The messages, errors, signals and escalations of a definition, by id."""

    messages: dict[str, Part[Message]] = field(default_factory=dict)
    errors: dict[str, Part[Error]] = field(default_factory=dict)
    signals: dict[str, Part[Signal]] = field(default_factory=dict)
    escalations: dict[str, Part[Escalation]] = field(default_factory=dict)

    def message_name(self, message_ref: str) -> str | None:
        """The name of a message; None where there is no such message."""
        part = self.messages.get(message_ref)
        return (part.value.name or part.value.id) if part else None

    def data_names(self, message_ref: str) -> Names:
        """The names in the data of a message."""
        part = self.messages.get(message_ref)
        return property_names(part.value.data_schema if part else None)

    def signal_name(self, signal_ref: str) -> str | None:
        """The name of a signal; None where there is no such signal."""
        part = self.signals.get(signal_ref)
        return (part.value.name or part.value.id) if part else None

    def error_code(self, error_ref: str | None) -> str | None:
        """The code that an `errorRef` means; None where there is none, or no such error."""
        part = self.errors.get(error_ref) if error_ref is not None else None
        return part.value.error_code if part else None

    def escalation_code(self, escalation_ref: str | None) -> str | None:
        """The code that an `escalationRef` means; None where there is none, or no such escalation."""
        part = self.escalations.get(escalation_ref) if escalation_ref is not None else None
        return part.value.escalation_code if part else None
