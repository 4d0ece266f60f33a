"""length_bias: over all pairs, the chosen response can be told by its length."""

from collections.abc import Iterator, Sequence

from stepladder.records import Row, text_of

from ..check import Finding, dataset_check
from ..rates import wilson


@dataset_check("length_bias", action="note", sees="whole")
def length_bias(
    rows: Sequence[Row], *, low: float = 0.4, high: float = 0.6, at_least: int = 10
) -> Iterator[tuple[None, Finding]]:
    """Give the share of pairs whose chosen response is the longer one, once its 95 % interval leaves 0.4 to 0.6.

    Length in characters, ties aside, from `at_least` pairs on. With 59.8 % longer chosen responses "longer wins"
    already reaches 60 % (Rc-BT, ICLR 2026); UltraFeedback has 53.5 %, HH harmless 43.0 % (research/curation.md
    section 4).
    """
    sides = [[len(text_of(r.answers[side])) for side in ("chosen", "rejected")] for r in rows if r.kind == "preference"]
    untied = [(chosen, rejected) for chosen, rejected in sides if chosen != rejected]
    longer, of = sum(chosen > rejected for chosen, rejected in untied), len(untied)
    if of < at_least:
        return
    bottom, top = wilson(longer, of)
    if top < low or bottom > high:
        word = "longer" if bottom > high else "shorter"
        hits = longer if word == "longer" else of - longer
        edge = high if word == "longer" else low
        interval = f"{bottom:.0%} to {top:.0%}" if word == "longer" else f"{1 - top:.0%} to {1 - bottom:.0%}"
        said = f"the chosen response is the {word} one in {hits} of {of} pairs ({interval})"
        yield None, Finding(f"{said}: training may learn length alone", longer / of, edge)
