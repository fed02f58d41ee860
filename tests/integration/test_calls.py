"""Call activities: instances of other flows, and what passes between caller and called."""

from harness.caller import Json, wait_for
from tests.flows import boundary, end, event, flow, line, node, script, start, user
from tests.product import Product

ERRORS = {"errors": [{"id": "e", "errorCode": "REFUSED"}]}
ESCALATIONS = {"escalations": [{"id": "late", "escalationCode": "LATE"}]}


def call(id: str, process_id: str, **properties: object) -> Json:
    return node(id, "callActivity", processId=process_id, **properties)


def called_by(product: Product, instance_id: str, node_id: str = "call") -> str:
    """The instance that runs for a call activity that waits."""

    def look() -> str | None:
        with product.engine.store.autocommit() as reading:
            rows = reading.rows(
                """SELECT i.id FROM instances i JOIN tokens t ON t.id = i.caller_token_id
                WHERE i.caller_id = :id AND t.node_id = :node_id ORDER BY i.started_at DESC""",
                id=instance_id,
                node_id=node_id,
            )
        return rows[0]["id"] if rows else None

    found: str = wait_for(look, "a called instance")
    return found


def test_what_is_called_gets_the_input_and_its_variables_come_back_through_output(product: Product) -> None:
    callee = product.api.publish(line(script("double", "= {'twice': 2 * amount}")))
    caller = product.api.publish(
        line(call("call", callee, input={"amount": "{price}"}, output={"total": "= twice"}))
    )
    instance = product.api.start(caller, {"price": 21}, correlationKey="order-1")
    assert product.api.until(instance, "COMPLETED")["variables"] == {"price": 21, "total": 42}
    assert product.api.visited(instance) == ["start", "call", "end"]
    with product.engine.store.autocommit() as reading:
        (row,) = reading.rows("SELECT * FROM instances WHERE caller_id = :id", id=instance)
    assert (row["status"], row["correlation_key"], row["environment"]) == (
        "COMPLETED",
        "order-1",
        "PRODUCTION",
    )
    assert product.api.instance(row["id"])["variables"] == {"amount": 21, "twice": 42}


def test_the_called_version_is_the_one_that_was_active_when_the_caller_was_published(
    product: Product,
) -> None:
    callee = product.api.publish(line(script("which", "= {'version': 1}")))
    caller = product.api.publish(line(call("call", callee)))
    product.api.call("PUT", f"/flows/{callee}/draft", line(script("which", "= {'version': 2}")))
    product.api.call("POST", f"/flows/{callee}/publish", {}, status=201)
    before = product.api.start(caller)
    assert product.api.until(before, "COMPLETED")["variables"] == {"version": 1}
    product.api.call("POST", f"/flows/{caller}/publish", {}, status=201)
    after = product.api.start(caller)
    assert product.api.until(after, "COMPLETED")["variables"] == {"version": 2}


def test_a_call_of_what_is_not_there_is_refused_when_the_caller_is_published(product: Product) -> None:
    draft = product.api.call(
        "POST", "/flows", {"name": "caller", "definition": line(call("call", "nothing"))}, status=201
    )
    refused = product.api.call("POST", f"/flows/{draft['processId']}/publish", {}, status=422)
    assert [(each["nodeId"], each["code"]) for each in refused["problems"]] == [("call", "FLOW_NOT_FOUND")]
    unpublished = product.api.call("POST", "/flows", {"name": "x"}, status=201)["processId"]
    saved = product.api.call("PUT", f"/flows/{draft['processId']}/draft", line(call("call", unpublished)))
    assert [each["code"] for each in saved["problems"]] == ["NO_ACTIVE_VERSION"]


def test_a_flow_that_only_events_start_cannot_be_called(product: Product) -> None:
    callee = product.api.publish(
        flow(event("told", "startEvent", "message", messageRef="m"), end(), flows=["told->end"],
             messages=[{"id": "m"}])
    )  # fmt: skip
    definition = line(call("call", callee))
    caller = product.api.call("POST", "/flows", {"name": "caller", "definition": definition}, status=201)
    refused = product.api.call("POST", f"/flows/{caller['processId']}/publish", {}, status=422)
    assert [(each["nodeId"], each["code"]) for each in refused["problems"]] == [("call", "NO_PLAIN_START")]


def test_cancelling_the_caller_cancels_what_it_called_and_what_that_called(product: Product) -> None:
    innermost = product.api.publish(line(user("ask")))
    middle = product.api.publish(line(call("call", innermost)))
    instance = product.api.start(product.api.publish(line(call("call", middle))))
    second = called_by(product, instance)
    third = called_by(product, second)
    product.api.until(third, "WAITING", "ask")
    product.api.call("POST", f"/process/instances/{instance}/cancel")
    assert [product.api.instance(each)["status"] for each in (instance, second, third)] == ["CANCELLED"] * 3
    assert product.api.call("GET", "/process/tasks")["items"] == []


