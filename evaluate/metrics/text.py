"""Text against a reference: chrF, ROUGE-L, token F1, exact match; each takes one pair and gives one number."""

import re
import string
from collections import Counter
from functools import cache
from itertools import groupby
from typing import Any
from unicodedata import category, normalize

_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf"  # Thai, Lao, Myanmar, Khmer, Tai
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3040-\u30ff\u3100-\u312f\u31a0-\u31bf\u31f0-\u31ff"  # kana, Bopomofo
    "\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua9e0-\ua9ff\uaa60-\uaadf\uf900-\ufaff\uff66-\uff9f"  # Han, Yi
    "\U0001b000-\U0001b16f\U00020000-\U0003ffff]"
)


def chrf(output: str, reference: str) -> float:
    """Sentence chrF, 0 to 100: character 1- to 6-grams without white space, beta 2 (Popovic 2015, W15-3049).

    The figure of sacrebleu's `CHRF().sentence_score`; 0 when either text is empty, both included. The mean over rows is
    not the corpus chrF.
    """
    return float(_sacrebleu_chrf().sentence_score(output, [reference]).score)


def rouge_l(output: str, reference: str) -> float:
    """ROUGE-L F1, 0 to 1: longest common subsequence of `rouge_tokens` (Lin 2004, W04-1013), no stemmer.

    On ASCII text equal to rouge-score 0.1.2. Texts without any token (emoji, punctuation) give 1 when they are equal
    and not blank, else 0.
    """
    ours, theirs = rouge_tokens(output), rouge_tokens(reference)
    if not ours and not theirs:
        return float(output.strip() == reference.strip() != "")
    return 2 * _common_subsequence(ours, theirs) / (len(ours) + len(theirs))


def token_f1(output: str, reference: str) -> float:
    """F1 of the two bags of `squad_tokens`, 0 to 1 (SQuAD v1.1 script); both empty gives 1, one empty 0."""
    ours, theirs = Counter(squad_tokens(output)), Counter(squad_tokens(reference))
    total = ours.total() + theirs.total()
    return 2 * (ours & theirs).total() / total if total else 1.0


def exact_match(output: str, reference: str) -> float:
    """1 when the two are equal after `squad_normalise`, else 0."""
    return float(squad_normalise(output) == squad_normalise(reference))


def squad_normalise(text: str) -> str:
    """Lower case; punctuation, then the articles a, an, the out; white space squeezed (SQuAD v1.1 script).

    On ASCII text equal to the script; beyond it, all Unicode punctuation and currency signs go as ASCII's do.
    """
    lowered = normalize("NFC", text.lower())
    bare = "".join(c for c in lowered if c not in string.punctuation and category(c)[0] != "P" and category(c) != "Sc")
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", bare).split())


def squad_tokens(text: str) -> list[str]:
    """Words of `squad_normalise`; runs of a script written without spaces (Han, kana, Thai, ...) as characters."""
    return [token for word in squad_normalise(text).split() for token in _pieces(word)]


def rouge_tokens(text: str) -> list[str]:
    """Runs of letters, digits and their marks in lower case, which on ASCII is rouge-score's `[a-z0-9]+`.

    Runs of a script written without spaces are split into characters; invisible format characters are skipped.
    """
    visible = (c for c in normalize("NFC", text.lower()) if category(c) != "Cf")
    runs = groupby(visible, key=lambda c: category(c)[0] in "LNM")
    return [token for is_word, run in runs if is_word for token in _pieces("".join(run))]


def _pieces(word: str) -> list[str]:
    """`word` cut at every character of an unspaced script; a combining mark stays with the character before it."""
    if not _UNSPACED.search(word):
        return [word]
    pieces: list[str] = []
    glued = False
    for c in word:
        alone = bool(_UNSPACED.match(c))
        if pieces and (category(c)[0] == "M" or (glued and not alone)):
            pieces[-1] += c
        else:
            pieces.append(c)
            glued = not alone
    return pieces


def _common_subsequence(first: list[str], second: list[str]) -> int:
    """Length of the longest common subsequence, a row of the table at a time in the bits of one integer.

    Hyyro 2004 (bit-parallel LCS): a cleared bit marks where the row's length grows.
    """
    places: dict[str, int] = {}
    for i, token in enumerate(first):
        places[token] = places.get(token, 0) | 1 << i
    full = row = (1 << len(first)) - 1
    for token in second:
        match = row & places.get(token, 0)
        row = (row + match | row - match) & full
    return len(first) - row.bit_count()


@cache
def _sacrebleu_chrf() -> Any:
    from sacrebleu.metrics.chrf import CHRF

    return CHRF()
