"""Reads an organization's secrets for one outside call."""

from collections.abc import Collection

from cryptography.fernet import InvalidToken
from sqlmodel import col, select

from models.db import Database
from models.incident_code import IncidentCode
from models.secret import Secret, Vault
from workers.engine.outside.attempt import AttemptFailed


class SecretReader:
    """Nothing is kept: a changed secret is used by the next attempt."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def read(self, organization_id: str, names: Collection[str]) -> dict[str, str]:
        """The values of these secrets.

        Raises:
            AttemptFailed: one does not exist, or cannot be decrypted with the keys of this deployment.
        """
        if not names:
            return {}
        with self._database.reading() as session:
            rows = session.exec(
                select(Secret).where(Secret.organization_id == organization_id, col(Secret.name).in_(names))
            ).all()
        values = {}
        for row in rows:
            try:
                values[row.name] = self._vault.decrypt(row.encrypted_value)
            except InvalidToken:
                raise AttemptFailed(
                    IncidentCode.SECRET_UNREADABLE,
                    f"no key of ENCRYPTION_KEYS decrypts the secret '{row.name}'",
                    retryable=False,
                ) from None
        missing = sorted(set(names) - values.keys())
        if missing:
            raise AttemptFailed(
                IncidentCode.SECRET_MISSING,
                f"the organization has no secret named '{missing[0]}'",
                retryable=False,
            )
        return values
