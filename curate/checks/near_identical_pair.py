"""near_identical_pair: chosen and rejected say the same in almost the same words."""

from difflib import SequenceMatcher

from stepladder.records import Row

from ..check import Finding, check
from ..duplicates.decisive import decisive_difference, one_spelling, other_words
from ..preferences import same_but_for_typing, side_text, typed
from ..text import words

_LEAST = 6  # words of the shorter side; in a label or a name every word is the answer


@check("near_identical_pair", action="review", kinds=("preference",))
def near_identical_pair(row: Row, *, similar: float = 0.85) -> Finding | None:
    """Say how many words the two sides share, and what sets them apart when that is something that decides.

    The share is 2 M / T over the words in order (Ratcliff and Metzener 1988, as in difflib): M words that match of T on
    both sides, so that one exchanged word of a short answer counts as it does for a reader; 5-grams of characters
    make that look like a tenth of the text. A number counts as the same written as a word. modelbrew warns from 0.92
    (cosine) on. A pair that differs by one wrong figure is the best kind of pair, so a difference in a number, name,
    negation, unit or opposite makes it a note, and so does another word of content, which may be all the point.
    """
    chosen, rejected = side_text(row, "chosen"), side_text(row, "rejected")
    if same_but_for_typing(chosen, rejected):
        return None  # identical_pair owns this row
    ours, theirs = _words(chosen), _words(rejected)
    if min(len(ours), len(theirs)) < _LEAST:
        return None
    matcher = SequenceMatcher(None, ours, theirs, autojunk=False)
    if matcher.real_quick_ratio() < similar or matcher.quick_ratio() < similar:
        return None
    value = matcher.ratio()
    if value < similar:
        return None
    said = f"chosen and rejected share {value:.0%} of their words"
    if apart := decisive_difference(chosen, rejected) or other_words(" ".join(ours), " ".join(theirs)):
        return Finding(f"{said} and differ in {apart}", value, similar, action="note")
    return Finding(f"{said}, with nothing between them that decides", value, similar)


def _words(text: str) -> list[str]:
    return [one_spelling(word) for word in words(typed(text))]
