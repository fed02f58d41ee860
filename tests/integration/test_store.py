"""What the verbs ask of the store, on each database."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import pytest

from models.db import Database
from models.flow import PRODUCTION, Flow, FlowVersion
from models.instance import Instance
from models.organization import Organization
from models.subscription import Subscription
from tests.stores import Stores
from tests.world import NOW
from workers.engine.store import Store, messages, subscriptions
from workers.semantics.changes import Address


@pytest.fixture
def store(stores: Stores) -> Iterator[Store]:
    """A store with the instance `i` of the organization `o`; no worker moves it."""
    with closing(Database(stores.settings())) as database:
        with database.writing() as session:
            session.add(Organization(id="o", name="o", created_at=NOW))
            session.flush()
            session.add(Flow(id="f", organization_id="o", name="f", created_at=NOW))
            session.flush()
            session.add(FlowVersion(id="v", flow_id="f", version_number=1, definition={}, created_at=NOW))
            session.flush()
            session.add(
                Instance(
                    id="i",
                    organization_id="o",
                    flow_id="f",
                    version_id="v",
                    version_number=1,
                    environment=PRODUCTION,
                    started_at=NOW,
                )
            )
        yield Store(database)


def test_a_message_is_offered_to_each_that_waits_however_many_wait_before(store: Store) -> None:
    address = Address("o", PRODUCTION, "go", "k")
    names = [f"sub_{number:03}" for number in range(45)]
    with store.database.writing() as session:
        for number, name in enumerate(names):
            session.add(
                Subscription(
                    id=name,
                    organization_id="o",
                    environment=PRODUCTION,
                    name="go",
                    correlation_key="k",
                    instance_id="i",
                    holder_id=f"tok_{number}",
                    node_id="n",
                    created_at=NOW + timedelta(seconds=number // 30),  # many at the same moment
                )
            )
    with store.transaction() as transaction:
        assert messages.lock(transaction, address)
        offered = []
        for each in subscriptions.waiting(transaction, address):
            offered.append(each.id)
            # Its instance ends meanwhile.
            transaction.run("DELETE FROM subscriptions WHERE id = :id", id=each.id)
        assert offered == names
        assert not list(subscriptions.waiting(transaction, address))
