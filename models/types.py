"""Column types and ids that every table shares."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.types import TypeDecorator
from ulid import ULID


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time in UTC: `timestamptz` on PostgreSQL, sortable text with microseconds on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


@compiles(JSON, "sqlite")
def _json_as_text(*_: Any, **__: Any) -> str:
    # A column declared JSON has numeric affinity there: the text 1.10 would come back as the number 1.1.
    return "TEXT"


#: The longest name of a flow, an organization or an API key.
LONGEST_NAME = 255


def new_id(prefix: str = "") -> str:
    """An opaque id that sorts by the time it was made (ULID), such as `inst_01jd2v…`."""
    return prefix + str(ULID()).lower()
