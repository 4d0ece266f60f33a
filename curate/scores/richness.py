"""How varied the words of a text are, whatever its length."""

from collections import Counter
from collections.abc import Sequence

WINDOW = 20
"""Words. Half of Alpaca's answers have under 31 (research/curation.md section 0), so a usual window of 50 would judge few."""


def richness(found: Sequence[str], window: int = WINDOW) -> float | None:
    """MATTR: the mean share of different words in all runs of `window` words, 0 to 1; None for fewer words than that.

    Every run is as long as every other, so length alone moves nothing: the share of different words of the whole text
    falls as it grows. Source: Covington and McFall 2010, "Cutting the Gordian knot: the moving-average type-token
    ratio". Case does not matter.
    """
    if len(found) < window:
        return None
    tokens = [word.casefold() for word in found]
    counts = Counter(tokens[:window])
    total = different = len(counts)
    for left, right in zip(tokens, tokens[window:], strict=False):
        counts[right] += 1
        different += counts[right] == 1
        counts[left] -= 1
        different -= counts[left] == 0
        total += different
    return total / (window * (len(tokens) - window + 1))
