"""Numbers as a reader wants them: as many digits as the interval deserves, units said, nothing for NaN but a dash."""

import math

MISSING = "–"


def finite(value: float | None) -> float | None:
    """The value if it is a usable number, else None: NaN and infinity carry nothing that a chart can show."""
    return value if value is not None and math.isfinite(value) else None


def number(value: float | None, digits: int = 2) -> str:
    """`0.58`, with a real minus sign, never `-0.00`; a dash where there is no value."""
    if (known := finite(value)) is None:
        return MISSING
    if known and (abs(known) >= 1e6 or abs(known) < 10.0 ** -(digits + 2)):
        return _minus(f"{known:.2g}")
    return _minus(f"{round(known, digits) + 0.0:,.{digits}f}")


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
    size = abs(known)
    sign = "−" if known < 0 else ""
    for limit, divisor, unit in ((1e15, 0.0, ""), (1e9, 1e9, "B"), (1e6, 1e6, "M"), (1e4, 1e3, "k")):
        if size >= limit:
            return (
                f"{sign}{currency}{_minus(f'{size:.1e}')}"
                if not divisor
                else f"{sign}{currency}{size / divisor:.3g}{unit}"
            )
    if 0 < size < 1e-4:
        return f"{sign}{currency}{_minus(f'{size:.1e}'.replace('e-0', 'e-'))}"
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


def _minus(text: str) -> str:
    return text.replace("-", "−")
