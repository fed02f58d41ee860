"""What an operator does about incidents after an answer was taken, over HTTP."""

import threading
from typing import Any

import pytest

from harness.caller import Api, wait_for
from tests.flows import end, event, flow, line, message, node, script, start, sub_process, user
from tests.product import Product

FORM = {"type": "object", "properties": {"n": {"type": ["number", "string"]}}, "additionalProperties": False}
DOUBLED = {"doubled": "= n * 2"}
ASKING = line(user("ask", form=FORM, output=DOUBLED))


def _stopped(product: Product, definition: dict[str, Any] = ASKING) -> tuple[str, dict[str, Any]]:
    """An instance whose task `ask` was answered wrongly, and what is seen of it."""
    instance = product.api.start(product.api.publish(definition))
    product.api.until(instance, "WAITING", "ask")
    product.api.complete(instance, "ask", {"n": "three"})
    return instance, product.api.until(instance, "INCIDENT")


def _patch(api: Api, instance: str, body: object, **expect: Any) -> dict[str, Any]:
    return api.call("PATCH", f"/process/instances/{instance}/variables", body, **expect)


def _retry(api: Api, instance: str, body: object = None, **expect: Any) -> dict[str, Any]:
    return api.call("POST", f"/process/instances/{instance}/retry", body, **expect)


def test_a_kept_answer_is_seen_and_changed_and_a_retry_goes_on_with_it(product: Product) -> None:
    instance, seen = _stopped(product)
    (token,), (incident,) = seen["tokens"], seen["incidents"]
    assert (token["answer"], token["scopeId"]) == ({"n": "three"}, instance)
    assert (incident["tokenId"], incident["nodeId"]) == (token["tokenId"], "ask")
    _patch(product.api, instance, {"answer": {"n": 3}, "tokenId": token["tokenId"]})
    assert product.api.instance(instance)["tokens"][0]["answer"] == {"n": 3}
    assert _retry(product.api, instance)["status"] == "retried"
    assert product.api.until(instance, "COMPLETED")["variables"] == {"doubled": 6}


def test_variables_do_not_reach_what_the_kept_answer_shadows(product: Product) -> None:
    instance, _ = _stopped(product)
    _patch(product.api, instance, {"variables": {"n": 3}})
    _retry(product.api, instance)
    assert product.api.until(instance, "INCIDENT")["tokens"][0]["answer"] == {"n": "three"}


def test_a_person_is_asked_again_and_the_history_says_so(product: Product) -> None:
    instance, seen = _stopped(product)
    first = seen["incidents"][0]["incidentId"]
    _retry(product.api, instance, {"from": "task", "incidentId": first})
    (task,) = product.api.until(instance, "WAITING", "ask")["tasks"]
    assert (task["form"], product.api.instance(instance)["incidents"]) == (FORM, [])
    product.api.complete(instance, "ask", {"n": 3})
    assert product.api.until(instance, "COMPLETED")["variables"] == {"doubled": 6}
    visits = [step for step in product.api.history(instance) if step["nodeId"] == "ask"]
    assert [(step["outcome"], step["input"]) for step in visits] == [
        ("repeated", {"n": "three"}),
        ("completed", None),
    ]


def test_one_of_two_incidents_is_retried(product: Product) -> None:
    both = flow(
        start(), user("a", output=DOUBLED), user("b", output=DOUBLED), end(),
        flows=["start->a", "start->b", "a->end", "b->end"],
    )  # fmt: skip
    instance = product.api.start(product.api.publish(both))
    for node_id in ("a", "b"):
        product.api.until(instance, "WAITING" if node_id == "a" else "INCIDENT", node_id)
        product.api.complete(instance, node_id, {"n": "three"})
    found = {each["nodeId"]: each["incidentId"] for each in product.api.instance(instance)["incidents"]}
    _retry(product.api, instance, {"incidentId": found["a"], "from": "task"})
    product.api.complete(instance, "a", {"n": 3}) if _waits(product, instance, "a") else None
    assert [each["nodeId"] for each in product.api.instance(instance)["incidents"]] == ["b"]
    again = _retry(product.api, instance, {"incidentId": found["a"]}, status=409)
    assert again["code"] == "INCIDENT_RESOLVED"


