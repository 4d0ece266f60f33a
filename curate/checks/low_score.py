"""low_score: a response that is all air: nothing in it that could be looked up, acted on or wrong."""

import re

from stepladder.records import Row

from ..check import Finding, check
from ..text import answer_text, is_code, is_structured, is_verse, last_user_text, lines, prose, words

_CONCRETE = re.compile(
    r"\d|https?://|\S@\S|[$€£¥%°]|[\"“«`]|\b(?:yes|no|not?|never|none|nobody|nothing|without|free|cannot)\b|n['’]t\b",
    re.I,
)
_AIR_WORDS = """
accordingly always appreciate appreciated appropriate appropriately aspects best carefully certain certainly
circumstances communication comprehensive considerable depend depending depends different effort efforts ensure
essential everything excellent experience facilitate factors fully general generally happen holistic importance
important individual key kind leverage manner many matter matters naturally needed needs normal normally numerous
often optimal order ordinary overall patient please popular possible potential prepared proactive proceed process
properly quality range really regard regarding relevant requires respective right robust satisfaction seamless several
simply situation situations some something sometimes standards strive suitable suits support sure system tailored
thank things time understand understandable understanding unique usual usually valuable value various way ways well
whatever wide
"""
_AIR = frozenset(_AIR_WORDS.split())
_CREATIVE = re.compile(
    r"\b(?:poem|story|verse|song|lyrics|haiku|motto|slogan|greeting|toast|prayer|caption|joke|tagline)\b", re.I
)


@check("low_score", action="note")
def low_score(row: Row, *, air: float = 0.12, at_least: int = 20) -> Finding | None:
    """Say how much of the response is air, where it has nothing concrete at all.

    Concrete: a figure, an address, a quotation, code, a name in mid-sentence, a yes, no or not. Without any of these in
    `at_least` words, and with a share `air` or more of words that fit every answer ("depends", "various", "ensure"), the
    row is worth a look. Cheap, and only for plain prose; of the sample's 500 good answers one has 0.07, none more
    (bench/curation_recall.py). A note: scores rank, they do not decide (research/curation.md section 5, pain 8).
    """
    text = "\n".join(_body(prose(answer_text(row))))
    found = words(text)
    if len(found) < at_least or is_code(text) or is_verse(text) or _CREATIVE.search(last_user_text(row)):
        return None
    if _CONCRETE.search(text) or any(is_structured(line) for line in lines(text)) or _names(text):
        return None
    value = sum(word.casefold() in _AIR for word in found) / len(found)
    if value < air:
        return None
    return Finding(f"nothing in it is concrete, and {value:.0%} of its words would fit any answer", value, air)


def _body(text: str) -> list[str]:
    """The lines but closing ones such as "Source: fares", whose key is at most three words."""
    return [line for line in lines(text) if not re.match(r"(?:[\w'-]+ ){0,2}[\w'-]+: ", line)] or lines(text)


def _names(text: str) -> bool:
    """Whether a word is capitalised in the middle of a sentence, "I" aside."""
    return re.search(r"(?<![.!?:\"“]\s)(?<!^)(?<!\n)\b(?!I\b|I['’])[A-Z]\w", text) is not None
