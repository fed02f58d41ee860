"""What the verbs of the engine share."""

import threading

from models.db import Database
from models.errors import ConfigurationError
from models.secret import Vault
from models.settings import Settings
from workers.engine.doorbell import Doorbell
from workers.engine.graphs import Graphs
from workers.engine.secrets import SecretReader
from workers.engine.store import Claim, Store, Upkeep
from workers.outbound import OutboundClient

#: How many follow-ups of one commit a worker does at once.
FOLLOW_UPS = 100


class Context:
    """One for each process; safe to share between threads.

    `follow_ups` is how many follow-ups of one commit this process does itself; sweepers do the rest.
    """

    def __init__(self, settings: Settings, database: Database, doorbell: Doorbell, follow_ups: int) -> None:
        self.settings = settings
        self.store = Store(database)
        self.upkeep = Upkeep(self.store)
        self.graphs = Graphs(self.store)
        self.doorbell = doorbell
        self.secrets = SecretReader(database, Vault(settings.encryption_keys))
        try:
            self.outbound = OutboundClient(
                allowed_private_hosts=settings.allowed_private_hosts,
                max_response_bytes=settings.max_response_bytes,
            )
        except ValueError as error:
            raise ConfigurationError(f"ALLOWED_PRIVATE_HOSTS: {error}") from None
        self.follow_ups = follow_ups
        #: Claimed tokens whose nodes run in this process now; the heartbeat renews their leases.
        self.claims: set[Claim] = set()
        #: Set at shutdown: a commit that waits for the database gives up, and so does a poll for jobs.
        self.stopping = threading.Event()
        #: Free seats of callers that poll for jobs.
        self.poll_seats = threading.Semaphore(1000)
