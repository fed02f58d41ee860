"""Checks that several life cycles share, and the error for a wrong field."""

from collections.abc import Collection

from models.errors import Unprocessable
from models.types import LONGEST_NAME


def checked_name(name: str) -> str:
    """The name without blanks around it."""
    if not 1 <= len(name.strip()) <= LONGEST_NAME or not name.isprintable():
        raise wrong("name", f"must have 1 to {LONGEST_NAME} printable characters")
    return name.strip()


def checked_permissions(permissions: Collection[str], allowed: Collection[str]) -> list[str]:
    """Each permission once, in the order of `allowed`."""
    for permission in permissions:
        if permission not in allowed:
            raise wrong("permissions", f"{permission} is not one of {', '.join(allowed)}")
    return [permission for permission in allowed if permission in permissions]


def wrong(field: str, message: str) -> Unprocessable:
    return Unprocessable(f"{field} {message}.", [(field, message)])
