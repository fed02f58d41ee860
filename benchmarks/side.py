"""One side of a pair: a deployment that runs the flows in turns, and what it spends on each."""

from collections.abc import Callable
from functools import reduce
from operator import add

from benchmarks.deployment import Deployment
from benchmarks.flows import decisions, fork, plain
from benchmarks.spent import Spent, spend

LOADS = {"plain": plain(10), "decisions": decisions(), "fork": fork(8)}

FIGURES: dict[str, Callable[[Spent], float]] = {
    "web, ms for each start": lambda spent: spent.web / spent.starts * 1000,
    "workers, ms for each node": lambda spent: spent.workers / spent.nodes * 1000,
    "nodes per second": lambda spent: spent.nodes / spent.clock,
}

#: Instances of each flow that run before it is measured, so that each thread has its connection by then.
WARM_UP = 32


class Side:
    """Runs the flows on a deployment whose processes have been started."""

    def __init__(self, deployment: Deployment, callers: int) -> None:
        self._deployment = deployment
        self._callers = callers
        self._spent = dict.fromkeys(LOADS, Spent())
        deployment.wait_for_web()
        deployment.wait_for_workers()
        self._flows = {name: deployment.api.publish(load.definition) for name, load in LOADS.items()}
        for name in LOADS:
            self._spend(name, WARM_UP)

    def run(self, name: str, instances: int) -> None:
        """Runs instances of one of the flows, and adds up what they cost."""
        self._spent[name] += self._spend(name, instances)

    def figures(self) -> dict[str, float]:
        """Each figure of each flow, and of all flows together."""
        spent = {**self._spent, "all": reduce(add, self._spent.values())}
        return {f"{what}, {name}": of(each) for what, of in FIGURES.items() for name, each in spent.items()}

    def _spend(self, name: str, instances: int) -> Spent:
        load = LOADS[name]
        return spend(self._deployment, self._flows[name], load.data, instances, self._callers)