def _waits(product: Product, instance: str, node_id: str) -> bool:
    def look() -> bool:
        return any(task["nodeId"] == node_id for task in product.api.instance(instance)["tasks"])

    return bool(wait_for(look))


def test_a_job_is_made_anew_and_its_secret_is_masked_in_the_kept_answer(product: Product) -> None:
    secret = "t0p-s3cret-value"
    product.api.call("PUT", "/secrets/CARRIER", {"value": secret})
    job = node(
        "ship", "serviceTask", implementation="external", topic="ship",
        input={"token": "{secrets.CARRIER}"}, output=DOUBLED,
    )  # fmt: skip
    instance = product.api.start(product.api.publish(line(job)))
    first = _fetch(product.api)
    product.api.call("POST", f"/process/jobs/{first['jobId']}/complete", {"data": {"n": f"by {secret}"}})
    assert product.api.until(instance, "INCIDENT")["tokens"][0]["answer"] == {"n": "by ***"}
    _retry(product.api, instance, {"from": "task"})
    second = _fetch(product.api)
    assert second["jobId"] != first["jobId"]
    assert second["idempotencyKey"] != first["idempotencyKey"]
    product.api.call("POST", f"/process/jobs/{second['jobId']}/complete", {"data": {"n": 3}})
    assert product.api.until(instance, "COMPLETED")["variables"] == {"doubled": 6}


def _fetch(api: Api) -> dict[str, Any]:
    asked = {"topic": "ship", "workerName": "w", "timeout": "PT20S"}
    (job,) = api.call("POST", "/process/jobs/activate", asked)["jobs"]
    found: dict[str, Any] = job
    return found


def test_a_message_is_waited_for_again(product: Product) -> None:
    waiting = line(message("ask", "told", output=DOUBLED), messages=[{"id": "told", "name": "told"}])
    instance = product.api.start(product.api.publish(waiting), correlationKey="order-1")
    product.api.until(instance, "WAITING", "ask")
    product.api.message("told", "order-1", data={"n": "three"})
    product.api.until(instance, "INCIDENT")
    _retry(product.api, instance, {"from": "task"})
    product.api.until(instance, "WAITING", "ask")
    product.api.message("told", "order-1", data={"n": 3})
    assert product.api.until(instance, "COMPLETED")["variables"] == {"doubled": 6}


def test_what_a_called_instance_ended_with_is_changed(product: Product) -> None:
    called = product.api.publish(line(user("ask")))
    calling = line(node("call", "callActivity", processId=called, output=DOUBLED))
    instance = product.api.start(product.api.publish(calling))
    inner = product.api.until(instance, "WAITING", "call")["tokens"][0]["calledInstanceId"]
    product.api.until(inner, "WAITING", "ask")
    product.api.call("POST", f"/process/instances/{inner}/cancel")
    (token,) = product.api.until(instance, "INCIDENT")["tokens"]
    assert token["answer"] == {"cancelled": True}
    path = {"tokenId": token["tokenId"]}
    refused = _patch(product.api, instance, {"answer": {"variables": 1, "n": 3}, **path}, status=422)
    assert refused["errors"][0]["field"] == "answer.variables"
    _patch(product.api, instance, {"answer": {"variables": {"n": 3}}, **path})
    _retry(product.api, instance)
    assert product.api.until(instance, "COMPLETED")["variables"] == {"doubled": 6}


def test_local_variables_of_a_sub_process_are_seen_and_set(product: Product) -> None:
    inner = sub_process(
        "sub", start("s"), user("ask"), end("e"), flows=["s->ask", "ask->e"],
        input={"n": None}, output=DOUBLED,
    )  # fmt: skip
    instance, seen = _stopped(product, line(inner))
    (scope,) = seen["scopes"]
    assert (scope["nodeId"], scope["variables"], seen["variables"]) == ("sub", {"n": "three"}, {})
    refused = _patch(product.api, instance, {"variables": {"n": 3}, "scopeId": "scope_x"}, status=404)
    assert refused["code"] == "SCOPE_NOT_FOUND"
    _patch(product.api, instance, {"variables": {"n": 3}, "scopeId": scope["scopeId"]})
    _patch(product.api, instance, {"variables": {"own": 1}, "scopeId": instance})
    _retry(product.api, instance)
    ended = product.api.until(instance, "COMPLETED")
    assert (ended["variables"], ended["scopes"]) == ({"doubled": 6, "own": 1}, [])


