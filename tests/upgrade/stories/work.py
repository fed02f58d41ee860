"""Stories of outside work: jobs of external workers, calls, retries, incidents."""

from collections.abc import Iterator
from typing import Any

from harness.caller import wait_for
from tests.flows import Json, boundary, end, event, flow, http, line, node, python, script, start, user
from tests.upgrade.stories.story import Story


def job_that_nobody_has(story: Story) -> Iterator[None]:
    story.start(line(_external(story)), {"item": "pen"})
    story.waits("ship")
    yield
    job = story.job("ship")
    assert job["variables"] == {"item": "pen", "processInstanceId": story.instance}
    assert (job["attempt"], job["retriesLeft"]) == (1, 3)
    story.say(job, "complete", {"data": {"code": "T-1"}})
    story.ends("start ship end", item="pen", code="T-1")


def job_that_is_locked(story: Story) -> Iterator[None]:
    story.start(line(_external(story)), {"item": "pen"})
    job = story.job("ship", lockDuration="PT24H")
    yield
    story.say(job, "extend", {"lockDuration": "PT24H"})
    yield
    story.say(job, "complete", {"data": {"code": "T-1"}})
    story.ends("start ship end", item="pen", code="T-1")


def job_whose_lock_runs_out(story: Story) -> Iterator[None]:
    story.start(line(_external(story)), {"item": "pen"})
    lost = story.job("ship", lockDuration="PT1H")
    yield
    job = story.job("ship", lockDuration="PT24H")
    assert (job["attempt"], job["idempotencyKey"]) == (1, lost["idempotencyKey"])
    assert story.say(lost, "complete", status=409)["code"] == "JOB_NOT_LOCKED"
    yield
    story.say(job, "complete")
    story.ends("start ship end", item="pen")


def job_that_failed(story: Story) -> Iterator[None]:
    story.start(line(_external(story)), {"item": "pen"})
    first = story.job("ship")
    failure = {"errorMessage": "no lorry", "retries": 2, "retryBackOff": "PT1H"}
    assert story.say(first, "fail", failure)["status"] == "retrying"
    yield
    second = story.job("ship")
    assert (second["attempt"], second["retriesLeft"]) == (2, 1)
    assert second["idempotencyKey"] == first["idempotencyKey"]
    assert story.say(second, "fail", {"errorMessage": "no road", "retries": 0})["status"] == "incident"
    (incident,) = story.rests("INCIDENT", "ship")["incidents"]
    assert (incident["code"], incident["attempts"]) == ("JOB_FAILED", 2)
    yield
    story.operate("retry")
    third = story.job("ship")
    assert third["attempt"] == 1
    story.say(third, "complete")
    story.ends("start ship end", item="pen")


def job_that_throws(story: Story) -> Iterator[None]:
    story.start(
        flow(start(), _external(story), end(),
             boundary("caught", "ship", "no", output={"why": "= error.message"}), end("refused"),
             flows=["start->ship", "ship->end", "caught->refused"],
             errors=[{"id": "no", "errorCode": "NO"}]),
        {"item": "pen"},
    )  # fmt: skip
    job = story.job("ship", lockDuration="PT24H")
    yield
    assert story.say(job, "error", {"errorCode": "NO", "errorMessage": "too many"})["status"] == "caught"
    story.ends("start ship caught refused", item="pen", why="too many")


def jobs_of_a_loop(story: Story) -> Iterator[None]:
    loop = {"collection": "= ['a', 'b', 'c']", "elementVariable": "item",
            "outputCollection": "codes", "outputElement": "= code"}  # fmt: skip
    story.start(line({**_external(story), "input": {"item": "= item"}, "loop": loop}))
    for _ in range(3):
        job = story.job("ship", lockDuration="PT24H")
        yield
        story.say(job, "complete", {"data": {"code": job["variables"]["item"] + "1"}})
    story.finishes("COMPLETED", "start ship ship ship ship end")
    assert story.api.instance(story.instance)["variables"]["codes"] == ["a1", "b1", "c1"]


def incident_in_a_loop(story: Story) -> Iterator[None]:
    """One run of three stands still, with the answer that it was given."""
    loop = {"cardinality": "= 3", "outputCollection": "totals", "outputElement": "= total"}
    ask = user("ask", assignee="= $string(loopCounter)", loop=loop, input={"total": None},
               output={"total": "= amount * rate"})  # fmt: skip
    story.start(line(ask), {"rate": 2})
    story.tasks(3)
    story.complete("ask", {"amount": 10}, who="1")
    story.tasks(2)
    story.set(rate="two")
    story.complete("ask", {"amount": 20}, who="2")
    story.rests("INCIDENT", "ask", "ask", "ask")
    yield
    story.set(rate=3)
    story.complete("ask", {"amount": 30}, who="3")
    story.rests("INCIDENT", "ask", "ask")
    yield
    story.operate("retry")
    story.ends("start ask ask ask ask end", rate=3, totals=[20, 60, 90])


