"""The differences that no similarity sees: a number, negation, unit, name or identifier makes another row of the words.

Every method with a recall above 0.75 merges 99 to 100 % of such rows (research/libraries.md a, finding 3), so they
are told apart here, before anything is dropped.
"""

import re
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher, get_close_matches

from ..text import pieces
from .deciding_words import CALENDAR, DECIDING, NEGATIONS, NUMBERS, PLAIN

_TOKEN = re.compile(
    r"\d+(?:[.,:/]\d+)*|[^\W\d](?:[\w]|['’.](?=\w))*|[$€£¥₹%‰°+*/=<>^&|~\\@#]"
    r"|(?<![^\W\d])-(?=\d)|(?<=\d)-|(?<=\d )-(?= \d)"
)
_SENTENCE_START = re.compile(r"(?:^|[.!?:;\n]|[•*>–-]\s|\d[.)]\s)[\s\"'“‘(*_#>]*$")


def decisive_difference(a: str, b: str, *, facts_only: bool = False) -> str | None:
    """What sets two texts apart although they are alike, as "'2' against '4'", or None when nothing of the kind does.

    Compared is the sequence of deciding tokens, so that "from A to B" is not "from B to A": anything with a digit,
    number words, operators, negations, units, opposites, capitalised names, code identifiers. Case, punctuation and
    plain words are free. `facts_only`: numbers and negations alone.
    """
    first, second = _tokens(a), _tokens(b)
    if facts_only:
        ours, theirs = ([one_spelling(t) for t, _, _ in side if _is_fact(t)] for side in (first, second))
    else:
        names = _names(first, second)
        ours, theirs = (
            [one_spelling(t) for t, _, code in side if code or _decides(t, names)] for side in (first, second)
        )
    return None if ours == theirs else _told(ours, theirs)


def other_words(a: str, b: str) -> str | None:
    """As `decisive_difference`, for any word that carries content; spelling variants of one word count as the same."""
    ours, theirs = ([t.casefold() for t, _, _ in _tokens(text) if t.casefold() not in PLAIN] for text in (a, b))
    extra = {*(Counter(ours) - Counter(theirs)), *(Counter(theirs) - Counter(ours))}
    for word in sorted(extra):
        there = theirs if word in ours else ours
        if not get_close_matches(word, [w for w in there if w in extra], n=1, cutoff=0.75):
            return f"'{word}'"
    return None


def calendar(text: str) -> frozenset[str]:
    """The days, months and seasons that a text names, in lower case."""
    return frozenset(t.casefold() for t, _, _ in _tokens(text)) & CALENDAR


def negations(text: str) -> int:
    """How many words of a text say no: "with no limit" is "without a limit"."""
    return sum(_negates(t.casefold().replace("’", "'")) for t, _, _ in _tokens(text))


Tokens = list[tuple[str, bool, bool]]


def _tokens(text: str) -> Tokens:
    """(token, stands at the start of a sentence, stands in code)."""
    found: Tokens = []
    for code, piece in pieces(text):
        for match in _TOKEN.finditer(piece):
            start = match.start()
            fresh = match.group()[0].isupper() and _SENTENCE_START.search(piece[max(0, start - 8) : start]) is not None
            found.append((match.group(), fresh or (start == 0 and not found), code))
    return found


def _names(first: Tokens, second: Tokens) -> frozenset[str]:
    """Words capitalised in mid-sentence in either text, or at the start of one in a text that has them alone."""
    found: set[str] = set()
    sides = {id(side): Counter(t.casefold() for t, _, _ in side) for side in (first, second)}
    for side, other in ((first, second), (second, first)):
        letters = "".join(t for t, _, _ in side)
        if sum(c.isupper() for c in letters) > 0.6 * sum(c.isalpha() for c in letters):
            continue  # all in capitals: case says nothing
        missing = sides[id(side)] - sides[id(other)]
        found |= {t.casefold() for t, fresh, _ in side if t[0].isupper() and (not fresh or t.casefold() in missing)}
    return frozenset(found - PLAIN)


def _decides(token: str, names: frozenset[str]) -> bool:
    word = token.casefold().replace("’", "'")
    return (
        word in names
        or word in DECIDING
        or word in NUMBERS
        or word.endswith("n't")
        or not token[0].isalpha()
        or any(c.isdigit() or c == "_" for c in token)
        or ("." in token.rstrip(".") and len(token) > 3)
        or (any(c.isupper() for c in token[1:]) and any(c.islower() for c in token))
    )


def _is_fact(token: str) -> bool:
    word = token.casefold().replace("’", "'")
    return token[0].isdigit() or word in NUMBERS or _negates(word)


def _negates(word: str) -> bool:
    return word in NEGATIONS or word.endswith("n't")


def one_spelling(token: str) -> str:
    """One spelling for each number and word: 1,000 is 1000, 5.0 is 5, two is 2, can't is cannot."""
    word = token.casefold().replace("’", "'")
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", word):
        word = word.replace(",", "")
    if re.fullmatch(r"\d+\.\d+", word):
        word = word.rstrip("0").rstrip(".")
    return {"can't": "cannot", "won't": "will not", **NUMBERS}.get(word, word)


def _told(ours: Sequence[str], theirs: Sequence[str]) -> str:
    matcher = SequenceMatcher(None, ours[:400], theirs[:400], autojunk=False)
    for kind, start, end, start2, end2 in matcher.get_opcodes():
        left, right = " ".join(ours[start:end][:4]), " ".join(theirs[start2:end2][:4])
        if kind == "replace":
            return f"'{left}' against '{right}'"
        if kind != "equal":
            return f"'{left or right}', which stands in one of them only"
    return "what comes later in the text"
