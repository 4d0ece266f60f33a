"""What nearly all responses of a set have, so that the one that departs from it can be seen."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from stepladder.records import Row

from .text import answer_text

_KEY = re.compile(r"^[ \t]*([^\W\d_][\w ]{1,24}):[ \t]+\S", re.M)


def line_keys(text: str) -> Counter[str]:
    """How often each key opens a line of its own, as in 'Source: fares'; case does not matter."""
    return Counter(" ".join(key.split()).casefold() for key in _KEY.findall(text))


def usual_keys(rows: Sequence[Row]) -> Mapping[str, float]:
    """Keys that open a line in a tenth of the responses or more, with the share of those that have it exactly once."""
    found = [line_keys(answer_text(row)) for row in rows]
    carriers: Counter[str] = Counter()
    once: Counter[str] = Counter()
    for keys in found:
        carriers.update(keys.keys())
        once.update(key for key, count in keys.items() if count == 1)
    least = max(10, len(rows) / 10)
    return {key: once[key] / count for key, count in carriers.items() if count >= least}
