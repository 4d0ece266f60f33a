"""missing_reference: the prompt asks about something that is not there."""

import re

from stepladder.records import Row

from ..check import check
from ..text import answer_text, is_structured, last_user_text, lines, prose, shown, system_text, words

_IMAGE = re.compile(
    r"<image>|(?<!!)\[(?:image|photo|video|audio|file|attachment|document|voice (?:message|note)|sticker)(?:[:#\s][^\]\n]{0,60})?\](?!\()"
    r"|<\|image\|>|<(?:voice (?:message|note)|audio|video|attachment|media|document)(?: (?:omitted|\d+:\d\d))?[^>\n]{0,20}>"
    r"|\b(?:image|video|audio|media|document|sticker) omitted\b",
    re.I,
)
_WORK = (
    r"(?:summari[sz]e|describe|analy[sz]e|review|explain|translate|read|open|look at|see|check|proofread|edit|extract|"
    r"transcribe|caption|interpret|use|based on|according to|refer to|from|in)"
)
_THING = (
    r"(?:image|picture|photo|screenshot|file|document|pdf|spreadsheet|table|chart|graph|diagram|audio|video|article|text|"
    r"passage|report)"
)
_ATTACHED = re.compile(
    rf"\b{_WORK} (?:\w+ ){{0,3}}(?:the|my|this|our) attached(?: {_THING}|[.:!?]|$)"
    rf"|\b{_WORK} (?:attached\b|the attachment\b)",
    re.I,
)
_BESIDE = re.compile(rf"\b(?:the|this) (?:above {_THING}|{_THING} (?:above|below|shown here))\b", re.I)
_HERE = re.compile(
    rf"\bhere(?:'s| is| are) (?:the|my|a|our|some) (?:\w+ ){{0,2}}{_THING}s?\b|\bsee (?:the |my |our )?(?:attached|pdf|attachment|screenshot|"
    rf"photo|picture|file)\b|\b(?:in|on) (?:the|this|my) (?:{_THING}|link|screenshot) (?:i (?:have |just )?(?:sent|attached|posted|shared)|"
    rf"attached|above|below)\b|\b(?:listed|shown|mentioned|given|quoted|pasted) (?:above|below)\b",
    re.I,
)
_SEEN = re.compile(
    rf"\b(?:in|from|on|of|as|behind|at|with) (?:your|the|that|this) (?:{_THING}|screenshot|link|copy|attachment|voice message|pdf|list above)\b"
    r"|\bas you (?:have it|described|describe|say|wrote) (?:it )?(?:in|on|there|,)|\bthe (?:first|second|third|last|upper|lower|other) (?:option|one|"
    r"of the|price|sailing|line|version)\b",
    re.I,
)
_TO_COME = re.compile(
    r"\b(?:in|see|from|shown in|listed in) the (?:table|list|chart|diagram|figure|steps|image|map) (?:below|above|that follows)\b"
    r"|\bthe (?:table|list|chart|diagram|image|map) below (?:shows|lists|gives)\b",
    re.I,
)
_FOLLOWING = re.compile(
    r"\b(?:the|this|these) following (?:text|passage|article|paragraph|e-?mail|code|review|sentences?|table|list|data|"
    r"document|story|poem|essay|conversation|dialogue|quote|tweet|recipe|report|snippet|function|query)\b(.*)",
    re.I | re.S,
)
_READ = (
    r"(?:summari[sz]e|describe|analy[sz]e|review|translate|read|look at|proofread|transcribe|caption|based on|"
    r"according to)"
)
_LINK = re.compile(rf"\b{_READ}\b[^.?!\n]{{0,40}}?(https?://\S+|www\.\S+)", re.I)


@check("missing_reference", action="review")
def missing_reference(row: Row, *, room: int = 25) -> str | None:
    """Name the link, image, attachment or text that the prompt speaks of and does not bring.

    Only where the prompt asks to work on it and has at most `room` words, so that talk about attachments and links is
    left alone; earlier turns, tools and a long system turn may hold what is asked about. Source: AlpacaDataCleaned
    items 1 and 5; 0.50 % of Alpaca rows have such a link, 0.10 % an image (research/curation.md section 4).
    """
    if row.tools is not None or any(isinstance(m.get("content"), list) for m in row.prompt):
        return None
    text, answer = last_user_text(row), answer_text(row)
    if (found := _TO_COME.search(prose(answer))) and not _has_structure(answer):
        return f"the response speaks of what is not in it: '{shown(found.group())}'"
    if found := _IMAGE.search(prose(text)):
        return f"the prompt has the mark '{found.group()}', but no image comes with it"
    elsewhere = any(m["role"] not in ("user", "system") for m in row.prompt) or len(words(system_text(row))) > 2 * room
    if elsewhere:
        return None
    if (found := _HERE.search(text)) and _SEEN.search(answer) and not _brings(text, found):
        return f"the response speaks of '{shown(found.group())}' as if it had been seen, and it is not there"
    return None if len(words(text[:4000])) > room else _spoken_of(text)


def _has_structure(answer: str) -> bool:
    """Whether the text has a table, a list or an image of its own."""
    return "![" in answer or sum(is_structured(line) for line in lines(answer)) >= 2 or "\t" in answer


def _brings(text: str, found: re.Match[str]) -> bool:
    """Whether more lines, a quotation or a colon follow or go before, in which what is meant may stand."""
    return "\n" in text.strip() or ":" in text[found.end() :] or any(mark in text for mark in '"“`') or "http" in text


def _spoken_of(text: str) -> str | None:
    if found := _ATTACHED.search(text):
        return f"the prompt asks about an attachment that is not there: '{shown(found.group())}'"
    if (found := _BESIDE.search(text)) and not _is_there(text, found):
        return f"the prompt asks about a text or image that is not there: '{shown(found.group())}'"
    if found := _LINK.search(text):
        return f"the prompt asks about a page that no model can open: {shown(found.group(1))}"
    found = _FOLLOWING.search(text)
    if found and not re.search(r"[:\n\"'`“«].*\w", found.group(1), re.S) and len(words(found.group(1))) < 6:
        return f"the prompt announces a text and ends: '{shown(found.group())}'"
    return None


def _is_there(text: str, found: re.Match[str]) -> bool:
    """Whether a text stands on the side that is spoken of: three words after "below", a paragraph before "above"."""
    if "above" in found.group().casefold():
        return "\n" in text[: found.start()].strip()
    return len(words(text[found.end() :])) >= 3
