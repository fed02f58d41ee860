from collections.abc import Iterator

import pytest

from tests.faults.meeting import SOON
from tests.product import Product
from tests.stores import POSTGRESQL_AND_VALKEY, StoreFactory, Stores


@pytest.fixture
def product(stores: Stores) -> Iterator[Product]:
    """Its workers rest until the test lets them work; what a lost one had comes back soon."""
    with Product(stores, **SOON) as opened:
        yield opened


@pytest.fixture
def on_postgresql(store_factory: StoreFactory) -> Iterator[Product]:
    """For what only happens where several write at once."""
    with store_factory.open(POSTGRESQL_AND_VALKEY) as stores, Product(stores, resend_seconds=0.3) as opened:
        yield opened.work()
