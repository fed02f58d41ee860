"""`$formatNumber`: a number by a picture, as XPath's `fn:format-number` says (Functions 3.1, 4.7).

Halves go to the even digit, by the digits that the number is written with: what 2.675 looks like is half.
"""

import math
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from itertools import accumulate
from typing import Any, NoReturn

from workers.flow.jsonata.meter import Failure

SIGNS = {
    "decimal-separator": ".",
    "grouping-separator": ",",
    "exponent-separator": "e",
    "minus-sign": "-",
    "percent": "%",
    "per-mille": "\u2030",
    "zero-digit": "0",
    "digit": "#",
    "pattern-separator": ";",
    "infinity": "Infinity",
    "NaN": "NaN",
}
_CHARACTERS = {*SIGNS} - {"minus-sign", "percent", "per-mille", "infinity", "NaN"}
_EXACT = Context(prec=1_200, rounding=ROUND_HALF_EVEN)  # more than a double and a picture have digits


def format_number(value: Any, picture: Any, options: Any) -> Any:
    """A number in the layout of a picture; raises `Failure` for a picture or an option that is none."""
    if value is None:
        return None
    if picture is None:
        _refuse("D3080", "takes a picture")
    signs = SIGNS | {name: text for name, text in (options or {}).items() if name in SIGNS}
    for name, text in signs.items():
        if not isinstance(text, str) or (name in _CHARACTERS and len(text) != 1):
            _refuse("D3080", f"takes {'one character' if name in _CHARACTERS else 'a text'} as {name}")
    halves = picture.split(signs["pattern-separator"])
    if len(halves) > 2:
        _refuse("D3080", "takes a picture of one or two parts")
    pictures = [_Picture.read(half, signs) for half in halves]
    if value < 0:
        sign = signs["minus-sign"] if len(pictures) == 1 else ""
        return sign + pictures[-1].write(-value)
    return pictures[0].write(value)


@dataclass(frozen=True, slots=True)
class _Picture:
    """A part of a picture: the mantissa's places before and after the point, and the exponent's."""

    signs: dict[str, str]
    scale: int
    prefix: str
    whole: str
    fraction: str
    exponent: str | None
    suffix: str

    @classmethod
    def read(cls, text: str, signs: dict[str, str]) -> "_Picture":
        family = _family(signs)
        point, comma, mark = signs["decimal-separator"], signs["grouping-separator"], signs["digit"]
        places = [at for at, char in enumerate(text) if char in family or char in (point, comma, mark)]
        if not any(text[at] in family or text[at] == mark for at in places):
            _refuse("D3085", "takes a picture with a digit")
        start, end = places[0], places[-1] + 1
        active, suffix = text[start:end], text[end:]
        mantissa, separator, exponent = active.partition(signs["exponent-separator"])
        if not separator and suffix.startswith(signs["exponent-separator"]):
            _refuse("D3093", "takes an exponent of digits")
        whole, dot, fraction = mantissa.partition(point)
        percent, mille = signs["percent"], signs["per-mille"]
        for error, wrong in (
            ("D3081", point in fraction),
            ("D3082", text.count(percent) > 1),
            ("D3083", text.count(mille) > 1),
            ("D3084", percent in text and mille in text),
            ("D3085", not any(char in family or char == mark for char in mantissa)),
            ("D3086", any(char not in family and char not in (comma, mark) for char in whole + fraction)),
            ("D3087", bool(dot) and (whole.endswith(comma) or fraction.startswith(comma))),
            ("D3088", not dot and whole.endswith(comma)),
            ("D3089", comma * 2 in text),
            ("D3090", any(char in family for char in whole.partition(mark)[0]) and mark in whole),
            ("D3091", any(char in family for char in fraction.rpartition(mark)[2]) and mark in fraction),
            ("D3092", bool(separator) and (percent in text or mille in text)),
            ("D3093", bool(separator) and any(char not in family for char in exponent)),
        ):
            if wrong:
                _refuse(error, "does not know such a picture")
        scale = 100 if percent in text else 1_000 if mille in text else 1
        return cls(signs, scale, text[:start], whole, fraction, exponent if separator else None, suffix)

    def write(self, value: float) -> str:
        """What is not negative, laid out."""
        family, point = _family(self.signs), self.signs["decimal-separator"]
        value = value * self.scale
        if not math.isfinite(value):
            _refuse("D1001", "takes no number that is out of range")
        least_whole, least, most = self._places()
        number, power = Decimal(repr(value)), 0
        if self.exponent is not None:
            number, power = _scaled(number, sum(char in family for char in self.whole))
        number = number.quantize(Decimal(1).scaleb(-most), context=_EXACT)
        whole, _, fraction = f"{number:f}".partition(".")
        whole = self._grouped(whole.lstrip("0").rjust(least_whole, "0"))
        fraction = self._divided(fraction.rstrip("0").ljust(least, "0"))
        text = whole + (point + fraction if fraction else "")
        if self.exponent is not None:
            sign = self.signs["minus-sign"] if power < 0 else ""
            text += self.signs["exponent-separator"] + sign + str(abs(power)).rjust(len(self.exponent), "0")
        digits = str.maketrans("0123456789", family)
        return self.prefix + text.translate(digits) + self.suffix

    def _places(self) -> tuple[int, int, int]:
        """How many digits there are at least before the point, and at least and at most behind it."""
        family, mark = _family(self.signs), self.signs["digit"]
        whole = sum(char in family for char in self.whole)
        least = sum(char in family for char in self.fraction)
        most = least + self.fraction.count(mark)
        if whole == most == 0:
            whole, least, most = (0, 1, 1) if self.exponent is not None else (1, 0, 0)
        if self.exponent is not None and whole == 0 and mark in self.whole:
            whole = 1
        if whole == least == 0:
            least = 1
        return whole, least, most

    def _grouped(self, digits: str) -> str:
        comma = self.signs["grouping-separator"]
        groups = self.whole.split(comma)[1:]
        if not groups:
            return digits
        ends = [*accumulate(map(len, reversed(groups)))]
        step = math.gcd(*ends)
        if ends == [step * count for count in range(1, len(ends) + 1)]:
            ends = [*range(step, len(digits), step)]
        for end in reversed([end for end in ends if end < len(digits)]):
            digits = f"{digits[:-end]}\0{digits[-end:]}" if end else digits
        return digits.replace("\0", comma)

    def _divided(self, digits: str) -> str:
        groups = self.fraction.split(self.signs["grouping-separator"])[:-1]
        ends = [end for end in accumulate(map(len, groups)) if end < len(digits)]
        parts = [digits[one:two] for one, two in zip([0, *ends], [*ends, len(digits)], strict=True)]
        return self.signs["grouping-separator"].join(parts)


def _family(signs: dict[str, str]) -> str:
    return "".join(chr(ord(signs["zero-digit"]) + at) for at in range(10))


def _scaled(number: Decimal, places: int) -> tuple[Decimal, int]:
    """A mantissa of so many digits before its point, and the power of ten that it takes."""
    power = 0
    while number and number < Decimal(10) ** (places - 1):
        number, power = number.scaleb(1), power - 1
    while number > Decimal(10) ** places:
        number, power = number.scaleb(-1), power + 1
    return number, power


def _refuse(error: str, message: str) -> NoReturn:
    raise Failure(f"$formatNumber {message}", error=error)
