"""The formats that `format` asserts, each as the RFC has it that JSON Schema 2020-12 names in 7.3.

Every check takes time linear in the text. RE2 matches bytes, so that a class such as `[0-9]` means ASCII.
"""

from calendar import isleap
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address
from typing import Final

import idna
import re2

_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_MINUTES = 24 * 60


def _pattern(source: str) -> Callable[[str], bool]:
    options = re2.Options()
    options.never_capture = True
    options.max_mem = 1024 * 1024
    compiled = re2.compile(source.encode(), options)
    return lambda text: compiled.fullmatch(text.encode("utf-8", "surrogatepass")) is not None


# RFC 3339, 5.6: a reader of `T` and `Z` takes both cases.
_is_full_date = _pattern("[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])")
_is_full_time = _pattern(
    "(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:[.][0-9]+)?"
    "(?:[zZ]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
)


def is_date(text: str) -> bool:
    """A `full-date` of RFC 3339: a day that the calendar has, in a year of four digits."""
    return _is_full_date(text) and int(text[8:]) <= _days(text)


def is_time(text: str) -> bool:
    """A `full-time` of RFC 3339, with its offset. Second 60 is there where it is 23:59 in UTC."""
    return _is_full_time(text) and (not _is_leap_second(text) or _minute_in_utc(text) % _MINUTES == 1439)


def is_date_time(text: str) -> bool:
    """A `date-time` of RFC 3339. A leap second ends a month in UTC, as its 5.7 has it."""
    date, separator, time = text[:10], text[10:11], text[11:]
    if separator not in ("T", "t") or not is_date(date) or not is_time(time):
        return False
    if not _is_leap_second(time):
        return True
    day = int(date[8:]) + _minute_in_utc(time) // _MINUTES
    return day in (0, _days(date))  # 0 is the last of the month before


def _days(date: str) -> int:
    month = int(date[5:7])
    return 29 if month == 2 and isleap(int(date[:4])) else _DAYS[month - 1]


def _is_leap_second(time: str) -> bool:
    return time[6:8] == "60"


def _minute_in_utc(time: str) -> int:
    """The minute of the day in UTC; below zero it is of the day before, from 1440 on of the day after."""
    minute = int(time[:2]) * 60 + int(time[3:5])
    if time[-1] in "zZ":
        return minute
    offset = int(time[-5:-3]) * 60 + int(time[-2:])
    return minute - offset if time[-6] == "+" else minute + offset


def is_ipv4(text: str) -> bool:
    """Four decimals without leading zeros, which others read as octal."""
    return _is_address(IPv4Address, text)


def is_ipv6(text: str) -> bool:
    """An address of RFC 4291, 2.2, without a zone."""
    return "%" not in text and _is_address(IPv6Address, text)


def _is_address(family: Callable[[str], object], text: str) -> bool:
    try:
        family(text)
    except ValueError:
        return False
    return True


_LABEL = "[0-9A-Za-z](?:[0-9A-Za-z-]{0,61}[0-9A-Za-z])?"
_is_host = _pattern(f"{_LABEL}(?:[.]{_LABEL})*")
_DOTS = dict.fromkeys(map(ord, "\u3002\uff0e\uff61"), ".")  # the others of RFC 3490, 3.1
MAX_HOST: Final = 253
"""Characters of a host name: 255 octets of RFC 1035, with a length before each label and a root."""


def is_hostname(text: str) -> bool:
    """A name of RFC 1123, 2.1; a label that begins with `xn--` has to be an A-label of RFC 5890."""
    return text.isascii() and is_idn_hostname(text)


def is_idn_hostname(text: str) -> bool:
    """A host name whose labels may be U-labels of RFC 5890."""
    if len(text) > MAX_HOST:
        return False
    try:
        name = ".".join([_to_ascii(label) for label in text.translate(_DOTS).split(".")])
    except UnicodeError:
        return False
    return len(name) <= MAX_HOST and _is_host(name)


def _to_ascii(label: str) -> str:
    """A label as the name system has it. Raises UnicodeError for what is neither A-label nor U-label."""
    if not label.isascii():
        return idna.alabel(label).decode()
    if label[:4].lower() == "xn--":
        # Punycode has several spellings of one label, and only that of its encoder is an A-label.
        spelt = idna.ulabel(label).encode("punycode").decode()
        if spelt != label[4:].lower():
            raise UnicodeError(label)
    return label


_SNUM = "(?:25[0-5]|2[0-4][0-9]|[01]?[0-9]{1,2})"
_is_ipv4_literal = _pattern(rf"{_SNUM}(?:[.]{_SNUM}){{3}}")


def _mailbox(others: str, is_domain: Callable[[str], bool]) -> Callable[[str], bool]:
    """A `Mailbox` of RFC 5321, 4.1.2; `others` are what RFC 6531 allows besides ASCII."""
    atom = rf"[0-9A-Za-z!#$%&'*+/=?^_`{{|}}~{others}-]+"
    is_local = _pattern(rf'{atom}(?:[.]{atom})*|"(?:[ !#-\[\]-~{others}]|\\[ -~])*"')

    def check(text: str) -> bool:
        local, at, domain = text.rpartition("@")
        if not at or not is_local(local):
            return False
        if not (domain.startswith("[") and domain.endswith("]")):
            return is_domain(domain)
        literal = domain[1:-1]
        return is_ipv6(literal[5:]) if literal[:5].lower() == "ipv6:" else _is_ipv4_literal(literal)

    return check


