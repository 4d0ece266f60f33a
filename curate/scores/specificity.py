"""How much of a text could be looked up, acted on or wrong."""

import re

_FIGURE = re.compile(r"\d[\d.,:/-]*(?: ?(?:[kcm]?[mgl]|km|[kMGT]B|[kM]?W|°[CF])\b)?")
_ADDRESS = re.compile(r"https?://\S+|\S+@\S+\.\w+")
_QUOTED = re.compile(r"[\"“«][^\"“”«»\n]{1,80}[\"”»]|`[^`\n]+`")
# A capital in the middle of a sentence. The capital comes first and looks back: what precedes would be tried everywhere.
_NAME = re.compile(r"[A-Z](?<!\w.)(?<![.!?:\"“]\s.)(?<!^.)(?<!\n.)\w")


def specificity(text: str, count: int) -> float | None:
    """Figures with their units, addresses, quotations, inline code and names, in each of `count` words: 0 to 1.

    None without words. A quotation counts once however long it is. The kinds are those that Louis and Nenkova 2011
    count to tell general sentences from specific ones (numbers, proper names, quotation marks), all of one weight. In
    languages that capitalise every noun, and in scripts without capitals, compare rows of one set and nothing else.
    """
    if not count:
        return None
    found = 0
    for pattern, marks in ((_QUOTED, '"“«`'), (_ADDRESS, "@/")):
        if any(mark in text for mark in marks):
            text, hits = pattern.subn(" ", text)
            found += hits
    text, hits = _FIGURE.subn(" ", text)
    return min(1.0, (found + hits + len(_NAME.findall(text))) / count)


def has_name(text: str) -> bool:
    """Whether a word is capitalised in the middle of a sentence, "I" aside."""
    return _NAME.search(text) is not None
