"""What a reader sees of instances, histories and tasks: status, filters, cursors, one consistent moment."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection
from sqlmodel import select

from app.api.instance_queries import variables_of
from models.permission import ORGANIZATION_PERMISSIONS
from models.tables import (
    HistoryStep,
    Incident,
    Job,
    Scope,
    Subscription,
    Timer,
    Token,
    Variable,
)
from tests.integration.api import Api, serving
from tests.integration.rows import NOON, Rows
from tests.stores import Stores


@pytest.fixture
def api(stores: Stores) -> Iterator[Api]:
    with serving(stores) as api:
        yield api


def items(api: Api, path: str, **request: Any) -> list[str]:
    answer = api.call("GET", path, **request)
    assert answer.status_code == 200, answer.text
    return [item.get("taskId") or item["processInstanceId"] for item in answer.json["items"]]


def test_an_instance_is_shown_whole(api: Api) -> None:
    with api.database.writing() as session:
        rows = Rows(api, session)
        instance = rows.instance("inst_a", correlation_key="order-1", caller_id="inst_0")
        rows.token(instance, "tok_1", "waiting", node_id="approve", input={"called": "inst_b"})
        rows.token(
            instance,
            "tok_2",
            "ready",
            node_id="charge",
            attempts=1,
            scope_id="scope_c",
            input={"came": {"ok": True}},
            entered_at=NOON + timedelta(minutes=2),
            available_at=NOON + timedelta(minutes=3, milliseconds=7),
        )
        session.add(Variable(scope_id="inst_a", name="amount", value=149.99))
        session.add(Variable(scope_id="inst_a", name="none", value=None))
        session.add(Variable(scope_id="scope_b", name="other", value=1))
        inside: dict[str, Any] = {"instance_id": "inst_a", "parent_id": "inst_a", "kind": "sub-process"}
        session.add(Scope(id="scope_c", node_id="sub", **inside))
        session.add(Scope(id="scope_d", node_id="empty", **inside))
        session.add(Variable(scope_id="scope_c", name="local", value=[1]))
        rows.task(instance, "task_1", name="Approve", form={"type": "object"}, candidate_groups=["leads"])
        rows.task(instance, "task_0", state="COMPLETED")
        waits: dict[str, Any] = {"instance_id": "inst_a", "holder_id": "tok_1", "node_id": "wait"}
        session.add(
            Subscription(
                **waits,
                organization_id=api.organization_id,
                environment="PRODUCTION",
                name="paid",
                correlation_key="",
                created_at=NOON,
            )
        )
        session.add(Timer(**waits, due_at=NOON + timedelta(days=1)))
        session.add(Timer(**waits, due_at=NOON, data={"variables": {}}))  # carries, and waits for nothing
        job: dict[str, Any] = {
            "organization_id": api.organization_id,
            "environment": "PRODUCTION",
            "instance_id": "inst_a",
            "token_id": "tok_1",
            "node_id": "ship",
            "topic": "ship-order",
            "available_at": NOON + timedelta(minutes=5),
        }
        session.add(Job(**job, id="job_1", created_at=NOON))
        later = NOON + timedelta(minutes=1)
        session.add(Job(**job, id="job_2", created_at=later, epoch=1, worker="w"))
        trouble: dict[str, Any] = {
            "instance_id": "inst_a",
            "token_id": "tok_1",
            "node_id": "wait",
            "code": "HTTP_STATUS",
            "message": "500",
            "attempts": 3,
            "created_at": NOON,
        }
        session.add(Incident(**trouble, id="inc_1"))
        session.add(Incident(**trouble, resolved_at=NOON))
    shown = api.call("GET", "/process/instances/inst_a").json
    tasks = shown.pop("tasks")
    assert shown == {
        "processInstanceId": "inst_a",
        "processId": "flow",
        "versionNumber": "1",
        "environment": "PRODUCTION",
        "status": "RUNNING",
        "correlationKey": "order-1",
        "callerInstanceId": "inst_0",
        "startTime": "2026-02-20T12:01:00.000Z",
        "endTime": None,
        "variables": {"amount": 149.99, "none": None},
        "scopes": [
            {"scopeId": "scope_c", "nodeId": "sub", "variables": {"local": [1]}},
            {"scopeId": "scope_d", "nodeId": "empty", "variables": {}},
        ],
        "tokens": [
            {
                "tokenId": "tok_1",
                "scopeId": "inst_a",
                "nodeId": "approve",
                "state": "waiting",
                "since": "2026-02-20T12:01:00.000Z",
                "attempts": 0,
                "nextAttemptAt": None,
                "calledInstanceId": "inst_b",
                "answer": None,
            },
            {
                "tokenId": "tok_2",
                "scopeId": "scope_c",
                "nodeId": "charge",
                "state": "ready",
                "since": "2026-02-20T12:02:00.000Z",
                "attempts": 1,
                "nextAttemptAt": "2026-02-20T12:03:00.007Z",
                "calledInstanceId": None,
                "answer": {"ok": True},
            },
        ],
        "jobs": [
            {
                "jobId": "job_1",
                "nodeId": "ship",
                "topic": "ship-order",
                "worker": None,
                "lockedUntil": None,
                "since": "2026-02-20T12:00:00.000Z",
            },
            {
                "jobId": "job_2.1",
                "nodeId": "ship",
                "topic": "ship-order",
                "worker": "w",
                "lockedUntil": "2026-02-20T12:05:00.000Z",
                "since": "2026-02-20T12:01:00.000Z",
            },
        ],
        "subscriptions": [
            {
                "nodeId": "wait",
                "kind": "message",
                "name": "paid",
                "correlationKey": None,
                "since": "2026-02-20T12:00:00.000Z",
            }
        ],
        "timers": [{"nodeId": "wait", "dueAt": "2026-02-21T12:00:00.000Z"}],
        "incidents": [
            {
                "incidentId": "inc_1",
                "tokenId": "tok_1",
                "nodeId": "wait",
                "code": "HTTP_STATUS",
                "message": "500",
                "at": "2026-02-20T12:00:00.000Z",
                "attempts": 3,
            }
        ],
    }
    assert [(task["taskId"], task["name"], task["candidateGroups"]) for task in tasks] == [
        ("task_1", "Approve", ["leads"])
    ]


@pytest.mark.parametrize(
    ("states", "status"),
    [
        (("waiting", "running", "incident"), "INCIDENT"),
        (("waiting", "ready"), "RUNNING"),
        (("waiting", "running"), "RUNNING"),
        (("waiting", "waiting"), "WAITING"),
    ],
    ids=str,
)
def test_the_status_follows_from_the_tokens(api: Api, states: tuple[str, ...], status: str) -> None:
    with api.database.writing() as session:
        Rows(api, session).instance("inst_a", *states)
    assert api.call("GET", "/process/instances/inst_a").json["status"] == status
    for asked in ("RUNNING", "WAITING", "INCIDENT", "COMPLETED", "CANCELLED"):
        found = items(api, f"/process/instances?status={asked}")
        assert found == (["inst_a"] if asked == status else [])


def test_an_instance_is_shown_as_it_was_at_one_moment(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    with api.database.writing() as session:
        Rows(api, session).instance("inst_a", "waiting")

    def meanwhile(connection: Connection, scope_id: str) -> dict[str, Any]:
        seen = variables_of(connection, scope_id)
        with api.database.writing() as session:
            for token in session.exec(select(Token)):
                session.delete(token)
            session.add(Variable(scope_id=scope_id, name="late", value=1))
        return seen

    monkeypatch.setattr("app.api.instances.variables_of", meanwhile)
    shown = api.call("GET", "/process/instances/inst_a").json
    assert (shown["status"], shown["variables"], len(shown["tokens"])) == ("WAITING", {}, 1)
    monkeypatch.undo()
    assert api.call("GET", "/process/instances/inst_a").json["variables"] == {"late": 1}


def test_instances_are_found_by_every_filter(api: Api) -> None:
    with api.database.writing() as session:
        rows = Rows(api, session)
        rows.instance("inst_1", "waiting", correlation_key="order-1")
        rows.instance("inst_2", environment="DEVELOPMENT", status="COMPLETED", ended_at=NOON)
        rows.instance("inst_3", flow="other", version_number=12)
        stuck = rows.instance("inst_4")
        rows.token(stuck, "tok_stuck", "incident", node_id="charge")
        session.add(
            Incident(
                instance_id="inst_4",
                token_id="tok_stuck",
                node_id="charge",
                code="HTTP_STATUS",
                message="500",
                attempts=3,
                created_at=NOON,
            )
        )
    expected = {
        "processId=other": ["inst_3"],
        "versionNumber=12": ["inst_3"],
        "versionNumber=x": [],
        "environment=DEVELOPMENT": ["inst_2"],
        "status=COMPLETED": ["inst_2"],
        "correlationKey=order-1": ["inst_1"],
        "nodeId=charge": ["inst_4"],
        "incidentCode=HTTP_STATUS": ["inst_4"],
        "incidentCode=OTHER": [],
        "startedFrom=2026-02-20T12:03:00Z": ["inst_4", "inst_3"],
        "startedTo=2026-02-20T13:03:00%2B01:00": ["inst_2", "inst_1"],
        "endedFrom=2026-02-20T12:00:00Z": ["inst_2"],
        "endedTo=2026-02-20T12:00:00Z": [],
        "status=WAITING&nodeId=work": ["inst_1"],
    }
    assert {query: items(api, f"/process/instances?{query}") for query in expected} == expected


def test_cursors_go_through_a_list_in_both_directions(api: Api) -> None:
    with api.database.writing() as session:
        rows = Rows(api, session)
        for number in range(7):
            # Two and two began at the same moment: only the id tells them apart.
            rows.instance(f"inst_{number}", started_at=NOON + timedelta(minutes=number // 2))
    whole = items(api, "/process/instances")
    assert whole == [f"inst_{number}" for number in reversed(range(7))]

    def pages(parameter: str, cursor: str | None) -> Iterator[tuple[list[str], str | None]]:
        while True:
            answer = api.call(
                "GET", f"/process/instances?limit=3{f'&{parameter}={cursor}' if cursor else ''}"
            ).json
            yield [item["processInstanceId"] for item in answer["items"]], answer["nextCursor"]
            cursor = answer["nextCursor"]
            if cursor is None:
                return

    forward = list(pages("after", None))
    assert [page for page, _ in forward] == [whole[:3], whole[3:6], whole[6:]]
    backward = list(pages("before", forward[1][1]))
    assert [page for page, _ in backward] == [whole[2:5], whole[:2]]


def test_what_starts_meanwhile_does_not_shift_the_next_page(api: Api) -> None:
    with api.database.writing() as session:
        rows = Rows(api, session)
        for number in range(4):
            rows.instance(f"inst_{number}")
    first = api.call("GET", "/process/instances?limit=2").json
    with api.database.writing() as session:
        Rows(api, session).instance("inst_9", flow="later", started_at=NOON + timedelta(hours=1))
    assert items(api, f"/process/instances?limit=2&after={first['nextCursor']}") == ["inst_1", "inst_0"]


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "é",
        "W10",
        "WyJmbG93cyIsMV0",
        "WyJpbnN0YW5jZXMiLCAidG9kYXkiLCAiaW5zdF9hIl0",
        "W1tb" * 40,
        "WyJpbnN0YW5jZXMiLCI5OTk5LTEyLTMxVDIzOjU5OjU5LTE0OjAwIiwieCJd",
    ],
    ids=["text", "umlaut", "empty", "other-list", "no-time", "nested", "beyond-time"],
)
def test_a_broken_cursor_is_a_422(api: Api, cursor: str) -> None:
    answer = api.call("GET", f"/process/instances?after={cursor}")
    assert answer.status_code == 422
    assert answer.json["errors"] == [{"field": "after", "message": "is not a cursor of this list"}]


def test_a_history_is_read_in_order_and_in_parts(api: Api) -> None:
    with api.database.writing() as session:
        Rows(api, session).instance("inst_a")
        for seq in (2, 1, 3):
            session.add(
                HistoryStep(
                    instance_id="inst_a",
                    seq=seq,
                    node_id=f"node-{seq}",
                    node_type="task",
                    attempts=0,
                    entered_at=NOON,
                    left_at=NOON + timedelta(seconds=seq),
                    outcome="completed",
                    input=None,
                    output={"step": seq},
                )
            )
    first = api.call("GET", "/process/instances/inst_a/history?limit=2").json
    assert first["items"][0] == {
        "nodeId": "node-1",
        "nodeType": "task",
        "attempts": 0,
        "startTime": "2026-02-20T12:00:00.000Z",
        "endTime": "2026-02-20T12:00:01.000Z",
        "outcome": "completed",
        "input": None,
        "output": {"step": 1},
        "scopeId": None,
        "loop": None,
        "loopCounter": None,
    }
    rest = api.call("GET", f"/process/instances/inst_a/history?after={first['nextCursor']}").json
    assert [item["nodeId"] for item in first["items"] + rest["items"]] == ["node-1", "node-2", "node-3"]
    assert rest["nextCursor"] is None


def test_open_tasks_are_found_by_every_filter(api: Api) -> None:
    with api.database.writing() as session:
        rows = Rows(api, session)
        one = rows.instance("inst_1", "waiting")
        other = rows.instance("inst_2", "waiting", flow="other", environment="DEVELOPMENT")
        rows.task(one, "task_1", assignee="jane", candidate_groups=["leads", "staff"], due_at=NOON)
        rows.task(one, "task_2", candidate_users=["joe"], candidate_groups=None)
        rows.task(other, "task_3", candidate_groups=["lead"], due_at=NOON + timedelta(days=1))
        rows.task(one, "task_4", assignee="jane", state="COMPLETED")
    expected = {
        "limit=10": ["task_1", "task_2", "task_3"],
        "assignee=jane": ["task_1"],
        "candidateGroup=leads": ["task_1"],
        "candidateGroup=lea": [],
        "candidateUser=joe": ["task_2"],
        "processId=other": ["task_3"],
        "dueBefore=2026-02-21T00:00:00Z": ["task_1"],
        "dueAfter=2026-02-20T12:00:00Z": ["task_1", "task_3"],
    }
    assert {query: items(api, f"/process/tasks?{query}") for query in expected} == expected
    first = api.call("GET", "/process/tasks?limit=2").json
    assert items(api, f"/process/tasks?after={first['nextCursor']}") == ["task_3"]


def test_another_organization_sees_nothing_and_a_system_key_everything(api: Api) -> None:
    with api.database.writing() as session:
        rows = Rows(api, session)
        rows.task(rows.instance("inst_a", "waiting"), "task_a")
    _, foreign = api.organization("Second")
    for path in ("/process/instances", "/process/tasks", "/flows"):
        assert api.call("GET", path, key=foreign).json == {"items": [], "nextCursor": None}
        assert len(api.call("GET", path, key=api.system_key).json["items"]) == 1
    assert api.call("GET", "/process/instances/inst_a", key=api.system_key).status_code == 200


def test_a_key_that_is_bound_to_an_environment_sees_only_that(api: Api) -> None:
    with api.database.writing() as session:
        rows = Rows(api, session)
        rows.task(rows.instance("inst_p", "waiting"), "task_p")
        rows.task(rows.instance("inst_d", "waiting", environment="DEVELOPMENT"), "task_d")
    bound = api.new_key(ORGANIZATION_PERMISSIONS, environment="DEVELOPMENT")
    assert items(api, "/process/instances", key=bound) == ["inst_d"]
    assert items(api, "/process/tasks", key=bound) == ["task_d"]
    assert api.call("GET", "/process/instances/inst_p", key=bound).status_code == 403