def test_local_variables_of_one_body_of_a_loop_are_set_and_the_body_asked_again(product: Product) -> None:
    loop = {"cardinality": "= 2", "outputCollection": "all", "outputElement": "= n * 2"}
    instance = product.api.start(product.api.publish(line(user("ask", loop=loop, input={"n": None}))))
    tasks = product.api.until(instance, "WAITING", "ask")["tasks"]
    for task, n in zip(tasks, ("three", 4), strict=True):
        answer = {"processInstanceId": instance, "nodeId": "ask", "action": "COMPLETE", "data": {"n": n}}
        product.api.call("POST", "/process/task", {**answer, "taskId": task["taskId"]})
    seen = product.api.until(instance, "INCIDENT")
    counters = {scope["variables"]["loopCounter"]: scope for scope in seen["scopes"]}
    brought = {number: each["variables"]["n"] for number, each in sorted(counters.items())}
    assert sorted(map(str, brought.values())) == [
        "4",
        "three",
    ]  # which task came first is the workers' affair
    _retry(product.api, instance, {"from": "task"})
    (task,) = product.api.until(instance, "WAITING", "ask")["tasks"]
    answer = {"processInstanceId": instance, "nodeId": "ask", "action": "COMPLETE", "data": {"n": 5}}
    product.api.call("POST", "/process/task", {**answer, "taskId": task["taskId"]})
    ended = product.api.until(instance, "COMPLETED")["variables"]
    assert ended == {"all": [10 if n == "three" else 8 for n in brought.values()]}


def test_what_undoes_a_body_does_not_see_what_its_answer_brought_before_the_incident(
    product: Product,
) -> None:
    loop = {"cardinality": "= 1", "outputCollection": "all", "outputElement": "= n / by"}
    asking = user("ask", loop=loop, output={"last": "= n"})
    undone = flow(
        start(), asking, script("undo", "= {'seen': [last, n]}", isForCompensation=True),
        event("undone", "boundaryEvent", "compensation", attachedToRef="ask"),
        event("back", "endEvent", "compensation"), flows=["start->ask", "ask->back"],
        associations=[{"id": "a", "sourceRef": "undone", "targetRef": "undo"}],
    )  # fmt: skip
    instance = product.api.start(product.api.publish(undone), {"n": 1, "by": "x"})
    product.api.until(instance, "WAITING", "ask")
    product.api.complete(instance, "ask", {"n": 6})
    product.api.until(instance, "INCIDENT")
    _patch(product.api, instance, {"variables": {"by": 2}})
    _retry(product.api, instance)
    ended = product.api.until(instance, "COMPLETED")["variables"]
    assert (ended["all"], ended["seen"]) == ([3], [6, 1])


