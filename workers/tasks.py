"""How a team's own functions become nodes.

A module named in `TASK_MODULES` registers functions; a `serviceTask` with `"implementation": "python"` and
that name calls them:

    from workers.tasks import Context, task

    @task("charge-card")
    def charge_card(input: dict, context: Context) -> dict:
        return payments.charge(input["amount"], idempotency_key=context.idempotency_key)

What the function returns is `result` for the node's `output`. It is called at least once: a function with
effects outside passes `context.idempotency_key` to the other system, so that it recognizes a repeated call.
"""

import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from models.errors import ConfigurationError
from workers.flow.json_value import JsonValue


@dataclass(frozen=True, slots=True)
class Context:
    """What a function is told beside its input."""

    process_instance_id: str
    node_id: str
    attempt: int  # from 1
    idempotency_key: str  # the same for every attempt with the same input


class BpmnError(Exception):
    """Throws the BPMN error `code` at the node: a boundary event may catch it. It is not retried."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(message or code)
        self.code = code


class RetryLater(Exception):
    """The attempt failed and the next one makes no sense before `after`."""

    def __init__(self, message: str, after: timedelta | None = None) -> None:
        super().__init__(message)
        self.after = after


class DoNotRetry(Exception):
    """The attempt failed, and so would every other: the node becomes an incident at once."""


TaskFunction = Callable[[JsonValue, Context], JsonValue]

_registered: dict[str, TaskFunction] = {}


def task(name: str) -> Callable[[TaskFunction], TaskFunction]:
    """Registers the decorated function under `name`; a name may be registered once."""

    def register(function: TaskFunction) -> TaskFunction:
        known = _registered.get(name)
        if known is not None and (known.__module__, known.__qualname__) != (
            function.__module__,
            function.__qualname__,
        ):
            raise ValueError(f"the task '{name}' is registered already, by {known.__module__}")
        _registered[name] = function
        return function

    return register


def find_task(name: str) -> TaskFunction | None:
    return _registered.get(name)


def registered_tasks() -> frozenset[str]:
    return frozenset(_registered)


def load_task_modules(modules: Iterable[str]) -> None:
    """Imports the modules that register tasks.

    Raises:
        ConfigurationError: there is none of that name where Python looks, or it fails to be imported.
    """
    for module in modules:
        try:
            importlib.import_module(module)
        except ModuleNotFoundError as error:
            if error.name is None or not f"{module}.".startswith(f"{error.name}."):
                raise _failed(module, error) from error
            raise ConfigurationError(
                f"TASK_MODULES names '{module}', and there is no module '{error.name}' in {Path.cwd()}, on"
                " PYTHONPATH or installed: start in the folder that holds it, or name it by PYTHONPATH"
            ) from error
        except Exception as error:
            raise _failed(module, error) from error


def _failed(module: str, error: Exception) -> ConfigurationError:
    return ConfigurationError(
        f"TASK_MODULES names '{module}', which fails to be imported: {type(error).__name__}: {error}"
    )