def test_an_error_that_the_called_flow_does_not_catch_is_caught_around_the_call(product: Product) -> None:
    callee = product.api.publish(
        flow(
            start(), user("ask"), event("refused", "endEvent", "error", errorRef="e"),
            flows=["start->ask", "ask->refused"], **ERRORS,
        )
    )  # fmt: skip
    caller = product.api.publish(
        flow(
            start(), call("call", callee), boundary("caught", "call", "e", output={"code": "= error.code"}),
            end(), flows=["start->call", "call->end", "caught->end"], **ERRORS,
        )
    )  # fmt: skip
    instance = product.api.start(caller)
    called = called_by(product, instance)
    product.api.until(called, "WAITING", "ask")
    product.api.complete(called, "ask")
    assert product.api.until(instance, "COMPLETED")["variables"] == {"code": "REFUSED"}
    assert product.api.visited(instance) == ["start", "call", "caught", "end"]
    assert product.api.instance(called)["status"] == "CANCELLED"


def test_an_error_that_nobody_catches_is_an_incident_where_it_was_thrown(product: Product) -> None:
    callee = product.api.publish(
        flow(start(), event("refused", "endEvent", "error", errorRef="e"), flows=["start->refused"], **ERRORS)
    )
    instance = product.api.start(product.api.publish(line(call("call", callee))))
    called = called_by(product, instance)
    state = product.api.until(called, "INCIDENT", "refused")
    assert [each["code"] for each in state["incidents"]] == ["UNCAUGHT_ERROR"]
    assert product.api.instance(instance)["status"] == "WAITING"


def test_a_called_instance_that_is_cancelled_is_an_incident_and_a_retry_calls_again(product: Product) -> None:
    callee = product.api.publish(line(user("ask")))
    instance = product.api.start(product.api.publish(line(call("call", callee))))
    first = called_by(product, instance)
    product.api.call("POST", f"/process/instances/{first}/cancel")
    state = product.api.until(instance, "INCIDENT", "call")
    assert [each["code"] for each in state["incidents"]] == ["CALLED_INSTANCE_CANCELLED"]
    product.api.call("POST", f"/process/instances/{instance}/retry")
    product.api.until(instance, "WAITING", "call")
    second = called_by(product, instance)
    assert second != first
    product.api.until(second, "WAITING", "ask")
    product.api.complete(second, "ask")
    product.api.until(instance, "COMPLETED")


def test_a_cancelled_task_of_a_called_instance_climbs_to_the_caller_and_cancels_both(
    product: Product,
) -> None:
    callee = product.api.publish(line(user("ask")))
    instance = product.api.start(product.api.publish(line(call("call", callee))))
    called = called_by(product, instance)
    product.api.until(called, "WAITING", "ask")
    assert product.api.cancel_task(called, "ask")["status"] == "cancelled"
    product.api.until(called, "CANCELLED")
    product.api.until(instance, "CANCELLED")


def test_an_escalation_reaches_the_caller_while_what_it_called_goes_on(product: Product) -> None:
    callee = product.api.publish(
        flow(
            start(),
            event("tell", "intermediateThrowEvent", "escalation", escalationRef="late", input={"by": 3}),
            user("ask"), end(), flows=["start->tell", "tell->ask", "ask->end"], **ESCALATIONS,
        )
    )  # fmt: skip
    caller = product.api.publish(
        flow(
            start(), call("call", callee),
            event("told", "boundaryEvent", "escalation", escalationRef="late", attachedToRef="call",
                  cancelActivity=False, output={"days": "= escalation.data.by"}),
            user("watch"), end(),
            flows=["start->call", "call->end", "told->watch", "watch->end"], **ESCALATIONS,
        )
    )  # fmt: skip
    instance = product.api.start(caller)
    state = product.api.until(instance, "WAITING", "watch")
    assert state["variables"]["days"] == 3
    called = called_by(product, instance)
    product.api.until(called, "WAITING", "ask")
    product.api.complete(called, "ask")
    product.api.complete(instance, "watch")
    product.api.until(instance, "COMPLETED")


def test_a_call_for_each_element_runs_an_instance_each_and_collects_in_order(product: Product) -> None:
    callee = product.api.publish(line(script("double", "= {'twice': 2 * amount}")))
    loop = {
        "collection": "{amounts}",
        "elementVariable": "amount",
        "outputCollection": "doubled",
        "outputElement": "= result",
    }
    of_each: Json = {"input": {"amount": "{amount}", "result": None}, "output": {"result": "= twice"}}
    caller = product.api.publish(line(call("call", callee, loop=loop, **of_each)))
    instance = product.api.start(caller, {"amounts": [1, 2, 3, 4]})
    state = product.api.until(instance, "COMPLETED")
    assert state["variables"] == {"amounts": [1, 2, 3, 4], "doubled": [2, 4, 6, 8]}
