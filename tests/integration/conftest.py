from collections.abc import Iterator

import pytest

from tests.product import Product
from tests.stores import Stores


@pytest.fixture
def product(stores: Stores) -> Iterator[Product]:
    """The whole product on each pair of stores, its workers at work."""
    with Product(stores) as opened:
        yield opened.work()
