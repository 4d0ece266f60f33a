"""missing_reference: the prompt asks about something that is not there."""

import re

from stepladder.records import Row

from ..check import check
from ..text import answer_text, is_structured, last_user_text, lines, prose, shown, system_text, words

_IMAGE = re.compile(
    r"<image>(?! (?:tag|element|node))|<\|image\|>|<(?:voice (?:message|note)|audio|video|media|document) (?:omitted|\d+:\d\d)>"
    r"|(?<!!)\[(?:image|photo|video|attachment|voice (?:message|note)|sticker)(?:[:#\s][^\]\n]{0,60})?\](?!\()"
    r"|^[ \t]*\[(?:audio|file|document)(?:[:#\s][^\]\n]{0,60})?\](?!\()|^\W{0,5}(?:image|video|audio|media|document|"
    r"sticker) omitted\W{0,5}$",
    re.I | re.M,
)
_SIGHT = r"(?:image|picture|photo|screenshot|scan|pdf|spreadsheet|audio|video|recording|voice message|attachment)"
_THING = rf"(?:{_SIGHT}|file|document|table|chart|graph|diagram|article|text|passage|report)"
_WORK = (
    r"(?:summari[sz]e|describe|analy[sz]e|review|explain|translate|read|open|look at|see|check|proofread|edit|extract|"
    r"transcribe|caption|interpret|use|based on|according to|refer to|from|in)"
)
_ATTACHED = re.compile(
    rf"\b{_WORK} (?:\w+ ){{0,3}}(?:the|my|this|our) attached(?: {_THING}\b| *[.:!?]| *$)"
    rf"|\b{_WORK} attached(?: {_THING}\b| *[.:!?]| *$)|\b{_WORK} the attachments?(?= *[.,:!?]| *$| and\b)",
    re.I,
)
_HOW_TO = re.compile(r"\b(?:how (?:do|does|can|could|should|would|to)|where (?:do|can)|why (?:do|does|can|is))\b", re.I)
# "the text above", but not "put the picture above the caption".
_BESIDE = re.compile(
    rf"\b(?:the|this) (?:above {_THING}|{_THING} (?:above|below|shown here)(?! (?:the|a|an|my|each|every|it|them|"
    rf"another)\b))\b",
    re.I,
)
_SHOWN = re.compile(
    rf"\bhere(?:['’]s| is| are) (?:the|my|a|our|some) (?:\w+ ){{0,2}}{_SIGHT}s?\b"
    rf"|(?:^|[,.;:!?(–-] ?)(?:please )?see (?:the |my |our )?(?:attached(?: {_THING})?|(?:{_SIGHT}|file))(?= *[.,;:!?)]|$)"
    rf"|\b(?:in|on) (?:the|this|my) (?:{_THING}|link) (?:i (?:have |just )?(?:sent|attached|posted|shared)|attached)\b",
    re.I | re.M,
)
_LISTED = re.compile(r"\b(?:listed|shown|mentioned|given|quoted|pasted) (?:above|below)\b", re.I)
_SEEN = re.compile(
    rf"\b(?:in|from|on|of|as|behind|at|with) (?:your|the|that|this) (?:{_THING}|link|copy)\b"
    r"|\bas you (?:have it|described|describe|say|wrote) (?:it )?(?:in|on|there|,)|\bas you have it\b"
    r"|\bthe (?:first|second|third|last|upper|lower|other) (?:option|one|of the|price|line|version)\b",
    re.I,
)
_TO_COME = re.compile(
    r"\b(?:in|see|from|shown in|listed in) the (table|list|chart|diagram|figure|image|map) (below|above|that follows)\b"
    r"|\bthe (table|list|chart|diagram|image|map) (below) (?:shows|lists|gives)\b",
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
_ENDS = re.compile(r"[.!?:]\s")


@check("missing_reference", action="review")
def missing_reference(row: Row, *, room: int = 25) -> str | None:
    """Name the link, image, attachment or text that the prompt speaks of and does not bring.

    Only where the prompt asks to work on it and has at most `room` words, so that talk about attachments and links is
    left alone, or where the response speaks of it as seen; earlier turns, tools and a long system turn may hold what is
    asked about. A response that points to its own table has none. Source: AlpacaDataCleaned items 1 and 5; 0.50 % of
    Alpaca rows have such a link, 0.10 % an image (research/curation.md section 4).
    """
    if row.tools is not None or any(isinstance(m.get("content"), list) for m in row.prompt):
        return None
    text, answer = last_user_text(row), answer_text(row)
    elsewhere = any(m["role"] not in ("user", "system") for m in row.prompt) or len(words(system_text(row))) > 2 * room
    if found := _promised(answer, text, elsewhere):
        return f"the response speaks of what is not in it: '{shown(found)}'"
    if mark := _IMAGE.search(prose(text)):
        return f"the prompt has the mark '{shown(mark.group())}', but no image comes with it"
    if elsewhere:
        return None
    if (found := _absent(text)) and _SEEN.search(answer):
        return f"the response speaks of '{shown(found)}' as if it had been seen, and it is not there"
    return None if len(words(text[:4000])) > room else _spoken_of(text)


def _promised(answer: str, asked: str, earlier: bool) -> str | None:
    """What a response without a table, a list or code says that it shows, unless the prompt shows it or says so itself."""
    if not (found := _TO_COME.search(answer)):
        return None
    thing, side = (found[1] or found[3]).casefold(), (found[2] or found[4]).casefold()
    if thing in asked.casefold() or (side == "above" and (earlier or len(lines(asked)) > 1)):
        return None
    rest = answer[found.end() :]
    shows = any(mark in answer for mark in ("![", "\t", "```")) or sum(map(is_structured, lines(answer))) >= 2
    return None if shows or len(lines(rest)) > 3 or ":" in rest.split("\n")[0] else found.group()


def _absent(text: str) -> str | None:
    """What the prompt points at and does not bring: no further lines, quotation or link in which it may stand."""
    if "\n" in text.strip() or any(mark in text for mark in '"“`') or "http" in text:
        return None
    if found := _SHOWN.search(text):
        return None if ":" in text[found.end() :] or _HOW_TO.search(text[: found.start()]) else found.group()
    found = _LISTED.search(text)
    return None if found is None or _is_there(text, found) else found.group()


def _spoken_of(text: str) -> str | None:
    if (found := _ATTACHED.search(text)) and not _HOW_TO.search(text[: found.start()]):
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
    """Whether a text stands on the side that is spoken of: a sentence or line before "above", three words after "below"."""
    before = text[: found.start()].strip()
    if ":" in before:  # it is part of the text to work on
        return True
    if "above" in found.group().casefold():
        return "\n" in before or _ENDS.search(before) is not None
    return len(words(text[found.end() :])) >= (3 if _BESIDE.match(found.group()) else 12)
