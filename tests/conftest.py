import os
import uuid
from collections.abc import Iterator

import hypothesis
import pytest
import structlog
from xdist.workermanage import WorkerController

from harness.server import WheelMissingError
from tests.stores import PAIRS, RealServers, Run, StoreFactory, Stores

# The default prints the local variables of every frame of a traceback.
structlog.configure(
    processors=[
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    ]
)

# Two cores that others use too tell nothing about the time of one example.
hypothesis.settings.register_profile("procession", deadline=None, print_blob=True)
hypothesis.settings.load_profile("procession")

# Read once and taken away: what a test gives the product is all that the product sees.
NAMED_SERVERS = {name: os.environ.pop(name) for name in ("DATABASE_URL", "REDIS_URL") if name in os.environ}
RUN = pytest.StashKey[Run]()
SERVERS = pytest.StashKey[RealServers]()


def pytest_configure(config: pytest.Config) -> None:
    """Gives the run its name; the process that controls it has the servers."""
    given = getattr(config, "workerinput", None)
    if given is None:
        config.stash[RUN] = Run(uuid.uuid4().hex)
        config.stash[SERVERS] = RealServers(NAMED_SERVERS, config.stash[RUN].id)
    else:
        config.stash[RUN] = Run(
            given["run_id"], int(given["workerid"].removeprefix("gw")), given["workercount"]
        )


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: WorkerController) -> None:
    """Starts the servers before the first process of pytest-xdist and tells each of them where they are."""
    node.workerinput["run_id"] = node.config.stash[RUN].id
    try:
        node.workerinput["servers"] = node.config.stash[SERVERS].urls()
    except WheelMissingError as missing:
        node.workerinput["servers_missing"] = str(missing)


def pytest_unconfigure(config: pytest.Config) -> None:
    if SERVERS in config.stash:
        config.stash[SERVERS].close()


@pytest.fixture(scope="session")
def store_factory(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StoreFactory]:
    """Opens pairs of stores, for a test that needs more than `stores` or a fixture of its own scope."""

    def urls() -> tuple[str, str]:
        given = getattr(pytestconfig, "workerinput", None)
        try:
            if given is None:
                return pytestconfig.stash[SERVERS].urls()
            if "servers_missing" in given:
                raise WheelMissingError(given["servers_missing"])
        except WheelMissingError as missing:
            if os.environ.get("CI", "").lower() not in ("", "0", "false"):
                pytest.fail(f"not tested on real servers: {missing}")
            pytest.skip(f"NOT TESTED ON REAL SERVERS: {missing}; or name them by DATABASE_URL and REDIS_URL")
        postgres, valkey = given["servers"]
        return postgres, valkey

    factory = StoreFactory(tmp_path_factory.mktemp("sqlite"), urls, pytestconfig.stash[RUN])
    yield factory
    factory.close()


@pytest.fixture(params=PAIRS)
def stores(request: pytest.FixtureRequest, store_factory: StoreFactory) -> Iterator[Stores]:
    """A migrated, empty pair of stores; the test that takes it runs once on each pair."""
    with store_factory.open(request.param) as opened:
        yield opened
