"""swapped_pair: several things say that the rejected side is the better one."""

from collections.abc import Iterator, Mapping, Sequence

from stepladder.answer_format import FormatRule
from stepladder.records import Row

from ..check import Action, Finding, dataset_check
from ..flips import flips
from ..knowledge import Knowledge
from ..meaning import Meaning
from ..pair_signals import signals


@dataset_check("swapped_pair", action="review", wants=("rule", "knowledge", "meaning", "loss_margins"))
def swapped_pair(
    rows: Sequence[Row],
    *,
    agree: int = 2,
    sure: float = 0.5,
    worth: float = 0.2,
    rule: FormatRule | None = None,
    knowledge: Knowledge | None = None,
    meaning: Meaning | None = None,
    loss_margins: Mapping[str, float] | None = None,
) -> Iterator[tuple[str, Finding]]:
    """List the signals by which the rejected side of a pair is the better one, and how likely that makes a swap.

    The signals are those of pair_signals.py, their vote is weighed by how far they agree over all pairs (flips.py), in
    place of a limit for each. Held is a pair that is swapped with a chance of `sure` by `agree` signals and more, where
    scores that the row brings count twice and need no chance; one with a chance of `worth` is noted, so that it comes
    early in review. Never turned round: PrefCleanBench (arXiv 2509.23564) finds removing better than flipping, and
    length alone is nearly blind to a swap, AUC 0.56 (research/curation.md section 4).
    """
    pairs = [row for row in rows if row.kind == "preference"]
    found = signals(pairs, rows, rule=rule, knowledge=knowledge, meaning=meaning, losses=loss_margins)
    chances = flips(found, len(pairs)).chances
    for i, row in enumerate(pairs):
        against = [signal for signal in found if signal.levels[i] < 0]
        scored = any(signal.name == "scores" for signal in against)
        votes, chance = len(against) + scored, float(chances[i])
        held = votes >= agree and (scored or chance >= sure)
        if held or (against and chance >= worth):
            said = f"the chosen side looks like the worse one: {'; '.join(signal.words[i] for signal in against)}"
            action: Action | None = None if held else "note"
            value, limit = (votes, agree) if scored and held else (chance, sure)
            yield row.id, Finding(f"{said} (chance of a swap {chance:.0%})", value, limit, action=action)
