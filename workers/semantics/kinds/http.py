"""serviceTask `http`: one request to another system, which `workers.engine.outside.http` sends."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import cast
from urllib.parse import unquote

from models.incident_code import IncidentCode
from workers.flow.graph import HttpCall
from workers.flow.json_value import JsonValue
from workers.flow.limits import LONGEST_CALL
from workers.flow.values.duration import parse_duration
from workers.flow.values.template import Part
from workers.semantics.kinds.kind import OutsideKind
from workers.semantics.kinds.retry import next_attempt
from workers.semantics.step import Step
from workers.semantics.stuck import Stuck
from workers.semantics.view import shown

#: Answers that are retried where the node says nothing else; 5xx too.
RETRIED_STATUSES = frozenset({408, 425, 429})


class HttpTask(OutsideKind):
    of = (HttpCall,)

    def prepare(self, step: Step) -> tuple[JsonValue, Mapping[str, list[Part]]]:
        details = step.node.details_as(HttpCall)
        seen = step.variables
        request = step.expand(details.request, seen, "input")
        url = step.expand(details.url, seen, "input.url")
        secrets = {**request.secrets, **{f"/url{pointer}": parts for pointer, parts in url.secrets.items()}}
        _refuse_climbing(step, str(url.value))
        value: dict[str, JsonValue] = {
            **cast(dict[str, JsonValue], request.value),
            "url": cast(JsonValue, url.value),
            "timeout": _seconds(step, step.expand_text(details.timeout, seen, "input.timeout") or ""),
        }
        return value, secrets

    def returned(self, step: Step, result: dict[str, JsonValue]) -> None:
        response = cast(dict[str, JsonValue], result["response"])
        status = cast(int, response["status"])
        if self._answer_is_retried(step, status, result):
            again_at = next_attempt(step, _retry_after(response["headers"], step.now))
            if again_at is not None:
                step.try_again(again_at, attempts=step.token.attempts + 1, memory=step.memory)
                return
        if self.throws(step, result, f"{step.node.id} answered {status}"):
            return
        if status >= 400:
            raise Stuck(
                IncidentCode.HTTP_STATUS,
                f"node '{step.node.id}' was answered {status}: {shown(response['body'], 300)}",
            )
        step.leave(result, merges=False, read=step.memory.input_value)

    @staticmethod
    def _answer_is_retried(step: Step, status: int, result: dict[str, JsonValue]) -> bool:
        when = step.node.retry.when
        if when is not None:
            seen = {**step.variables, **result}
            return step.is_true(when, seen, f"`retry.when` of node '{step.node.id}'")
        return status in RETRIED_STATUSES or status >= 500


def _seconds(step: Step, timeout: str) -> float:
    try:
        span = parse_duration(timeout)
    except ValueError as error:
        raise Stuck(IncidentCode.WRONG_TIME, f"input.timeout of node '{step.node.id}': {error}") from None
    if not timedelta() < span <= LONGEST_CALL:
        raise Stuck(
            IncidentCode.WRONG_TIME,
            f"input.timeout of node '{step.node.id}' is {timeout}, at most {LONGEST_CALL}",
        )
    return span.total_seconds()


def _refuse_climbing(step: Step, url: str) -> None:
    """A value put into a URL stays one segment of its path: percent-encoding leaves dots as they are."""
    path = url.split("?", 1)[0].split("#", 1)[0]
    if any(unquote(segment) in (".", "..") for segment in path.split("/")):
        raise Stuck(
            IncidentCode.INVALID_REQUEST,
            f"the url of node '{step.node.id}' has a path segment that climbs: {path}",
        )


def _retry_after(headers: JsonValue, now: datetime) -> timedelta | None:
    """Seconds or an HTTP date; anything else is as if it were not there."""
    text = str(cast(dict[str, JsonValue], headers).get("retry-after", "")).strip()
    if text.isdecimal() and len(text) < 10:
        return timedelta(seconds=int(text))
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now