@pytest.mark.parametrize("way", ["retry", "cancel", "patch"])
def test_of_what_comes_at_once_each_is_done_before_or_after_the_other(product: Product, way: str) -> None:
    instance, seen = _stopped(product)
    path = f"/process/instances/{instance}"
    token_id, incident_id = seen["tokens"][0]["tokenId"], seen["incidents"][0]["incidentId"]
    other: tuple[str, str, object] = {
        "retry": ("POST", f"{path}/retry", {"incidentId": incident_id, "from": "task"}),
        "cancel": ("POST", f"{path}/cancel", None),
        "patch": ("PATCH", f"{path}/variables", {"answer": {"n": 3}, "tokenId": token_id}),
    }[way]
    calls = [("POST", f"{path}/retry", {"incidentId": incident_id}), other] * 3
    answers: list[int] = []
    begun = threading.Barrier(len(calls))

    def send(method: str, url: str, body: object) -> None:
        begun.wait()
        answers.append(product.api.http.request(method, url, json=body or {}).status_code)

    threads = [threading.Thread(target=send, args=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(answers), set(answers) <= {200, 409}) == (len(calls), True)
    open_ = product.api.instance(instance)["incidents"]
    tokens = product.api.instance(instance)["tokens"]
    assert len(tokens) <= 1
    assert len(open_) <= 1


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["variables"]),
        ({"scopeId": "x"}, ["variables"]),
        ({"variables": {}, "answer": {}, "tokenId": "t"}, ["answer"]),
        ({"answer": {}}, ["tokenId"]),
        ({"answer": {}, "tokenId": "t", "scopeId": "s"}, ["scopeId"]),
        ({"variables": {}, "tokenId": "t"}, ["tokenId"]),
        ({"answer": {"secrets": 1}, "tokenId": "t"}, ["answer.secrets"]),
        ({"answer": None, "tokenId": "t"}, ["answer"]),
        ({"answer": [], "tokenId": "t"}, ["answer"]),
        ({"answers": {}}, ["answers"]),
    ],
    ids=str,
)
def test_a_wrong_body_names_its_field(product: Product, body: dict[str, Any], fields: list[str]) -> None:
    refused = _patch(product.api, "inst_x", body, status=422)
    assert [error["field"] for error in refused["errors"]] == fields


def test_what_cannot_be_mended_so_is_refused_and_changes_nothing(product: Product) -> None:
    instance, seen = _stopped(product)
    token_id, incident_id = seen["tokens"][0]["tokenId"], seen["incidents"][0]["incidentId"]
    refused = _patch(product.api, instance, {"answer": {"n": True, "m": 1}, "tokenId": token_id}, status=422)
    assert refused["code"] == "FORM_INVALID"
    assert {error["field"] for error in refused["errors"]} == {"answer.n", "answer.m"}
    unknown = _patch(product.api, instance, {"answer": {}, "tokenId": "tok_x"}, status=404)
    assert unknown["code"] == "TOKEN_NOT_FOUND"
    assert _retry(product.api, instance, {"incidentId": "inc_x"}, status=404)["code"] == "INCIDENT_NOT_FOUND"
    refused = _retry(product.api, instance, {"from": "start", "incident": 1}, status=422)
    assert {error["field"] for error in refused["errors"]} == {"from", "incident"}
    assert product.api.instance(instance) == seen
    _retry(product.api, instance, {"from": "task"})
    product.api.until(instance, "WAITING", "ask")
    waits = product.api.instance(instance)["tokens"][0]["tokenId"]
    kept = _patch(product.api, instance, {"answer": {}, "tokenId": waits}, status=409)
    assert kept["code"] == "NO_ANSWER_KEPT"
    assert (
        _retry(product.api, instance, {"incidentId": incident_id}, status=409)["code"] == "INCIDENT_RESOLVED"
    )
    product.api.complete(instance, "ask", {"n": 1})
    product.api.until(instance, "COMPLETED")
    bodies: list[dict[str, Any]] = [{"variables": {}}, {"answer": {}, "tokenId": token_id}]
    for body in bodies:
        assert _patch(product.api, instance, body, status=409)["code"] == "INSTANCE_ENDED"
    assert _retry(product.api, instance, {"from": "task"}, status=409)["code"] == "INSTANCE_ENDED"


def test_what_happened_once_is_not_asked_for_again(product: Product) -> None:
    begun = node("begin", "startEvent", event={"type": "message", "messageRef": "told"}, output=DOUBLED)
    told = flow(begun, end(), flows=["begin->end"], messages=[{"id": "told", "name": "told-once"}])
    product.api.publish(told)
    instance = product.api.message("told-once", data={"n": "three"})["processInstanceId"]
    (token,) = product.api.until(instance, "INCIDENT")["tokens"]
    refused = _retry(product.api, instance, {"from": "task"}, status=409)
    assert (refused["code"], "'begin'" in refused["detail"]) == ("NOTHING_TO_ASK", True)
    _patch(product.api, instance, {"answer": {"n": 3}, "tokenId": token["tokenId"]})
    _retry(product.api, instance)
    assert product.api.until(instance, "COMPLETED")["variables"] == {"doubled": 6}
