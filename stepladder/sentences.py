"""Sentences of a text, by rule: a full stop ends one only where what stands before and after it says so.

    >>> sentences("Take the No. 5, e.g. at 9.30 a.m. from Brava. It costs £4.50.")
    ['Take the No. 5, e.g. at 9.30 a.m. from Brava.', 'It costs £4.50.']

A list item or a new paragraph always begins a new sentence; a single line break inside a paragraph is a space. Text
without a letter or digit is no sentence. Where a stop could be both (`Zone B. The ferry`), a capitalised word that
often begins sentences decides.
"""

import re

_BLOCK = re.compile(r"\n[ \t\r]*\n|\n(?=[ \t]*(?:[-*•–+]|\d{1,3}[.)])[ \t])")
_MARKER = re.compile(r"\s*(?:[-*•–+]|\d{1,3}[.)]|#+)\s+")
_STOP = re.compile(r"(?P<mark>[.!?…]+)[\"'”’»)\]*_]*(?=\s|$)|[。！？｡।۔؟]+[”’」』）)]*")
_WORD = re.compile(r"[^\W_][\w.&'’-]*$")
_ACRONYM = re.compile(r"[^\W\d_](?:\.[^\W\d_])*")  # one letter, or letters with dots between: J, U.S
_WEEKDAY = re.compile(r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NEVER_LAST = _words(
    "e.g i.e eg ie approx mr mrs ms dr prof st mt ft vs cf viz incl excl resp rev gen capt lt sgt gov sen rep hon "
    "z.b d.h bzw u.a p.ej sra mme mlle"
)
_BEFORE_NUMBER = _words("no nos nr p pp fig figs eq art para vol ch sec ext tel ca c max min est")
_RARELY_LAST = _words("inc ltd co corp jr sr dept bros assn")
_BEFORE_SMALL = _words("etc a.m p.m am pm hr hrs mins min max")
_OPENERS = _words(
    "a all also an and any as ask at be both but by call can check do each every for from go he her here his how i if "
    "in it its no not on once one only or our please she so some take that the their then there these they this those "
    "to two use we what when where which while who why with yes you your"
)


def sentences(text: str) -> list[str]:
    """The sentences in their order, without list markers and outer whitespace."""
    found: list[str] = []
    cased = any(character.isupper() for character in text)
    for block in _BLOCK.split(text):
        found += _of_block(_MARKER.sub("", block, count=1) if _MARKER.match(block) else block, cased)
    return found


def _of_block(block: str, cased: bool) -> list[str]:
    parts, start = [], 0
    for stop in _STOP.finditer(block):
        if stop["mark"] is None or _ends(block[: stop.start()], stop["mark"], block[stop.end() :].lstrip(), cased):
            parts.append(block[start : stop.end()].strip())
            start = stop.end()
    parts.append(block[start:].strip())
    return [part for part in parts if any(character.isalnum() for character in part)]


def _ends(before: str, mark: str, after: str, cased: bool) -> bool:
    """Whether `mark` between the two texts ends a sentence; `cased`: the writer uses capitals at all."""
    following = after.lstrip("\"'“‘«([*_")
    if not following:
        return True
    if following[0].islower() and cased:
        return False
    if mark != ".":
        return True
    found = _WORD.search(before)
    word = found[0].lower() if found else ""
    if word in _NEVER_LAST or (word in _BEFORE_NUMBER and following[0].isdigit()):
        return False
    if word in _BEFORE_SMALL:
        return following[0].isupper() and not _WEEKDAY.match(following)
    if word in _RARELY_LAST or (word != "i" and _ACRONYM.fullmatch(word)):
        return re.split(r"\W", following, maxsplit=1)[0].lower() in _OPENERS
    return True
