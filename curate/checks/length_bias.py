"""length_bias: over all pairs, the chosen response can be told by its length."""

from collections.abc import Iterator, Sequence

import numpy as np

from stepladder.records import Row

from ..check import Finding, dataset_check
from ..preferences import Vector, side_text
from ..rates import wilson


@dataset_check("length_bias", action="note", sees="whole")
def length_bias(
    rows: Sequence[Row], *, low: float = 0.4, high: float = 0.6, at_least: int = 10, ratio: float = 2.5
) -> Iterator[tuple[None, Finding]]:
    """Give the share of pairs whose chosen response is the longer one, once its 95 % interval leaves 0.4 to 0.6.

    Beside it stand how much longer it is in the median pair, the correlation of choice and length, and in how many pairs
    one side is `ratio` times as long as the other (modelbrew's 2.5). Length in characters, ties aside, from `at_least`
    pairs on. With 59.8 % longer chosen responses "longer wins" already reaches 60 % (Rc-BT, ICLR 2026); UltraFeedback
    has 53.5 %, HH harmless 43.0 % (research/curation.md section 4).
    """
    sides = [[len(side_text(row, s)) for s in ("chosen", "rejected")] for row in rows if row.kind == "preference"]
    apart = np.array(
        [np.log(chosen / rejected) for chosen, rejected in sides if chosen != rejected and min(chosen, rejected)]
    )
    longer, of = int((apart > 0).sum()), len(apart)
    if of < at_least:
        return
    bottom, top = wilson(longer, of)
    if top < low or bottom > high:
        sign = 1 if bottom > high else -1
        hits, interval = (longer, (bottom, top)) if sign > 0 else (of - longer, (1 - top, 1 - bottom))
        word, opposite = ("longer", "shorter") if sign > 0 else ("shorter", "longer")
        said = (
            f"the chosen response is the {word} one in {hits} of {of} pairs ({interval[0]:.0%} to {interval[1]:.0%}), "
            f"{np.exp(abs(float(np.median(apart)))):.1f} times {'as long' if sign > 0 else 'shorter'} in the median pair, "
            f"and length goes with the choice at r = {_correlation(apart):.2f}; in {int((abs(apart) >= np.log(ratio)).sum())} "
            f"pairs one side is {ratio:g} times as long as the other. Training may learn length alone: write pairs "
            f"whose better side is the {opposite} one, or shorten what is long on one side only"
        )
        yield None, Finding(said, longer / of, high if sign > 0 else low)


def _correlation(apart: Vector) -> float:
    """Pearson's r of being chosen (1, -1) and log length within the pair, both sides counted: mean(d) / rms(d).

    `apart`: log of chosen over rejected length, d. Each pair is centred on its own middle, so that r compares sides and
    not prompts; between -1 and 1.
    """
    return float(apart.mean() / np.sqrt((apart**2).mean()))
