"""The amounts of a text in one spelling each, whether written in figures or in English words.

Two people who say the same thing write "90 minutes" and "an hour and a half", "£57.50" and "fifty-seven pounds fifty",
"17:40" and "twenty to six". Embeddings hardly see such figures; read as amounts they are the surest sign that two rows
give the same answer, or that they contradict each other.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

_ONES = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_TEENS = ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_ORDINALS = """
fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth
eighteenth nineteenth twentieth
"""
_VALUE = {
    **{word: value for value, word in enumerate(_ONES + _TEENS, start=1)},
    **{word: 10 * value for value, word in enumerate(_TENS, start=2)},
    **{word: value for value, word in enumerate(_ORDINALS.split(), start=4)},
}
_BELOW_100 = rf"(?:(?:{'|'.join(_TENS)})(?:[- ](?:{'|'.join(_ONES)}))?|{'|'.join(_TEENS)}|{'|'.join(_ONES)})"
_WORDS = (
    rf"(?:(?:an?|{'|'.join(_ONES)})[ ]hundred(?:[ ]and[ ]{_BELOW_100})?|half[ ]a[ ]dozen|a[ ]dozen|{_BELOW_100}"
    rf"|{'|'.join(_ORDINALS.split())})"
)
_DIGITS = r"\d+(?:[.,]\d+)*(?:st|nd|rd|th)?"
_NUMBER = rf"(?:{_DIGITS}|{_WORDS})"
_HOUR = rf"(?:{'|'.join(_ONES + _TEENS[:3])}|1[0-2]|[1-9])"

_MINUTE = 1.0
_SCALES: dict[str, tuple[str, float]] = {
    **dict.fromkeys(("second", "sec"), ("min", _MINUTE / 60)),
    **dict.fromkeys(("minute", "min"), ("min", _MINUTE)),
    **dict.fromkeys(("hour", "hr", "h"), ("min", 60)),
    **dict.fromkeys(("day", "night"), ("min", 1440)),
    "week": ("min", 10080),
    "fortnight": ("min", 20160),
    "month": ("month", 1),
    "year": ("month", 12),
    **dict.fromkeys(("mm", "millimetre", "millimeter"), ("m", 0.001)),
    **dict.fromkeys(("cm", "centimetre", "centimeter"), ("m", 0.01)),
    **dict.fromkeys(("m", "metre", "meter"), ("m", 1)),
    **dict.fromkeys(("km", "kilometre", "kilometer"), ("m", 1000)),
    **dict.fromkeys(("foot", "feet", "ft"), ("ft", 1)),
    **dict.fromkeys(("inch", "inche"), ("in", 1)),
    "mile": ("mile", 1),
    **dict.fromkeys(("mg", "milligram"), ("g", 0.001)),
    **dict.fromkeys(("g", "gram", "gramme"), ("g", 1)),
    **dict.fromkeys(("kg", "kilo", "kilogram"), ("g", 1000)),
    **dict.fromkeys(("lb", "pound weight"), ("lb", 1)),
    **dict.fromkeys(("ml", "millilitre", "milliliter"), ("l", 0.001)),
    **dict.fromkeys(("l", "litre", "liter"), ("l", 1)),
    **dict.fromkeys(("%", "percent", "per cent"), ("%", 1)),
    **dict.fromkeys(("degree", "°c", "°f", "°"), ("degree", 1)),
    **dict.fromkeys(("£", "pound", "quid"), ("£", 1)),
    **dict.fromkeys(("p", "pence", "penny"), ("£", 0.01)),
    **dict.fromkeys(("$", "dollar", "buck"), ("$", 1)),
    **dict.fromkeys(("¢", "cent"), ("$", 0.01)),
    **dict.fromkeys(("€", "euro"), ("€", 1)),
    **dict.fromkeys(("¥", "yen"), ("¥", 1)),
}
UNITS = frozenset(_SCALES)
_UNIT = "|".join(re.escape(name) for name in sorted(_SCALES, key=len, reverse=True))
# "In an hour" is an amount, "twice an hour" is a rate.
_GOVERNING = "|".join(
    rf"(?<=\b{word}\ )" for word in ("in", "for", "after", "within", "than", "about", "over", "under", "to", "takes")
)
_MONTH = "january|february|march|april|may|june|july|august|september|october|november|december"

_FORMS = re.compile(
    rf"""
    (?P<day>\d{{1,2}})(?:st|nd|rd|th)?\ (?:of\ )?(?P<month>{_MONTH})\b
    | \b(?P<month2>{_MONTH})\ (?P<day2>\d{{1,2}})(?:st|nd|rd|th)?\b(?![:.]\d)
    | \b(?:(?P<part>half|quarter|five|ten|twenty|twenty[- ]five)|(?P<exact>{_BELOW_100}|\d{{1,2}})\ minutes)
      \ (?P<side>past|to|after|before)\ (?P<hour>{_HOUR})\b(?![.,:]?\d)
    | \b(?P<oclock>{_HOUR})\ o['’]clock\b
    | \b(?P<h12>1[0-2]|[1-9])(?:[.:](?P<m12>[0-5]\d))?\ ?(?P<half>[ap])\.?m\b
    | (?<![\d.,:£$€¥])(?P<h24>[01]?\d|2[0-3])[:.](?P<m24>[0-5]\d)(?![\d:]|[.,]\d)(?!\ ?(?:{_UNIT})(?!\w))
    | (?P<sign>[£$€¥])\ ?(?P<sum>{_DIGITS})
    | (?:\b(?P<whole>one|two|three|half\ an|half\ a|a\ quarter\ of\ an|three\ quarters\ of\ an)
        |(?:{_GOVERNING})(?P<whole1>an?)|\b(?P<whole2>an?)(?=\ fortnight|\ \w+\ and\ a\ ))
      [ ](?P<unit2>hour|minute|day|week|month|year|metre|meter|litre|liter|mile|kilo|fortnight)s?
      (?P<plus>\ and\ a\ (?:half|quarter))?\b
    | \b(?P<several>{_NUMBER})\ and\ a\ half\ (?P<unit3>{_UNIT})s?(?!\w)
    | (?<![\w.,:])(?P<number>{_NUMBER})(?:[ -]?(?:(?:paid|working|full|whole|more)\ ){{0,2}}(?P<unit>{_UNIT})s?(?!\w))?
      (?:(?<=pounds)\ (?P<pence>{_BELOW_100})\b(?!\ (?:{_UNIT})))?
    """,
    re.X,
)


@dataclass(frozen=True, slots=True, order=True)
class Amount:
    """A value in the base unit of its kind: minutes, metres, grams, litres, months, a currency, a date or clock time."""

    unit: str
    """'' where nothing is measured: a count, a reference, a year."""
    value: float

    def __str__(self) -> str:
        if self.unit in _CLOCKS:
            return f"{int(self.value) // 60}:{int(self.value) % 60:02d}"
        if self.unit == "min":
            return _time(self.value)
        return f"{self.value:g} {self.unit}".strip()

    @property
    def of_12(self) -> "Amount":
        """A clock time as it is read off a dial; any other amount as it is."""
        return Amount("clock of 12", self.value % 720) if self.unit == "clock" else self

    @property
    def tells(self) -> bool:
        """Whether it may say what a row is about; a bare number of one digit stands in too many."""
        return bool(self.unit) or self.value >= 10


_CLOCKS = ("clock", "clock of 12")


@lru_cache(maxsize=100_000)
def amounts(text: str) -> tuple[Amount, ...]:
    """The amounts of a text in order. A clock time in words has the unit 'clock of 12', since it may be either half."""
    return tuple(_read(" ".join(text.casefold().split())))


def shared(a: frozenset[Amount], b: frozenset[Amount]) -> frozenset[Amount]:
    """The amounts of `a` that `b` has too; 17:40 is twenty to six."""
    spoken = {amount for side in (a, b) for amount in side if amount.unit == "clock of 12"}
    dials = {amount.of_12 for amount in b}
    return (a & b) | {amount for amount in a if amount.of_12 in spoken and amount.of_12 in dials}


def _read(text: str) -> Iterator[Amount]:
    for match in _FORMS.finditer(text):
        found = match.groupdict()
        if month := found["month"] or found["month2"]:
            yield Amount(month, float(found["day"] or found["day2"]))
        elif found["hour"]:
            yield _spoken(found["part"] or found["exact"], found["side"], found["hour"])
        elif found["oclock"]:
            yield Amount("clock of 12", _value(found["oclock"]) % 12 * 60)
        elif found["h12"]:
            hours = int(found["h12"]) % 12 + 12 * (found["half"] == "p")
            yield Amount("clock", float(60 * hours + int(found["m12"] or 0)))
        elif found["h24"]:
            yield Amount("clock", float(60 * int(found["h24"]) + int(found["m24"])))
        elif found["sign"]:
            yield _measured(_value(found["sum"]), found["sign"])
        elif whole := found["whole"] or found["whole1"] or found["whole2"]:
            yield _measured(_PARTS[whole] + _MORE[found["plus"]], found["unit2"])
        elif found["several"]:
            yield _measured(_value(found["several"]) + 0.5, found["unit3"])
        elif found["unit"]:
            yield _measured(_value(found["number"]) + _value(found["pence"] or "0") / 100, found["unit"])
        elif found["number"] != "one":
            yield Amount("", _value(found["number"]))


_PARTS = {
    "an": 1.0, "a": 1.0, "one": 1.0, "two": 2.0, "three": 3.0, "half an": 0.5, "half a": 0.5,
    "a quarter of an": 0.25, "three quarters of an": 0.75,
}  # fmt: skip
_MORE = {None: 0.0, " and a half": 0.5, " and a quarter": 0.25}


def _spoken(part: str, side: str, hour: str) -> Amount:
    minutes = {"half": 30.0, "quarter": 15.0}.get(part) or _value(part)
    return Amount("clock of 12", (60 * _value(hour) + (minutes if side in ("past", "after") else -minutes)) % 720)


def _measured(value: float, unit: str) -> Amount:
    name, scale = _SCALES[unit]
    return Amount(name, round(value * scale, 6))


def _value(number: str) -> float:
    """Of digits or English words; a comma before three digits groups them, any other is a decimal mark."""
    if number[0].isdigit():
        plain = re.sub(r"(?:st|nd|rd|th)$", "", number)
        plain = (
            re.sub(r"[.,](?=\d{3}(?!\d))", "", plain) if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", plain) else plain
        )
        whole, *rest = re.split(r"[.,]", plain)
        return float(f"{whole}.{''.join(rest)}") if len(rest) <= 1 else float("".join((whole, *rest)))
    if number.endswith("dozen"):
        return 6.0 if number.startswith("half") else 12.0
    total = 0.0
    for word in re.split(r"[- ]", number):
        if word == "hundred":
            total = 100.0 * (total or 1.0)
        elif word not in ("a", "an", "and"):
            total += _VALUE[word]
    return total


def _time(minutes: float) -> str:
    for name, size in (("day", 1440), ("hour", 60)):
        if minutes >= size and minutes % size == 0:
            return _several(minutes / size, name)
    return _several(minutes, "minute")


def _several(count: float, name: str) -> str:
    return f"{count:g} {name}{'' if count == 1 else 's'}"
