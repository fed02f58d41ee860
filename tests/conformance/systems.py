"""The systems that a case can run on, by name, each as long as the block lasts."""

import os
import tempfile
import uuid
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.conformance.interchange import Serve, served_by
from tests.conformance.pure import PurePlan
from tests.conformance.stored import WholeProduct, product_on
from tests.conformance.system import System
from tests.stores import PAIRS, RealServers, Run, StoreFactory

PURE = "pure plan"
NAMES = (PURE, *PAIRS)


@dataclass(frozen=True, slots=True)
class Systems:
    """By name: what makes a system anew for each case, and what serves files."""

    makers: dict[str, Callable[[], System]]
    serves: dict[str, Serve]


@contextmanager
def systems(names: Collection[str]) -> Iterator[Systems]:
    """The systems of these names; servers and workers run while the block does.

    `DATABASE_URL` and `REDIS_URL` name servers, without them they are started from wheels.

    Raises:
        WheelMissingError: a server is neither named nor installed.
    """
    # Taken away, so that what the product sees are the stores that are made for it.
    named = {name: os.environ.pop(name) for name in ("DATABASE_URL", "REDIS_URL") if name in os.environ}
    run = Run(uuid.uuid4().hex)
    with ExitStack() as stack:
        servers = RealServers(named, run.id)
        stack.callback(servers.close)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        factory = StoreFactory(folder, servers.urls, run)
        stack.callback(factory.close)
        ready = Systems({}, {})
        for name in names:
            if name == PURE:
                ready.makers[name] = PurePlan
            else:
                product = stack.enter_context(product_on(stack.enter_context(factory.open(name))))
                ready.makers[name] = partial(WholeProduct, product)
                ready.serves[name] = served_by(product)
        yield ready
