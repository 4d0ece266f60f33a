"""repetition: the response says the same thing again and again."""

import re
from collections import Counter
from itertools import groupby

from stepladder.records import Row

from ..check import Finding, check
from ..text import answer_text, is_structured, is_verse, last_user_text, lines, prose, shown, words

_SENTENCES = re.compile(r"(?<=[.!?。！？])\s+|\n+|(?<=[。！？])")
_KEY_VALUE = re.compile(r"[^\W\d_][\w ]{1,24}:\s+\w")
_SOME, _WHOLE = (
    6,
    20,
)  # words that stand there twice: in prose, and in verse or lists, which repeat a short part by design
_ASKS_FOR_IT = re.compile(
    r"\brepeat|\d+ times\b|\bchorus|\blyrics|\bsong|\bpoem|\bmantra|\bverse|\bwiederhol|\brépét|\brepit", re.I
)


@check("repetition", action="review")
def repetition(
    row: Row, *, share: float = 0.3, structured: float = 0.6, at_least: int = 30, run: int = 8
) -> Finding | None:
    """Say what is repeated: a word `run` times in a row, a sentence three times, all of it, or a `share` of all 4-grams.

    Share of word 4-grams that occurred before: 0.3 in prose from `at_least` words on; Gopher's duplicate n-gram
    limits of 0.10 to 0.15 are for web pages and would hold 0.3 to 1.2 % of sound answers, mostly songs
    (research/curation.md section 4). Verse and lists get `structured` instead, twice as much as prose, after
    open-instruct's factors of 2 to 4, and all of it standing twice counts from 20 words; code is not looked at.
    """
    text = prose(answer_text(row))
    found = [w.casefold() for w in words(text)]
    asked_for = _ASKS_FOR_IT.search(last_user_text(row)) is not None
    loose = asked_for or is_verse(text) or is_structured(text)
    if stuck := re.search(r"([^\W\d_])\1{29}", text):
        return Finding(f"the response repeats the letter '{stuck[1]}'", 30, 30)
    if not loose and (twin := _thrice(text)):
        return Finding(f"the response says three times: '{shown(twin)}'", 3, 3)
    if not asked_for and (half := _doubled(text, least=_WHOLE if loose else _SOME)):
        return Finding(f"the response stands there twice: '{shown(half)}'", 2, 2)
    if not asked_for and (line := _same_key(text) if loose else _looped(text)):
        return Finding(f"the response says '{shown(line)}' over and over", run // 2, run // 2)
    longest, word = max(((len(list(group)), word) for word, group in groupby(found)), default=(0, ""))
    if longest >= run * (3 if loose else 1) and not word.isdigit():
        return Finding(f"the response says '{shown(word, 20)}' {longest} times in a row", longest, run)
    if len(found) < at_least:
        return None
    grams = Counter(zip(found, found[1:], found[2:], found[3:], strict=False))
    again = 1 - len(grams) / grams.total()
    limit = structured if loose else share
    most = " ".join(grams.most_common(1)[0][0])
    return (
        Finding(f"{again:.0%} of the response's four-word runs stood there before, most often '{most}'", again, limit)
        if again > limit
        else None
    )


def _doubled(text: str, least: int) -> str | None:
    """The first line of a text that is the same lines, of `least` words and more, twice over."""
    found = lines(text)
    half = len(found) // 2
    same = len(found) % 2 == 0 and found[:half] == found[half:]
    return found[0] if half and same and len(words(" ".join(found[:half]))) >= least else None


def _same_key(text: str) -> str | None:
    """A line of the form "Source: fares" four times running: no verse or list says that on purpose."""
    runs = ((line, len(list(group))) for line, group in groupby(lines(text)))
    return next((line for line, count in runs if count >= 4 and _KEY_VALUE.match(line)), None)


def _looped(text: str) -> str | None:
    """A line four times running, or a few words between commas four times running."""
    parts = ([line for line in lines(text) if not is_structured(line)], re.split(r"[,;]\s*|\}\s*(?=\{)", text))
    for found in parts:
        for part, group in groupby(piece.strip(" .") for piece in found):
            if sum(word.isalpha() for word in words(part)) >= 2 and len(list(group)) >= 4:
                return part
    return None


def _thrice(text: str) -> str | None:
    """A sentence of six words or more that stands there three times and is a fifth of the text."""
    parts = [part.strip() for line in lines(text) if not is_structured(line) for part in _SENTENCES.split(line)]
    counts = Counter(part for part in parts if len(words(part)) >= 6)
    whole = len(words(text))
    return next((part for part, n in counts.items() if n >= 3 and n * len(words(part)) * 5 >= whole), None)
