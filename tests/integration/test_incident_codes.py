"""Incidents of a call whose secrets cannot be read, and of a node at which Procession itself fails."""

import pytest

from app.administration.secrets import set_secret
from models.errors import Busy, Unavailable
from models.secret import Vault
from tests.flows import line, python
from tests.product import Product
from workers.engine.secrets import SecretReader

ONCE = {"maxAttempts": 1}


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Busy("Somebody else holds the rows."), "BUSY"),
        (Unavailable("The database is away."), "DATABASE_UNAVAILABLE"),
        (RuntimeError("unforeseen"), "INTERNAL_ERROR"),
    ],
)
def test_what_keeps_an_attempt_from_being_made_is_the_incidents_code(
    product: Product, monkeypatch: pytest.MonkeyPatch, error: Exception, code: str
) -> None:
    def read(*_: object) -> dict[str, str]:
        raise error

    monkeypatch.setattr(SecretReader, "read", read)
    instance = product.api.start(product.api.publish(line(python("work", "test-echo", retry=ONCE))))
    assert [each["code"] for each in product.api.until(instance, "INCIDENT")["incidents"]] == [code]


def test_a_secret_that_was_encrypted_with_a_key_that_is_gone(product: Product) -> None:
    lost = Vault(["a key that is gone"])
    set_secret(product.database, lost, organization_id=product.organization_id, name="OLD", value="value")
    work = python("work", "test-echo", input={"token": "{secrets.OLD}"})
    instance = product.api.start(product.api.publish(line(work)))
    (incident,) = product.api.until(instance, "INCIDENT")["incidents"]
    assert (incident["code"], "OLD" in incident["message"]) == ("SECRET_UNREADABLE", True)
