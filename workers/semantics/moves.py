"""The instance as one event changes it: tokens, scopes and variables as they are so far, and the `Changes`.

Everything that a plan does goes through here, so that a later part of the same plan sees what an earlier part
did. Nothing is read but the situation.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import fields, replace
from datetime import datetime
from typing import assert_never

from models.states import TokenState
from workers.flow.graph import ExternalCall, Graph, Level
from workers.flow.json_value import JsonValue
from workers.semantics.changes import Changes, EndedTask, HistoryStep, caller_told
from workers.semantics.incident import stand_still
from workers.semantics.memory import NOTHING, Memory
from workers.semantics.situation import (
    BODY,
    DONE,
    SUB_PROCESS,
    Alone,
    Body,
    Scope,
    Situation,
    Token,
    Whole,
    by_age,
)
from workers.semantics.stuck import Stuck, WholeInstanceNeeded

DEFAULT_QUEUE = "default"

#: Variables by scope.
Variables = Mapping[str, Mapping[str, JsonValue]]


class Moves:
    """For one event; a second event needs moves of its own."""

    def __init__(self, graph: Graph, situation: Situation) -> None:
        self.graph = graph
        self.situation = situation
        self.now: datetime = situation.now
        self.changes = Changes(situation.instance.id, situation.now)
        self.tokens: dict[str, Token] = dict(situation.tokens)
        self.scopes: dict[str, Scope] = dict(situation.scopes)
        self.variables = {scope: dict(values) for scope, values in situation.variables.items()}
        self.written: set[str] = set()  # names of variables
        self.armed: set[tuple[str, str]] = set()  # (holder, conditional event) that were reached

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Undoes the changes of the block when it raises."""
        state = ("tokens", "scopes", "written", "armed")
        before = {name: copy(getattr(self, name)) for name in state}
        variables = {scope: dict(values) for scope, values in self.variables.items()}
        changes = replace(
            self.changes, **{f.name: copy(getattr(self.changes, f.name)) for f in fields(Changes)}
        )
        try:
            yield
        except BaseException:
            self.changes, self.variables = changes, variables
            for name, value in before.items():
                setattr(self, name, value)
            raise

    def sees(self, scope_id: str) -> bool:
        """Whether everything that is inside a scope is here."""
        match self.situation.seen:
            case Whole():
                return True
            case Alone():
                return False
            case Body():
                while scope_id != self.situation.seen.scope_id:
                    if scope_id not in self.scopes:
                        return False
                    scope_id = self.scopes[scope_id].parent_id
                return True
            case never:
                assert_never(never)

    def need(self, scope_id: str) -> None:
        if not self.sees(scope_id):
            raise WholeInstanceNeeded

    # -- tokens

    def put(self, token: Token) -> Token:
        """Sets the token. Its epoch is the one that was read plus one, however often it is set."""
        known = self.situation.tokens.get(token.id)
        token = replace(token, epoch=0 if known is None else known.epoch + 1)
        (self.changes.spawned if known is None else self.changes.moved)[token.id] = token
        self.tokens[token.id] = token
        return token

    def drop(self, token: Token) -> None:
        """Removes the token, where the other tokens of its scope are seen: it may have been the last one."""
        self.need(token.scope_id)
        del self.tokens[token.id]
        known = self.situation.tokens.get(token.id)
        if known is None:
            del self.changes.spawned[token.id]
        else:
            self.changes.moved.pop(token.id, None)
            self.changes.dropped[token.id] = known.epoch

    def at(self, token: Token, node_id: str, flow_id: str | None, memory: Memory = NOTHING) -> Token:
        """The token as it is at the beginning of a new visit, ready; `put` makes it so."""
        return replace(
            token,
            node_id=node_id,
            flow_id=flow_id,
            queue=self.graph.nodes[node_id].queue or DEFAULT_QUEUE,
            state=TokenState.READY,
            activation=token.activation + 1,
            attempts=0,
            losses=0,
            sends=1,
            entered_at=self.now,
            available_at=self.now,
            sent_at=self.now,
            lease_at=None,
            memory=memory,
        )

    def spawn(
        self, node_id: str, scope_id: str, flow_id: str | None = None, memory: Memory = NOTHING
    ) -> Token:
        """A new token, ready at a node."""
        instance = self.situation.instance
        blank = Token(
            id=self.situation.new_id("tok_"),
            instance_id=instance.id,
            version_id=instance.version_id,
            scope_id=scope_id,
            node_id=node_id,
            flow_id=None,
            queue="",
            state=TokenState.READY,
            epoch=0,
            activation=-1,
            attempts=0,
            losses=0,
            sends=0,
            entered_at=self.now,
            available_at=self.now,
            sent_at=None,
            lease_at=None,
            memory=NOTHING,
        )
        return self.put(self.at(blank, node_id, flow_id, memory))

    def park(self, token: Token, memory: Memory = NOTHING) -> None:
        self.put(replace(token, state=TokenState.WAITING, sent_at=None, lease_at=None, memory=memory))

    def stop(self, token: Token, stuck: Stuck, memory: Memory, attempts: int) -> None:
        """The token stands still with an incident; `memory` is kept until it goes on."""
        stopped, incident = stand_still(self.situation, token, stuck, memory, attempts)
        self.put(stopped)
        self.changes.incidents.append(incident)

    def end(self, token: Token, outcome: str, by: str | None = None) -> None:
        """Removes the token, with everything inside its activity and everything that it waits for."""
        self.end_inside(token, outcome, by)
        self.release(token.id, "CANCELLED", by)
        self.record(token, outcome)
        self.drop(token)

    def end_inside(self, host: Token, outcome: str, by: str | None = None) -> None:
        """Everything that runs inside the activity of a token ends, called instances too."""
        called = host.memory.called
        if called is not None:
            calls = [call for call in self.changes.calls if call.instance_id != called]
            if len(calls) == len(self.changes.calls):
                self.changes.cancelled_calls.append(called)
            self.changes.calls = calls
        for scope in self.hosted_by(host):
            self.end_scope(scope, outcome, by)

    def end_scope(self, scope: Scope, outcome: str, by: str | None = None) -> None:
        for token in self.tokens_in(scope.id):
            self.end(token, outcome, by)
        self.close(scope)

    def release(self, holder_id: str, task_state: str | None = None, by: str | None = None) -> None:
        """The holder waits no more: its subscriptions, timers and job go, and its task ends in `task_state`.

        That needs the instance's lock: without it, a timer that was armed a moment ago would not be seen.
        """
        if isinstance(self.situation.seen, Alone):
            raise WholeInstanceNeeded
        changes = self.changes
        changes.subscriptions = [item for item in changes.subscriptions if item.holder_id != holder_id]
        changes.timers = [item for item in changes.timers if item.holder_id != holder_id]
        # Rows that were opened within the same event are never written.
        changes.tasks = [task for task in changes.tasks if task.token_id != holder_id]
        changes.jobs = [job for job in changes.jobs if job.token_id != holder_id]
        changes.incidents = [each for each in changes.incidents if each.token_id != holder_id]
        known = self.situation.tokens.get(holder_id)
        if known is not None or holder_id not in self.changes.opened:
            changes.released.append(holder_id)
        if known is not None and known.state == TokenState.INCIDENT:
            changes.resolved.append(holder_id)
        if known is not None and isinstance(self.graph.nodes[known.node_id].details, ExternalCall):
            changes.ended_jobs.append(holder_id)
        if task_state is not None:
            changes.ended_tasks.append(EndedTask(holder_id, task_state, by))

    def record(
        self,
        token: Token,
        outcome: str,
        read: JsonValue = None,
        wrote: Mapping[str, JsonValue] | None = None,
        attempts: int | None = None,
    ) -> None:
        """Writes the visit that ends into the history."""
        node = self.graph.nodes[token.node_id]
        self.changes.steps.append(
            HistoryStep(
                seq=len(self.changes.steps) + 1,
                node_id=token.node_id,
                node_type=node.type,
                attempts=token.attempts if attempts is None else attempts,
                entered_at=token.entered_at,
                left_at=self.now,
                outcome=outcome,
                input=read,
                output=dict(wrote) if wrote else None,
                scope_id=token.scope_id,
                loop=None if node.loop is None else "body" if self.is_body(token) else "whole",
                loop_counter=self._loop_counter(token.scope_id),
            )
        )

    def _loop_counter(self, scope_id: str) -> int | None:
        """The place, from 1, of the innermost body of a loop that a scope is, or is inside of."""
        while (scope := self.scopes.get(scope_id)) is not None:
            if scope.kind == BODY:
                return scope.number + 1
            scope_id = scope.parent_id
        return None

    def tell_caller(self, data: dict[str, JsonValue]) -> None:
        """A called instance hands something to its caller: it is due there at once."""
        self.changes.timers += caller_told(self.situation, data)

    # -- scopes

    @property
    def root(self) -> str:
        """The outermost scope: the instance itself."""
        return self.situation.instance.id

    def tokens_in(self, scope_id: str) -> list[Token]:
        """The tokens that stand directly in a scope, the oldest first."""
        self.need(scope_id)
        return by_age(token for token in self.tokens.values() if token.scope_id == scope_id)

    def hosted_by(self, host: Token) -> list[Scope]:
        """The scopes that are open inside the activity of a token, the bodies of a loop in their order."""
        if isinstance(self.situation.seen, Body):
            self.need(host.scope_id)
        open_ = [each for each in self.scopes.values() if each.host_id == host.id and each.kind != DONE]
        return sorted(open_, key=lambda scope: scope.number)

    def over_in(self, host: Token) -> list[Scope]:
        """The scopes inside the activity of a token in which no token is left."""
        busy = {token.scope_id for token in self.tokens.values()}
        return [scope for scope in self.hosted_by(host) if scope.id not in busy]

    def is_body(self, token: Token) -> bool:
        """Whether the token is one body of a loop, and not the activity that loops."""
        scope = self.scopes.get(token.scope_id)
        return scope is not None and scope.kind == BODY and scope.node_id == token.node_id

    def level_of(self, scope_id: str) -> Level | None:
        """The nodes that can stand in a scope; None where only one activity can, as in a body."""
        if scope_id == self.root:
            return self.graph.top
        scope = self.scopes[scope_id]
        return self.graph.levels[scope.node_id] if scope.kind == SUB_PROCESS else None

    def open(
        self,
        kind: str,
        node_id: str,
        *,
        parent_id: str,
        host: Token,
        number: int = 0,
        variables: Mapping[str, JsonValue] | None = None,
    ) -> Scope:
        """A new scope with local variables of its own."""
        scope = Scope(
            id=self.situation.new_id("scope_"),
            instance_id=self.situation.instance.id,
            parent_id=parent_id,
            node_id=node_id,
            host_id=host.id,
            kind=kind,
            number=number,
        )
        self.changes.opened[scope.id] = scope
        self.scopes[scope.id] = scope
        self.variables[scope.id] = dict(variables or {})
        for name, value in self.variables[scope.id].items():
            self.changes.variables[(scope.id, name)] = value
        return scope

    def close(self, scope: Scope) -> None:
        """Removes the scope, with its variables and the records of its completed activities."""
        for inner in [each for each in self.scopes.values() if each.parent_id == scope.id]:
            self.close(inner)
        self.scopes.pop(scope.id, None)
        self.variables.pop(scope.id, None)
        for key in [key for key in self.changes.variables if key[0] == scope.id]:
            del self.changes.variables[key]
        self.changes.forgotten = {key for key in self.changes.forgotten if key[0] != scope.id}
        self.release(scope.id)
        self.changes.done.pop(scope.id, None)
        if self.changes.opened.pop(scope.id, None) is None:
            self.changes.closed.append(scope.id)

    def keep_done(self, scope: Scope) -> None:
        """A scope that ended stays, as the record of an activity that can be compensated."""
        done = replace(scope, kind=DONE, host_id=None, number=self._next_number(scope.parent_id))
        self.release(scope.id)
        self.scopes[scope.id] = done
        (self.changes.opened if scope.id in self.changes.opened else self.changes.done)[scope.id] = done

    def record_done(self, token: Token) -> None:
        """A record of an activity that was completed and can be compensated."""
        scope = self.open(SUB_PROCESS, token.node_id, parent_id=token.scope_id, host=token)
        self.keep_done(scope)

    def done_in(self, scope_id: str) -> list[Scope]:
        """The records of the activities of a scope that can be compensated, the last first."""
        self.need(scope_id)
        done = [each for each in self.scopes.values() if each.parent_id == scope_id and each.kind == DONE]
        return sorted(done, key=lambda scope: -scope.number)

    def _next_number(self, scope_id: str) -> int:
        return max((scope.number for scope in self.done_in(scope_id)), default=0) + 1

    # -- variables

    def seen_from(self, scope_id: str, variables: Variables | None = None) -> dict[str, JsonValue]:
        """The variables that can be seen from a scope, inner ones over outer ones, and the system's own.

        They are as they stand now, or as in the `variables` of another moment.
        """
        variables = self.variables if variables is None else variables
        instance = self.situation.instance
        chain = []
        while scope_id != instance.id:
            chain.append(scope_id)
            scope_id = self.scopes[scope_id].parent_id
        seen = dict(variables.get(instance.id, {}))
        for inner in reversed(chain):
            seen.update(variables.get(inner, {}))
        seen["processInstanceId"] = instance.id
        if instance.correlation_key is not None:
            seen["correlationKey"] = instance.correlation_key
        return seen

    def write(self, scope_id: str, name: str, value: JsonValue) -> None:
        """Sets a variable in the nearest scope that has a local of that name, else in the instance."""
        while scope_id != self.root and name not in self.variables.get(scope_id, {}):
            scope_id = self.scopes[scope_id].parent_id
        self.write_local(scope_id, name, value)

    def write_local(self, scope_id: str, name: str, value: JsonValue) -> None:
        """Sets a variable of this very scope."""
        values = self.variables.setdefault(scope_id, {})
        self.written.add(name)
        values[name] = value
        self._set(scope_id, name, value)

    def set_local(self, scope_id: str, values: Mapping[str, JsonValue]) -> None:
        """Sets variables of this very scope, without a look at the conditional events that read them."""
        self.variables.setdefault(scope_id, {}).update(values)
        for name, value in values.items():
            self._set(scope_id, name, value)

    def forget(self, scope_id: str, names: Iterable[str]) -> None:
        """Removes local variables, whether this event set them or an earlier one."""
        for name in names:
            del self.variables[scope_id][name]
            self.changes.variables.pop((scope_id, name), None)
            if name in self.situation.variables.get(scope_id, {}):
                self.changes.forgotten.add((scope_id, name))

    def _set(self, scope_id: str, name: str, value: JsonValue) -> None:
        self.changes.variables[(scope_id, name)] = value
        self.changes.forgotten.discard((scope_id, name))
