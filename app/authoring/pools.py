"""Messages between the pools of one file: which flow owns a name, and which would miss a message."""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, Text, cast, or_, select
from sqlmodel import Session, col

from app.authoring.candidate import Candidate
from models.flow import ENVIRONMENTS, Flow, FlowEnvironment, FlowVersion
from workers.flow.bpmn.pool_message import is_of_pool, is_pool_message
from workers.flow.problem import Problem, quoted

_CATCHING = frozenset({"startEvent", "intermediateCatchEvent", "boundaryEvent", "receiveTask"})


@dataclass(frozen=True, slots=True)
class Use:
    """A node that catches or throws a message."""

    node_id: str
    name: str
    catches: bool


@dataclass(frozen=True, slots=True)
class _Other:
    """Another flow, and what its active version does with messages."""

    flow: Flow
    uses: list[Use]

    def catches(self, name: str) -> bool:
        return any(each.catches for each in self.uses if each.name == name)


def uses_of(definition: Mapping[str, Any]) -> list[Use]:
    """The nodes of a definition that catch or throw messages."""
    names = {each["id"]: each.get("name") or each["id"] for each in definition.get("messages", ())}
    found = []
    for node in nodes_of(definition):
        event = node.get("event") or {}
        reference = node.get("messageRef") or event.get("messageRef")
        if reference in names:
            found.append(Use(node["id"], names[reference], node["type"] in _CATCHING))
    return found


def check(
    session: Session, candidate: Candidate, together: Collection[Candidate], environments: Collection[str]
) -> list[Problem]:
    """`MESSAGE_NAME_TAKEN` where a message between pools is another flow's, and `MESSAGE_RENAMED`."""
    uses = uses_of(candidate.version.definition)
    renamed = list(_renamed(session, candidate.flow, uses, environments))
    names = {use.name for use in uses if is_pool_message(use.name)} | {old for _, old in renamed}
    if not names:
        return []
    others = _others(session, candidate, together, environments, names)
    found = {}
    for use in uses:
        owners = [each for each in others if _is_taken(candidate.flow, use, each)]
        if owners:
            owner = min(owners, key=lambda each: not each.catches(use.name)).flow
            message = (
                f"The message {quoted(use.name, 255)} of pools belongs to the flow {quoted(owner.name)}"
                f" ({owner.id}): name the message, publish this as the next version of that flow, or take"
                " that flow's version out first."
            )
            found[use.name] = Problem(use.node_id, "MESSAGE_NAME_TAKEN", message, "error", "")
    return [*found.values(), *(_renaming(use, old, others) for use, old in renamed)]


def _is_taken(flow: Flow, use: Use, other: _Other) -> bool:
    """Whether the message would reach, or come from, a flow that is not meant."""
    they_use, they_catch = any(each.name == use.name for each in other.uses), other.catches(use.name)
    if not is_of_pool(use.name, flow.bpmn_id):
        return use.catches and they_use and is_of_pool(use.name, other.flow.bpmn_id)
    if not is_of_pool(use.name, other.flow.bpmn_id):
        return they_catch
    return use.catches and they_catch and flow.bpmn_id == other.flow.bpmn_id


def _renamed(
    session: Session, flow: Flow, uses: list[Use], environments: Collection[str]
) -> Iterator[tuple[Use, str]]:
    """Nodes whose message has another name in an active version, and that name; each change once."""
    now = {use.node_id: use for use in uses}
    told = set()
    for _, definition in session.execute(_active(environments).where(col(Flow.id) == flow.id)):
        for old in uses_of(definition):
            use = now.get(old.node_id)
            if use is None or use.name == old.name or (use.name, old.name) in told:
                continue
            if is_pool_message(use.name) or is_pool_message(old.name):
                told.add((use.name, old.name))
                yield use, old.name


def _renaming(use: Use, old: str, others: list[_Other]) -> Problem:
    flows = [
        f"{quoted(each.flow.name)} ({each.flow.id})"
        for each in others
        if any(theirs.name == old for theirs in each.uses)
    ]
    still = f"these flows still use the old name: {', '.join(flows)}" if flows else "no other flow uses it"
    message = (
        f"The message of {quoted(use.node_id)} is now named {quoted(use.name, 255)}, and in the active one"
        f" {quoted(old, 255)}; {still}. Instances that run keep the old name."
    )
    return Problem(use.node_id, "MESSAGE_RENAMED", message, "warning", "")


def _others(
    session: Session,
    candidate: Candidate,
    together: Collection[Candidate],
    environments: Collection[str],
    names: Collection[str],
) -> list[_Other]:
    """The other flows whose active versions use one of the names; not those that get a new version now."""
    text = cast(FlowVersion.definition, Text)
    # As JSON writes the name, between its quotes.
    mention = or_(*(text.contains(json.dumps(name)[1:-1], autoescape=True) for name in sorted(names)))
    mine = _active(environments).where(
        col(Flow.organization_id) == candidate.flow.organization_id,
        col(Flow.id).not_in([each.flow.id for each in together]),
        mention,
    )
    found: dict[str, _Other] = {}
    for flow, definition in session.execute(mine.order_by(col(Flow.created_at), col(Flow.id))):
        uses = [use for use in uses_of(definition) if use.name in names]
        if uses:
            found.setdefault(flow.id, _Other(flow, [])).uses.extend(uses)
    return list(found.values())


def _active(environments: Collection[str]) -> Select[Flow, Any]:
    """Each flow with the definition of a version that is active in one of the environments."""
    return (
        select(Flow, FlowVersion.definition)
        .join(FlowEnvironment, col(FlowEnvironment.flow_id) == Flow.id)
        .join(FlowVersion, col(FlowVersion.id) == FlowEnvironment.version_id)
        .where(col(FlowEnvironment.environment).in_(list(environments) or list(ENVIRONMENTS)))
    )


def nodes_of(scope: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The nodes of a definition, those in sub-processes too."""
    for node in scope.get("nodes", ()):
        yield node
        yield from nodes_of(node)
