"""JSONata by jsonata-python, compiled and run within bounds: no expression can hold a worker."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models.incident_code import IncidentCode
from workers.flow.json_value import UnkeepableJson
from workers.flow.jsonata.bounded import UNDEFINED, Bounded
from workers.flow.jsonata.bounds import BOUNDS, Bounds
from workers.flow.jsonata.meter import FAILED, OUT_OF_MEMORY, TOO_DEEP, Failure, JException, Meter
from workers.flow.jsonata.source import parse

__all__ = ["UNDEFINED", "Program", "compile_bounded"]


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """A compiled expression. Immutable; any number of threads may run it at once."""

    names: frozenset[str]
    """The variables that it may read, as far as they can be seen in it."""
    exact: bool
    """Whether it reads no others."""
    _tree: Any

    def run(
        self,
        variables: Mapping[str, object],
        now: datetime,
        meter: Meter | None = None,
        read: dict[str, Any] | None = None,
    ) -> Any:
        """The value over the variables as plain JSON, or `UNDEFINED`; raises `Failure` and nothing else.

        `now` is what `$now` and `$millis` give. The variables are not changed, and the value shares
        nothing with them. Runs with the same meter share its bounds, and with `read`, empty at first,
        what they read of the same variables.
        """
        meter = Meter() if meter is None else meter
        read = {} if read is None else read
        try:
            names = self.names & variables.keys() if self.exact else variables.keys()
            for name in names - read.keys():
                read[name] = meter.copied(variables[name])
            root = {name: read[name] for name in names}
            if not self.exact:
                meter.weigh(root)
            return Bounded(meter, now).run(self._tree, root)
        except Failure as error:
            failure = _failure(error, error.code)
        except JException as error:
            failure = _failure(error, FAILED)
        except RecursionError:  # the last stop, as is the next: the counts end it long before
            failure = Failure("the expression needs a deeper stack than Python's", TOO_DEEP)
        except MemoryError:
            failure = Failure("the process has no memory left for the expression", OUT_OF_MEMORY)
        except UnkeepableJson as error:
            failure = Failure(f"the result cannot be kept: {error}")
        except Exception as error:  # noqa: BLE001 - the library raises whatever Python raised inside it
            failure = Failure(f"the expression failed ({type(error).__name__})")
        # Raised out here, it holds no frame of the evaluation, and so none of its memory.
        raise failure


def compile_bounded(source: str, bounds: Bounds = BOUNDS) -> Program:
    """Compiles an expression; raises `SyntaxFailure`."""
    tree, reads = parse(source, bounds)
    return Program(frozenset(reads.names), reads.exact, tree)


def _failure(error: JException, code: IncidentCode) -> Failure:
    message = "the context is not what the function takes" if error.error == "T0411" else str(error)[:400]
    if error.location >= 0:
        message += f" ({error.error or code}, at character {error.location})"
    return Failure(message, code, error.error)
