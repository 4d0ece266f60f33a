"""boilerplate: text of a web page, mail program or help desk around the response."""

import re
from collections.abc import Sequence

from stepladder.records import Row

from ..check import check
from ..text import answer_text, last_user_text, prose, shown

_OURS = r"(?:this|our|your) (?:answer|reply|service|chat|experience|conversation|article|visit)"
_FURNITURE = re.compile(
    r"\bwas this (?:(?:answer|reply|article|page|information|response|content) )?(?:helpful|useful)\?"
    rf"|(?:^|[.!?] |\bplease )(?:rate|review) {_OURS}\b|\bhow (?:did we do\?|would you rate {_OURS}\b)|"
    rf"^[^\w\n]*[★☆⭐]{{3,}}[^\w\n]*$"
    r"|\b(?:we|our (?:web)?site)(?: and our \d* ?\w+)? uses? cookies\b|\baccept all(?: cookies)?[ \t]*[·|/•][ \t]*\w"
    r"|\bmanage (?:cookie )?preferences[ \t]*$"
    r"|\bview (?:this (?:e-?mail|message) )in (?:your )?browser\b|^[ \t]*unsubscribe[ \t]*(?:[·|•].*)?$"
    r"|\bunsubscribe from (?:this list|these (?:e-?mails|alerts|messages)|our)\b|\bclick here to unsubscribe\b"
    r"|(?:©|\bcopyright\b|\b(?:19|20)\d\d)[^\n]{0,60}\ball rights reserved\b|^[ \t]*all rights reserved\.?[ \t]*$"
    r"|^[ \t]*(?:copyright )?© ?(?:\d{4}\b|\w+)|^[ \t]*copyright \(c\)"
    r"|\bthis (?:e-?mail|message|communication) and (?:any|its|all) (?:attachments?|files)\b"
    r"|\bthis (?:e-?mail|message)\b[^.\n]{0,40}\bintended (?:only|solely) for\b|"
    r"\bif you (?:are not the intended recipient|have "
    r"received this (?:e-?mail|message) in error)\b|\b(?:consider|think of) the \w+ before (?:you )?print(?:ing)?\b"
    r"|^[ \t]*sent from (?:my (?:phone|i-?phone|i-?pad|android|mobile|handheld|samsung|blackberry|tablet)|outlook|"
    r"mail for|yahoo)\b"
    r"|\bplease do not reply to this (?:e-?mail|message|address)\b|\bthis is an auto(?:mated|matic) (?:message|reply|"
    r"e-?mail|response)\b"
    r"|\b(?:follow|like|find) us on (?:facebook|twitter|x|instagram|linkedin|social media)\b"
    r"|^[ \t]*powered by \w+(?: \w+)?[ \t]*$"
    r"|^[ \t]*(?:back to top|read more|related articles|previous article|next article|skip to (?:main )?content|"
    r"sign up for our "
    r"newsletter)[ \t]*(?:[:»>|·].*)?$|^[ \t]*(?:share|tweet|print|pin|e-?mail)(?:[ \t]*[|·•/][ \t]*(?:share|tweet|"
    r"print|pin|e-?mail))+[ \t]*$"
    r"|\b(?:subscribe|sign up) to our (?:newsletter|channel)\b"
    r"|\b(?:this|your) (?:ticket|request)\b[^.\n]{0,20}\b(?:has been|is now) (?:closed|resolved)\b"
    r"|^[ \t]*(?:ticket|case|request) #?\w*\d\w*[ \t]*\((?:status|state): \w+\)"
    r"|\bplease (?:type|write|reply) above this line\b|^##- .{0,60} -##|\b(?:type|write) your reply above this line\b"
    r"|^[ \t]*-{2,}[ \t]*(?:original|forwarded) message[ \t]*-{2,}"
    r"|^[ \t]*(?:from|sent|to|date): .+\n(?:[ \t]*(?:to|cc|date|sent): .+\n){0,3}[ \t]*subject: ",
    re.I | re.M,
)
_SIGNED = re.compile(
    r"^[ \t]*(?:(?:kind|best|warm|many|with kind)(?:est)? (?:regards|wishes)|regards|yours (?:sincerely|faithfully|truly)|"
    r"sincerely(?: yours)?|cheers|mit freundlichen grüßen|cordialement|saludos cordiales)[ \t]*[,.!]?[ \t]*\n+[ \t]*\S",
    re.I | re.M,
)
_QUOTED = re.compile(r"[\"“„«][^\"“”„«»\n]{0,200}[\"”“»]")
_WRITES = re.compile(
    r"\b(?:(?:e-?mail|letter|message|note|card|postcard|memo|invitation|signature|footer|disclaimer|template|newsletter|"
    r"web ?site|web ?page|page|banner|cookie|survey|form|brief|mail|subscription|review|rating|speech|petition|statement|"
    r"testimonial)s?|reply|respond|application|html|feedback|unsubscribe|rate|copyright|gdpr|advertise\w*|press release|dear|"
    r"complain\w*|resign\w*|apolog\w*|thank (?:my|our|a|the|her|him|them)|condolences?|congratulat\w*|recommend(?:ation)?|"
    r"reference|proposal|write (?:to|back)|mails?|kündig\w*|bewerb\w*|schreiben?|anschreiben|lettre|courriel|écri\w*|carta|"
    r"correo|escrib\w*|lettera)\b",
    re.I,
)
HABIT = 0.2


@check("boilerplate", action="review", wants=("signed",))
def boilerplate(row: Row, *, signed: float = 0.0) -> str | None:
    """Quote what belongs to a page, a mail program or a help-desk tool rather than to the response.

    Rating requests, cookie and copyright lines, disclaimers, mail headers, "sent from my phone", and a sign-off with a
    name where at most a fifth of the set signs. Left alone where the prompt speaks of mails, pages or forms, inside
    quotations, and inside code. Kinds of furniture: what jusText and C4's cleaning cut from pages (Pomikálek 2011;
    Raffel et al. 2020), and the exports of help desks; phrases are matched, not learned.
    """
    if _WRITES.search(last_user_text(row)):
        return None
    text = prose(answer_text(row))
    if found := _FURNITURE.search(_QUOTED.sub(" ", text)):
        return f"the response holds '{shown(found.group())}', which is furniture of a page or mail"
    if signed <= HABIT and (found := _SIGNED.search(text)):
        return f"the response is signed like a letter: '{shown(found.group())}'"
    return None


def share_signed(rows: Sequence[Row]) -> float:
    """Share of the responses that are signed like a letter: a house style, not a fault, where many are."""
    return sum(_SIGNED.search(answer_text(row)) is not None for row in rows) / len(rows) if rows else 0.0
