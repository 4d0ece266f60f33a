"""boilerplate: text of a web page, mail program or help desk around the response."""

import re
from collections.abc import Sequence

from stepladder.records import Row

from ..check import check
from ..text import answer_text, last_user_text, prose, shown

_FURNITURE = re.compile(
    r"\bwas this (?:\w+ )?(?:helpful|useful)\b|\b(?:rate|review) (?:this|our|your) (?:answer|reply|service|chat|experience|"
    r"conversation|article)\b|\bhow (?:did we do|would you rate)\b|[★☆⭐]{3,}"
    r"|\b(?:we|this (?:web)?site) uses? cookies\b|\baccept (?:all )?cookies\b|\bmanage (?:cookie )?preferences\b"
    r"|\bview (?:this (?:e-?mail|message) )?in (?:your )?browser\b|\bunsubscribe\b[^.?!\n]{0,40}(?:here|click|list|e-?mails?)?\b"
    r"|\ball rights reserved\b|^[ \t]*(?:©|\(c\)|copyright) ?(?:©|\(c\))? ?(?:19|20)\d\d\b"
    r"|\bthis (?:e-?mail|message|communication)(?: and (?:any|its|all) attachments?)?[^.\n]{0,40}\b(?:confidential|privileged|intended "
    r"(?:only|solely|for))\b|\bintended (?:solely|only) for the (?:use of the )?(?:addressee|recipient|individual)"
    r"|\bif you (?:are not the intended recipient|have received this (?:e-?mail|message) in error)\b"
    r"|\bconsider the environment before printing\b|^[ \t]*sent from (?:my|outlook|mail for|yahoo)\b"
    r"|\b(?:do|please do) not reply to this (?:e-?mail|message|address)\b|\bthis is an auto(?:mated|matic) (?:message|reply|e-?mail|"
    r"response)\b|\b(?:follow|like|find) us on (?:facebook|twitter|x|instagram|linkedin|social)\b|^[ \t]*powered by \w"
    r"|^[ \t]*(?:share|tweet|print|back to top|read more|related articles|previous article|next article|skip to content|"
    r"table of contents|advertisement|sign up for our newsletter)\b[ \t]*[:»>|]?[ \t]*$"
    r"|\b(?:subscribe|sign up) to our (?:newsletter|channel)\b|\b(?:ticket|case|request) (?:#|no\.? ?|id:? ?)?\w*\d\w* (?:has been|was|is "
    r"now) (?:closed|resolved|updated)\b|\bplease (?:type|write|reply) above this line\b|^##- .{0,60} -##"
    r"|^[ \t]*-{2,}[ \t]*(?:original|forwarded) message[ \t]*-{2,}|^[ \t]*(?:from|sent|to|subject|date): .+\n[ \t]*(?:from|sent|to|subject|"
    r"date|cc): ",
    re.I | re.M,
)
_SIGNED = re.compile(
    r"^[ \t]*(?:(?:kind|best|warm|many|with kind)(?:est)? (?:regards|wishes)|regards|yours (?:sincerely|faithfully|truly)|"
    r"sincerely(?: yours)?|cheers|mit freundlichen grüßen|cordialement|saludos cordiales)[ \t]*[,.!]?[ \t]*\n+[ \t]*\S",
    re.I | re.M,
)
_WRITES = re.compile(
    r"\b(?:e-?mail|letter|message|note|card|postcard|memo|reply|respond|application|invitation|signature|footer|disclaimer|"
    r"template|newsletter|web ?site|page|banner|html|cookie|survey|feedback|form|brief|mail|unsubscribe|subscription)\b",
    re.I,
)
HABIT = 0.2


@check("boilerplate", action="review", wants=("signed",))
def boilerplate(row: Row, *, signed: float = 0.0) -> str | None:
    """Quote what belongs to a page, a mail program or a help-desk tool rather than to the response.

    Rating requests, cookie and copyright lines, disclaimers, mail headers, "sent from my phone", and a sign-off with a
    name where at most a fifth of the set signs. Left alone where the prompt speaks of mails, pages or forms, and
    inside code. Kinds of furniture: what jusText and C4's cleaning cut from pages (Pomikálek 2011; Raffel et al.
    2020), and the exports of help desks; phrases are matched, not learned.
    """
    if _WRITES.search(last_user_text(row)):
        return None
    text = prose(answer_text(row))
    if found := _FURNITURE.search(text):
        return f"the response holds '{shown(found.group())}', which is furniture of a page or mail"
    if signed <= HABIT and (found := _SIGNED.search(text)):
        return f"the response is signed like a letter: '{shown(found.group())}'"
    return None


def share_signed(rows: Sequence[Row]) -> float:
    """Share of the responses that are signed like a letter: a house style, not a fault, where many are."""
    return sum(_SIGNED.search(answer_text(row)) is not None for row in rows) / len(rows) if rows else 0.0
