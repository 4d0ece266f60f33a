"""Numbers as a reader wants them: as many digits as the interval deserves, units said, nothing for NaN but a dash."""

import math
from collections.abc import Sequence
from itertools import pairwise

MISSING = "–"


def finite(value: float | None) -> float | None:
    """The value if it is a usable number, else None: NaN and infinity carry nothing that a chart can show."""
    return value if value is not None and math.isfinite(value) else None


def number(value: float | None, digits: int = 2) -> str:
    """`0.58`, with a real minus sign, never `-0.00`; `4.6M` and `1.2e−7` far from 1; a dash for no value."""
    known = finite(value)
    if known is None:
        return MISSING
    if abs(known) >= 1e6:
        return _large(known)
    if known and abs(known) < 10.0 ** -(digits + 2):
        return _power(known)
    return _minus(f"{round(known, digits) + 0.0:,.{digits}f}")


def ticks_text(ticks: Sequence[float]) -> list[str]:
    """The words for the ticks of one axis, all with the decimals needed to tell them apart."""
    step = min((abs(b - a) for a, b in pairwise(ticks)), default=abs(ticks[0]) if ticks else 1.0)
    largest = max(map(abs, ticks), default=0.0)
    if largest < 1e-4 or largest >= 1e6:
        return ["0" if not tick else _large(tick) if largest >= 1e6 else _power(tick) for tick in ticks]
    digits = next((d for d in range(9) if abs(step - round(step, d)) <= 1e-6 * step), 9)
    return [number(tick, digits) if tick else f"{0:.{digits}f}" for tick in ticks]


def interval(low: float | None, high: float | None, digits: int = 2) -> str:
    """`0.48 to 0.67`: the word, because a dash between negative numbers reads as arithmetic."""
    if finite(low) is None or finite(high) is None:
        return MISSING
    return f"{number(low, digits)} to {number(high, digits)}"


def signed(value: float | None, digits: int = 2) -> str:
    """`+0.08` or `−0.03`, for differences."""
    text = number(value, digits)
    return text if text == MISSING or text.startswith("−") or not float(value or 0) else f"+{text}"


def digits_for(widths: list[float]) -> int:
    """Decimals for a column of estimates, from the median width of their intervals: two digits of the width."""
    known = sorted(width for width in widths if math.isfinite(width) and width > 0)
    if not known:
        return 2
    return max(0, min(4, 1 - math.floor(math.log10(known[len(known) // 2]))))


def count(value: int | None) -> str:
    """`12,345`."""
    return MISSING if value is None else f"{value:,}"


def money(value: float | None, currency: str = "$") -> str:
    """Three digits of a price at any size: `$0.0031`, `$12.3`, `$4.6M`, `$1.2e−7`."""
    known = finite(value)
    if known is None:
        return MISSING
    size, sign = abs(known), "−" if known < 0 else ""
    if 0 < size < 1e-4:
        return f"{sign}{currency}{_power(size)}"
    if size >= 1e4:
        return f"{sign}{currency}{_large(size)}"
    return f"{sign}{currency}{size:,.0f}" if size >= 100 else f"{sign}{currency}{size:.3g}"


def seconds(value: float | None) -> str:
    """`340 ms`, `1.2 s`, `2 min 5 s`, `3 h 20 min`."""
    known = finite(value)
    if known is None:
        return MISSING
    if known < 1:
        return f"{known * 1000:.0f} ms"
    if known < 60:
        return f"{known:.1f} s"
    minutes, rest = divmod(round(known), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _large(value: float) -> str:
    if abs(value) >= 1e12:
        return _power(value)
    units = ((1e9, "B"), (1e6, "M"), (1e3, "k"), (1.0, ""))
    divisor, unit = next(each for each in units if abs(value) >= each[0] or each[0] == 1)
    return _minus(f"{value / divisor:.3g}{unit}")


def _power(value: float) -> str:
    """`1.25e−7`: three digits at most and the bare exponent."""
    base, _, exponent = f"{value:.2e}".partition("e")
    return _minus(f"{float(base):g}e{int(exponent)}")


def _minus(text: str) -> str:
    return text.replace("-", "−")
