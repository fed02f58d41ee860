"""What the importer is told about a file of another engine: kept in the file, and so told only once.

They are attributes of `definitions`, in a namespace of their own: a draft that is read again when it is
published is read as it was at first, and who takes the file out sees how it was read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from workers.flow.bpmn.vocabulary import IMPORT
from workers.flow.bpmn.xml import BpmnError, Element
from workers.flow.problem import quoted

CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "serviceTasks": ("refuse", "external"),
    "scripts": ("refuse", "external"),
    "listeners": ("refuse", "warn"),
}
"""What can be said by each option; the first holds where nothing is said."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a file is read where its engine would run code that is not in it."""

    external_tasks: bool = False
    """Tasks that run a class, a bean, or nothing that is named, are external tasks."""
    external_scripts: bool = False
    """Script tasks in languages that are not run here are external tasks."""
    skip_listeners: bool = False
    """Listeners are left out, with a warning."""


def options_of(root: Element) -> Options:
    """What a file says of how it is to be read; raises `BpmnError` for a choice that there is not."""
    told = {name: _told(root, name) for name in CHOICES}
    return Options(
        external_tasks=told["serviceTasks"] == "external",
        external_scripts=told["scripts"] == "external",
        skip_listeners=told["listeners"] == "warn",
    )


def keep_options(root: Element, options: Mapping[str, str]) -> None:
    """Write into a file how it is to be read; what it says itself is replaced."""
    prefix = next((key[6:] for key, value in root.attributes.items() if _declares(key, value)), None)
    if options and prefix is None:
        prefix = "import"
        while f"xmlns:{prefix}" in root.attributes:
            prefix += "-"
        root.attributes[f"xmlns:{prefix}"] = IMPORT
    root.attributes.update({f"{prefix}:{name}": choice for name, choice in options.items()})


def _declares(key: str, value: str) -> bool:
    return key.startswith("xmlns:") and value == IMPORT


def _told(root: Element, name: str) -> str:
    choices = CHOICES[name]
    told = dict(root.named_attributes()).get((IMPORT, name), choices[0])
    if told not in choices:
        raise BpmnError(f"`{name}` must be one of {', '.join(choices)}, not {quoted(told)}.", root.line)
    return told
