"""What is told about expressions, templates, times, schemas, requests and names that are wrong."""

import pytest

from tests.flows import Json, end, exclusive, flow, http, line, message, node, script, start, timer, user
from tests.unit.refused import errors_of
from workers.flow.compiler.compile import compile_flow

URL = "https://crm.example/orders"
REFUSED: Json = {"id": "refused", "errorCode": "REFUSED"}
PAID: Json = {"id": "paid"}

WRONG: dict[str, tuple[Json, str, str | None, str]] = {
    "a condition without =": (
        flow(start(), exclusive("g"), end(), flows=["start->g", "g->end if amount > 1"]),
        "INVALID_EXPRESSION",
        "g",
        "sequenceFlows[1].conditionExpression",
    ),
    "a script without =": (line(script("s", "1 + 1")), "INVALID_EXPRESSION", "s", "nodes[1].script"),
    "bad JSONata": (line(script("s", "= 1 +")), "INVALID_EXPRESSION", "s", "nodes[1].script"),
    "bad JSONata in throws": (
        line(http("h", URL, throws=[{"when": "= (", "errorRef": "refused"}]), errors=[REFUSED]),
        "INVALID_EXPRESSION",
        "h",
        "nodes[1].throws[0].when",
    ),
    "a bad template": (
        line(http("h", URL, input={"body": {"a": ["= 1 +"]}})),
        "INVALID_TEMPLATE",
        "h",
        "nodes[1].input.body.a[0]",
    ),
    "a secret in a name": (line(user("a", name="{secrets.CRM}")), "SECRET_NOT_ALLOWED", "a", "nodes[1].name"),
    "a secret in an output": (
        line(http("h", URL, output={"a": "{secrets.CRM}"})),
        "SECRET_NOT_ALLOWED",
        "h",
        "nodes[1].output.a",
    ),
    "a secret in a message": (
        line(message("m", "paid"), messages=[{**PAID, "correlationKey": "{secrets.CRM}"}]),
        "SECRET_NOT_ALLOWED",
        "paid",
        "messages[0].correlationKey",
    ),
    "a bad duration": (
        line(timer("t", duration="2 days")),
        "INVALID_DURATION",
        "t",
        "nodes[1].event.duration",
    ),
    "a date without a time": (
        line(timer("t", date="2026-01-31")),
        "INVALID_DATE",
        "t",
        "nodes[1].event.date",
    ),
    "a date in no zone": (
        line(timer("t", date="2026-01-31T12:00:00[Mars/Olympus]")),
        "INVALID_DATE",
        "t",
        "nodes[1].event.date",
    ),
    "no zone": (
        line(timer("t", date="2026-01-31T12:00:00", timeZone="Europe/Berln")),
        "INVALID_TIME_ZONE",
        "t",
        "nodes[1].event.timeZone",
    ),
    "a bad due date": (line(user("a", dueDate="tomorrow")), "INVALID_DATE", "a", "nodes[1].dueDate"),
    "a timer with both": (
        line(timer("t", duration="PT1S", date="2026-01-31T12:00:00Z")),
        "INVALID_TIMER",
        "t",
        "nodes[1].event",
    ),
    "a timer with neither": (line(timer("t")), "INVALID_TIMER", "t", "nodes[1].event"),
    "a bad back-off": (
        line(http("h", URL, retry={"backoff": "2s"})),
        "INVALID_DURATION",
        "h",
        "nodes[1].retry.backoff",
    ),
    "a back-off over its bound": (
        line(http("h", URL, retry={"backoff": "PT9S", "maxBackoff": "PT1S"})),
        "INVALID_DURATION",
        "h",
        "nodes[1].retry.maxBackoff",
    ),
    "too many attempts": (
        line(http("h", URL, retry={"maxAttempts": 101})),
        "INVALID_VALUE",
        "h",
        "nodes[1].retry.maxAttempts",
    ),
    "a bad form": (line(user("a", form={"type": "objekt"})), "INVALID_SCHEMA", "a", "nodes[1].form"),
    "a bad input schema": (
        line(inputSchema={"$ref": "https://a.example"}),
        "INVALID_SCHEMA",
        None,
        "inputSchema",
    ),
    "a bad data schema": (
        line(message("m", "paid"), messages=[{**PAID, "dataSchema": {"pattern": "("}}]),
        "INVALID_SCHEMA",
        "paid",
        "messages[0].dataSchema",
    ),
    "start data of the system": (
        line(inputSchema={"properties": {"secrets": {}}}),
        "RESERVED_NAME",
        None,
        "inputSchema.properties.secrets",
    ),
    "an unknown queue": (line(http("h", URL, queue="fast")), "UNKNOWN_QUEUE", "h", "nodes[1].queue"),
    "no url": (
        line(node("h", "serviceTask", implementation="http", input={"method": "GET"})),
        "MISSING_PROPERTY",
        "h",
        "nodes[1].input.url",
    ),
    "an unknown method": (line(http("h", URL, "FETCH")), "INVALID_REQUEST", "h", "nodes[1].input.method"),
    "an ftp url": (line(http("h", "ftp://a.example")), "INVALID_REQUEST", "h", "nodes[1].input.url"),
    "a url that begins with a placeholder": (
        line(http("h", "{base}/orders")),
        "INVALID_REQUEST",
        "h",
        "nodes[1].input.url",
    ),
    "a header with a line break": (
        line(http("h", URL, input={"headers": {"X-A": "a\r\nb"}})),
        "INVALID_REQUEST",
        "h",
        "nodes[1].input.headers.X-A",
    ),
    "a misspelt part of a request": (
        line(http("h", URL, input={"header": {}})),
        "UNKNOWN_PROPERTY",
        "h",
        "nodes[1].input.header",
    ),
    "a timeout over its bound": (
        line(http("h", URL, input={"timeout": "PT6M"})),
        "INVALID_DURATION",
        "h",
        "nodes[1].input.timeout",
    ),
    "a timeout that is no duration": (
        line(http("h", URL, input={"timeout": "30"})),
        "INVALID_DURATION",
        "h",
        "nodes[1].input.timeout",
    ),
    "an output that is no name": (
        line(http("h", URL, output={"a b": 1})),
        "INVALID_NAME",
        "h",
        'nodes[1].output["a b"]',
    ),
    "an output of the system": (
        line(http("h", URL, output={"correlationKey": 1})),
        "RESERVED_NAME",
        "h",
        "nodes[1].output.correlationKey",
    ),
    "a result of the system": (
        line(script("s", "= 1", resultVariable="secrets")),
        "RESERVED_NAME",
        "s",
        "nodes[1].resultVariable",
    ),
}


@pytest.mark.parametrize(("document", "code", "node_id", "path"), WRONG.values(), ids=WRONG)
def test_each_mistake_is_one_error_at_its_place(
    document: Json, code: str, node_id: str | None, path: str
) -> None:
    assert errors_of(document) == [(code, node_id, path)]


@pytest.mark.parametrize(
    ("definition", "end"),
    [
        (line(timer("t", duration="PT1S", timeZone="Europe/Berln")), "did you mean Europe/Berlin?"),
        (line(timer("t", date="2026-01-31T12:00:00[Europe/Berln]")), "did you mean Europe/Berlin?"),
        (
            line(
                node(
                    "h",
                    "serviceTask",
                    implementation="http",
                    input={"method": "GET", "url": URL, "timeout": "PT9H"},
                )
            ),
            "longer than nothing and at most PT5M.",
        ),
    ],
)
def test_a_problem_ends_as_a_sentence_does_and_bounds_are_written_as_durations(
    definition: Json, end: str
) -> None:
    _graph, (problem,) = compile_flow(definition)
    assert problem.message.endswith(end)
