"""Sends the request of a serviceTask `http`."""

from typing import cast

from models.incident_code import IncidentCode
from workers.engine.outside.attempt import Attempt, AttemptFailed, OutsideServices
from workers.flow.graph import Node
from workers.flow.json_value import JsonValue
from workers.outbound import OutboundError, OutboundRequest


class HttpPerformer:
    def perform(self, attempt: Attempt, services: OutsideServices) -> dict[str, JsonValue]:
        request = _request(attempt)
        try:
            response = services.outbound.send(request)
        except OutboundError as error:
            raise AttemptFailed(error.code, error.message, retryable=error.retryable) from None
        came: dict[str, JsonValue] = {
            "status": response.status,
            "headers": response.headers,
            "body": response.body,
        }
        if response.body_base64 is not None:
            came["bodyBase64"] = response.body_base64
        return {"response": came}

    def is_known(self, node: Node) -> bool:
        return True


def _request(attempt: Attempt) -> OutboundRequest:
    given = cast(dict[str, JsonValue], attempt.input)
    headers = given.get("headers") or {}
    query = given.get("query") or {}
    encoded = given.get("bodyBase64")
    if encoded is not None and not isinstance(encoded, str):
        raise AttemptFailed(IncidentCode.INVALID_REQUEST, "bodyBase64 has to be text", retryable=False)
    if not isinstance(headers, dict) or not isinstance(query, dict):
        raise AttemptFailed(
            IncidentCode.INVALID_REQUEST, "headers and query have to be objects", retryable=False
        )
    sent = {name: value if isinstance(value, str) else _plain(value) for name, value in headers.items()}
    if not any(name.lower() == "idempotency-key" for name in sent):
        sent["Idempotency-Key"] = attempt.idempotency_key
    return OutboundRequest(
        method=str(given.get("method", "GET")),
        url=str(given.get("url", "")),
        query=query,
        headers=sent,
        body=given.get("body"),
        timeout=float(cast(float, given["timeout"])),
        body_base64=encoded,
    )


def _plain(value: JsonValue) -> str:
    if value is None or isinstance(value, dict | list):
        raise AttemptFailed(
            IncidentCode.INVALID_REQUEST, "a header has to be text or a number", retryable=False
        )
    return str(value).lower() if isinstance(value, bool) else str(value)