# RFC 3987, 2.2.
_UCS = r"\x{A0}-\x{D7FF}\x{F900}-\x{FDCF}\x{FDF0}-\x{FFEF}" + "".join(
    rf"\x{{{plane:X}{'1000' if plane == 14 else '0000'}}}-\x{{{plane:X}FFFD}}" for plane in range(1, 15)
)
_PRIVATE = r"\x{E000}-\x{F8FF}\x{F0000}-\x{FFFFD}\x{100000}-\x{10FFFD}"
_ENCODED = "%[0-9A-Fa-f]{2}"
_is_ip_future = _pattern(r"[vV][0-9A-Fa-f]+[.][0-9A-Za-z._~!$&'()*+,;=:-]+")


def _reference(ucs: str = "", private: str = "", *, relative: bool) -> Callable[[str], bool]:
    """A URI of RFC 3986, appendix A, or an IRI of RFC 3987, or also one without its scheme."""

    def some(more: str, others: str = "") -> str:
        return rf"(?:[0-9A-Za-z._~!$&'()*+,;={more}{ucs}{others}-]|{_ENCODED})"

    segment = some(":@")
    rest = rf"(?:/{segment}*)*"
    authority = rf"(?:{some(':')}*@)?(?:\[[^\[\]/?#@]*\]|{some('')}*)(?::[0-9]*)?"
    end = rf"(?:\?{some(':@/?', private)}*)?(?:#{some(':@/?')}*)?"

    def hierarchy(first: str) -> str:
        return rf"(?://{authority}{rest}|/(?:{segment}+{rest})?|{first}+{rest}|)"

    source = rf"[A-Za-z][0-9A-Za-z+.-]*:{hierarchy(segment)}{end}"
    fits = _pattern(f"{source}|{hierarchy(some('@'))}{end}" if relative else source)

    def check(text: str) -> bool:
        if not fits(text):
            return False
        # Brackets stand around the address of a host and nowhere else.
        _, bracket, address = text.partition("[")
        literal = address.partition("]")[0]
        return not bracket or is_ipv6(literal) or _is_ip_future(literal)

    return check


# RFC 6901, 3, and what stands before it in a relative one.
_POINTER = "(?:/(?:[^/~]|~[01])*)*"
_COUNT = "(?:0|[1-9][0-9]*)"

# RFC 6570, 2, with the apostrophe of its erratum.
_LITERAL = rf"[!#$&-;=?-\[\]_a-z~{_UCS}{_PRIVATE}]|{_ENCODED}"
_NAME = rf"(?:[0-9A-Za-z_]|{_ENCODED})(?:[.]?(?:[0-9A-Za-z_]|{_ENCODED}))*"
_VARIABLE = rf"{_NAME}(?::[1-9][0-9]{{0,3}}|\*)?"

# RFC 3339, appendix A: no unit is left out in the middle, and there are no fractions.
_SPAN_OF_DAYS = "(?:[0-9]+[yY](?:[0-9]+[mM](?:[0-9]+[dD])?)?|[0-9]+[mM](?:[0-9]+[dD])?|[0-9]+[dD])"
_SPAN_OF_HOURS = "[tT](?:[0-9]+[hH](?:[0-9]+[mM](?:[0-9]+[sS])?)?|[0-9]+[mM](?:[0-9]+[sS])?|[0-9]+[sS])"

FORMATS: Final[dict[str, Callable[[str], bool]]] = {
    "date": is_date,
    "date-time": is_date_time,
    "duration": _pattern(f"[pP](?:[0-9]+[wW]|{_SPAN_OF_DAYS}(?:{_SPAN_OF_HOURS})?|{_SPAN_OF_HOURS})"),
    "email": _mailbox("", is_hostname),
    "hostname": is_hostname,
    "idn-email": _mailbox(r"\x{80}-\x{10FFFF}", is_idn_hostname),
    "idn-hostname": is_idn_hostname,
    "ipv4": is_ipv4,
    "ipv6": is_ipv6,
    "iri": _reference(_UCS, _PRIVATE, relative=False),
    "iri-reference": _reference(_UCS, _PRIVATE, relative=True),
    "json-pointer": _pattern(f"(?s){_POINTER}"),
    "relative-json-pointer": _pattern(f"(?s){_COUNT}(?:[+-]{_COUNT})?(?:#|{_POINTER})"),
    "time": is_time,
    "uri": _reference(relative=False),
    "uri-reference": _reference(relative=True),
    "uri-template": _pattern(rf"(?:{_LITERAL}|\{{[+#./;?&=,!@|]?{_VARIABLE}(?:,{_VARIABLE})*\}})*"),
    "uuid": _pattern("[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"),
}

_WITH_HOST = frozenset({"email", "hostname", "idn-email", "idn-hostname"})


def cost(name: str, text: str) -> int:
    """What it costs to check a text, in steps of about 2 microseconds."""
    steps = len(text) // 64
    if name in _WITH_HOST and not (text.isascii() and "xn--" not in text.lower()):
        steps += 4 * min(len(text), MAX_HOST)  # each character is looked up in the tables of RFC 5892
    return steps


EXAMPLES: Final = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T09:15:00Z",
    "duration": "P1DT12H",
    "email": "jane@example.com",
    "hostname": "mail.example.com",
    "idn-email": "jane@example.com",
    "idn-hostname": "mail.example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "iri": "https://example.com/a",
    "iri-reference": "/a",
    "json-pointer": "/items/0",
    "relative-json-pointer": "1/items/0",
    "time": "09:15:00Z",
    "uri": "https://example.com/a",
    "uri-reference": "/a",
    "uri-template": "https://example.com/{id}",
    "uuid": "3f8a1c2d-0000-4000-8000-000000000000",
}
"""What a message shows of each format."""
