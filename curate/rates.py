"""How sure a count of a few hundred rows can be."""

import math


def wilson(hits: int, of: int, z: float = 1.959963984540054) -> tuple[float, float]:
    """Wilson score interval of a share, 0 to 1; (0, 1) where there is nothing to count. z = 1.96 is 95 %.

    Source: Wilson 1927, in the form of Brown, Cai and DasGupta 2001, section 3.1.1; it stays inside 0 to 1 and covers
    well for the small counts met here. Golden value: 5 of 500 is 0.0043 to 0.0232.
    """
    if of == 0:
        return 0.0, 1.0
    share, square = hits / of, z * z
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = z * math.sqrt(share * (1 - share) / of + square / (4 * of * of)) / (1 + square / of)
    return max(0.0, middle - half), min(1.0, middle + half)


def rate(hits: int, of: int) -> dict[str, float | int]:
    """A count as it stands in summary.json: rows, share and its 95 % interval."""
    low, high = wilson(hits, of)
    return {"rows": hits, "share": round(hits / of, 4) if of else 0.0, "low": round(low, 4), "high": round(high, 4)}


def spoken(hits: int, of: int) -> str:
    """A count as a person reads it, with the 95 % interval of its share: "5 of 500: 1.0 %, 0.4 to 2.3 %"."""
    return f"{hits:,} of {of:,}: {share(hits, of)}"


def share(hits: int, of: int) -> str:
    """The share of `spoken` alone: "1.0 %, 0.4 to 2.3 %"."""
    low, high = wilson(hits, of)
    return f"{100 * hits / max(1, of):.1f} %, {100 * low:.1f} to {100 * high:.1f} %"
