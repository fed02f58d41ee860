"""Time zones by their IANA names, and what the clocks in one of them show."""

from datetime import UTC, datetime, timedelta, tzinfo
from difflib import get_close_matches
from functools import cache
from math import ceil, floor
from zoneinfo import ZoneInfo, available_timezones

#: Names that depend on the machine.
_NO_ZONES = {"localtime", "posixrules", "Factory"}


def find_zone(name: str) -> tzinfo:
    """The zone of an IANA name such as `Europe/Berlin`. Raises ValueError for any other."""
    if name == "UTC":
        return UTC
    if name in _names():
        return ZoneInfo(name)
    meant = get_close_matches(name[:64].casefold(), _by_folded(), n=1, cutoff=0.7)
    hint = f"did you mean {_by_folded()[meant[0]]}?" if meant else "a name is such as Europe/Berlin, or UTC"
    raise ValueError(f"{name[:64]!r} is no time zone; {hint}")


def to_utc(local: datetime) -> datetime:
    """The moment at which the clocks of its zone show what an aware time says.

    A time that they show twice means the first, unless `fold` says otherwise. A time that they leave out
    means the moment at which they are set forward.
    """
    moment = local.astimezone(UTC)
    zone = local.tzinfo
    if zone is None or _wall(moment.astimezone(zone)) == _wall(local):
        return moment
    before, after = (local.replace(fold=fold).astimezone(UTC) for fold in (1, 0))
    return first_change(before, after, zone)


def first_change(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """A moment in (before, after] at which the zone's clocks are set, where they differ at the two ends."""

    def offset(seconds: int) -> timedelta | None:
        return datetime.fromtimestamp(seconds, zone).utcoffset()

    least, most = floor(before.timestamp()), ceil(after.timestamp())
    unset = offset(least)
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (middle, most) if offset(middle) == unset else (least, middle)
    return datetime.fromtimestamp(most, UTC)


def _wall(local: datetime) -> datetime:
    return local.replace(tzinfo=None)


@cache
def _names() -> frozenset[str]:
    # Cached, because each call walks through the files of all zones.
    return frozenset(available_timezones() - _NO_ZONES)


@cache
def _by_folded() -> dict[str, str]:
    return {name.casefold(): name for name in sorted(_names())}
