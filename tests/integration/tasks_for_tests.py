"""Python tasks that the tests' flows call; what they did can be asked in the same process."""

import threading
import time
from collections import defaultdict
from datetime import timedelta
from typing import Any

from workers.tasks import BpmnError, Context, DoNotRetry, RetryLater, task

calls: dict[str, list[Context]] = defaultdict(list)
gates: dict[str, threading.Event] = defaultdict(threading.Event)


@task("test-echo")
def echo(input: Any, context: Context) -> Any:
    calls[context.process_instance_id].append(context)
    return input


@task("test-fail-times")
def fail_times(input: Any, context: Context) -> Any:
    """Fails in its first `times` attempts."""
    calls[context.process_instance_id].append(context)
    if context.attempt <= input["times"]:
        raise ConnectionError(f"no answer to attempt {context.attempt}")
    return {"attempt": context.attempt}


@task("test-raise")
def raise_as_told(input: Any, context: Context) -> Any:
    calls[context.process_instance_id].append(context)
    match input["what"]:
        case "bpmn":
            raise BpmnError("CARD_REFUSED", "no cover")
        case "never":
            raise DoNotRetry("this card is stolen")
        case "later":
            raise RetryLater("come back", timedelta(milliseconds=50))
    return {"secret": input.get("secret")}


@task("test-gate")
def gate(input: Any, context: Context) -> Any:
    """Runs until its gate opens."""
    calls[context.process_instance_id].append(context)
    gates[context.process_instance_id].wait(30)
    return {"opened": True}


@task("test-sleep")
def sleep(input: Any, context: Context) -> Any:
    calls[context.process_instance_id].append(context)
    time.sleep(input["seconds"])
    return {}


@task("test-tell")
def tell(input: Any, context: Context) -> Any:
    """Fails with a message that holds what it was given."""
    raise ValueError(f"refused the token {input['token']}")


@task("test-not-json")
def not_json(input: Any, context: Context) -> Any:
    return {"when": object()}
