"""placeholder: something stands where the response should, but it is not one."""

import re

from stepladder.records import Row

from ..check import Finding, check
from ..text import answer_text, last_user_text, prose, shown

_WORDS = """
n/a|na|none|null|nil|nan|undefined|empty|no output|nooutput|no input|noinput|no answer|no response|todo|to do|tbd|tba|tbc
fixme|xxx|placeholder|lorem ipsum|test|asdf|response|answer|output|completion|your answer|your answer here|answer here
insert answer here|-|--|---|?|...|…
"""
_WHOLE = frozenset(_WORDS.strip().replace("\n", "|").split("|"))
_BLANK_TO_FILL = re.compile(
    r"[\[<{](?i:insert|add|enter|fill in|put) [^\W\d_][^\]>}=\n]{0,60}[\]>}]|(?i:\blorem ipsum dolor\b)|"
    r"\A\W*(?:(?:TODO|TBD|TBC|FIXME)\b|(?i:todo|tbd|tbc|fixme)\b *[-–:(])"
)
_ASKS_FOR_BLANKS = re.compile(
    r"\bto-?do\b|template|letter|e-?mail|mail\b|form\b|draft|placeholder|blank|contract|invoice|resume|\bcv\b|cover|"
    r"sample|example|"
    r"lorem|vorlage|brief|modèle|lettre|plantilla|carta|message|script|post\b|invitation|agreement",
    re.I,
)


@check("placeholder", action="review")
def placeholder(row: Row, *, allow: tuple[str, ...] = ()) -> Finding | str | None:
    """Quote the placeholder: the whole response is one, or it has blanks that nobody asked for.

    Exact match only. Source: AlpacaDataCleaned's list and oumi's NaN/None check; 14 of 14 hits in 9,229 Alpaca rows
    were real defects (research/curation.md section 4). "None" can be a label, so the row is asked about: list yours
    in `allow`.
    """
    text = answer_text(row).strip()
    if text.casefold() in {a.casefold() for a in allow}:
        return None
    if {text.casefold(), text.casefold().strip(" .!\"'*[]<>{}")} & _WHOLE:
        return (
            f"the whole response is '{shown(text)}' (a label of yours? list it under curate.checks.placeholder.allow)"
        )
    if not text or _ASKS_FOR_BLANKS.search(last_user_text(row)):
        return None
    blank = _BLANK_TO_FILL.search(prose(text))
    return f"the response has a blank to fill in: '{shown(blank.group())}'" if blank else None
