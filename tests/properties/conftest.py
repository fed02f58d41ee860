from collections.abc import Iterator
from unittest.mock import patch

import hypothesis
import pytest

# `make test` tries 100 examples of each property, in CI always the same ones; `make properties` tries more.
hypothesis.settings.register_profile("long", deadline=None, max_examples=2_000, print_blob=True)


@pytest.fixture(autouse=True, scope="package")
def patience() -> Iterator[None]:
    """No expression here takes long; a collection of this process's large heap in the midst of one may."""
    with patch("workers.flow.jsonata.meter.MAX_SECONDS", 60.0):
        yield