def retry_that_is_due_later(story: Story) -> Iterator[None]:
    """Each attempt has the secret, which is nowhere kept, and the key of the first."""
    secret, url = f"TOKEN_{story.tag}", f"{story.outside.url}/{{path}}/{story.tag}"
    story.api.call("PUT", f"/secrets/{secret}", {"value": "opensesame"})
    retry = {"maxAttempts": 3, "backoff": "PT1H", "maxBackoff": "PT1H", "when": "= response.status = 404"}
    ask = http("ask", url, input={"headers": {"Token": f"{{secrets.{secret}}}"}},
               retry=retry, output={"ok": "= response.body.ok"})  # fmt: skip
    story.start(line(ask), {"path": "missing"})
    _fails(story, "ask", 1)
    yield
    _fails(story, "ask", 2)
    yield
    (incident,) = story.rests("INCIDENT", "ask")["incidents"]
    assert (incident["code"], incident["attempts"]) == ("HTTP_STATUS", 3)
    sent = story.outside.headers(f"/missing/{story.tag}")
    assert [each["token"] for each in sent] == ["opensesame"] * 3
    assert len({each["idempotency-key"] for each in sent}) == 1
    story.set(path="there")
    yield
    story.operate("retry")
    story.ends("start ask end", path="there", ok=True)


def incident_at_an_expression(story: Story) -> Iterator[None]:
    story.start(line(script("work", "= {'total': price * 2}")), {"price": "ten"})
    story.rests("INCIDENT", "work")
    yield
    story.set(price=10)
    story.operate("retry")
    story.ends("start work end", price=10, total=20)


def incident_after_an_answer(story: Story) -> Iterator[None]:
    """The answer is kept while the operator mends what it met."""
    story.start(line(user("ask", output={"total": "= price * amount"})), {"price": "ten"})
    story.waits("ask")
    story.complete("ask", {"amount": 3})
    story.rests("INCIDENT", "ask")
    yield
    story.set(price=10)
    story.operate("retry")
    story.ends("start ask end", price=10, total=30)


def incident_while_it_waits(story: Story) -> Iterator[None]:
    """The condition of a boundary event fails; after a retry the task waits on."""
    late = event("late", "boundaryEvent", "conditional", attachedToRef="ask", condition="= days > 9")
    story.start(
        flow(start(), user("ask"), end(), late, end("halt"), flows=["start->ask", "ask->end", "late->halt"]),
        {"days": 1},
    )
    story.waits("ask")
    story.set(days="ten")
    story.rests("INCIDENT", "ask")
    yield
    story.set(days=2)
    story.operate("retry")
    story.waits("ask")
    yield
    story.complete("ask")
    story.ends("start ask end", days=2)


def start_that_is_repeated(story: Story) -> Iterator[None]:
    process_id = story.api.publish(line(user("ask")))
    body = {"processId": process_id, "data": {"a": 1}}
    story.instance = _exec(story, body)["processInstanceId"]
    story.waits("ask")
    yield
    assert _exec(story, body)["processInstanceId"] == story.instance
    assert len(story.api.call("GET", f"/process/instances?processId={process_id}")["items"]) == 1
    story.complete("ask")
    story.ends("start ask end", a=1)


def python_task(story: Story) -> Iterator[None]:
    """Whoever runs it says so."""
    story.start(line(python("first", "tell-side", output={"first": "= result.side"}), user("ask"),
                     python("then", "tell-side", output={"then": "= result.side"})))  # fmt: skip
    story.waits("ask")
    yield
    story.complete("ask")
    told = story.finishes("COMPLETED", "start first ask then end")["variables"]
    story.sides += [told["first"], told["then"]]


def _external(story: Story) -> Json:
    return node("ship", "serviceTask", implementation="external", topic=story.name("ship"),
                retry={"maxAttempts": 4, "backoff": "PT1H"})  # fmt: skip


def _exec(story: Story, body: Json) -> Any:
    return story.api.call("POST", "/process/exec", body, headers={"Idempotency-Key": story.name("once")})


def _fails(story: Story, node_id: str, attempts: int) -> None:
    """Waits until so many attempts of the node have failed."""

    def look() -> bool:
        (token,) = story.api.instance(story.instance)["tokens"]
        return (token["nodeId"], token["state"], token["attempts"]) == (node_id, "ready", attempts)

    wait_for(look, f"attempt {attempts} fails")
