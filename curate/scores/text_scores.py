"""The scores that need no model: what a response looks like, in figures."""

from stepladder.records import Row

from ..text import answer_text, prose, words
from .richness import richness
from .slop import slop
from .specificity import specificity
from .structure import structure


def text_scores(row: Row) -> dict[str, float]:
    """Figures of the response to learn from; one that cannot be told of it (too short, no words) is left out.

    prompt_words, response_words; richness (0 to 1), structure (0 to 1), specificity (0 to 1), slop (phrases in 100 words).
    Signals to look at: rules of this kind reject 63 to 79 % of good answers when they decide (research/curation.md 0.2).
    """
    text = answer_text(row)
    plain = prose(text)
    said = words(text)
    found = said if plain == text else words(plain)
    measured = {
        "richness": richness(found),
        "structure": structure(text),
        "specificity": specificity(text, len(said)),
        "slop": slop(plain, found),
    }
    counts: dict[str, float] = {"prompt_words": len(words(row.prompt_text)), "response_words": len(said)}
    return counts | {name: round(value, 4) for name, value in measured.items() if value is not None}
