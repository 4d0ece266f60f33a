"""missing_reference: the prompt asks about something that is not there."""

import re

from stepladder.records import Row

from ..check import check
from ..text import last_user_text, prose, shown, system_text, words

_IMAGE = re.compile(r"<image>|(?<!!)\[image\]|<\|image\|>", re.I)
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
    text = last_user_text(row)
    if found := _IMAGE.search(prose(text)):
        return f"the prompt has the mark '{found.group()}', but no image comes with it"
    elsewhere = any(m["role"] not in ("user", "system") for m in row.prompt) or len(words(system_text(row))) > 2 * room
    return None if elsewhere or len(words(text[:4000])) > room else _spoken_of(text)


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
