"""What an earlier release published and this one refuses to publish anew."""

from dataclasses import dataclass, field

from tests.flows import Json, http, line, user

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
XML = {"Content-Type": "text/xml"}

#: Stands for the address of the server outside that the test runs.
BASE = "http://outside.example"


@dataclass(frozen=True)
class Case:
    """A flow that waits at the user task `hold` first; `code` is what it is refused with today."""

    definition: Json
    code: str
    data: Json = field(default_factory=dict)


REFUSED_SINCE = {
    "a form with an object in it": Case(
        line(user("hold"), http("a", BASE, input={"headers": FORM, "body": {"a": {"b": 1}}})),
        "INVALID_REQUEST",
    ),
    "an object as XML": Case(
        line(
            user("hold"), http("a", BASE, input={"headers": {"content-type": "text/xml"}, "body": {"a": 1}})
        ),
        "INVALID_REQUEST",
    ),
    "an array as a form": Case(
        line(user("hold"), http("a", BASE, input={"headers": FORM, "body": [1]})),
        "INVALID_REQUEST",
    ),
}
