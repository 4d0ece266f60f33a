"""refusal: the response declines, or speaks of itself as a language model."""

import re

from stepladder.records import Row

from ..check import Finding, check
from ..text import answer_text, last_user_text, prose, shown

_WITHIN = 300  # characters from the start; open-instruct's keyword filters look at the beginning too
_QUOTED = re.compile(r"[\"“„«][^\"“”„«»\n]{0,400}[\"”“»]|^[ \t]*>[^\n]*", re.M)
_CANNOT = r"\bi(?:'m| am)? ?(?:sorry,? (?:but )?i ?)?(?:cannot|can't|can not|won't|(?:'m |am )?(?:unable|not able) to) "
_PHRASES = re.compile(
    r"\bas an? (?:ai|artificial intelligence|(?:large )?language model)\b"
    r"|\bi(?:'m| am) (?:just |only )?an? (?:ai|artificial intelligence|(?:large )?language model)\b"
    r"|\bi(?:'m| am) (?:just |only |merely )?an? (?:virtual|digital|automated|chat) ?(?P<job>assistant|bot|agent)\b"
    r"|\bmy (?:knowledge|training) (?:cut-?off|data|only goes)\b|\bi do(?:n't| not) have (?:personal|feelings|opinions)\b"
    rf"|{_CANNOT}(?:assist|help)(?: you)?(?: with (?:that|this|such|your|requests?|questions?|anything|any)\b|[.!,]|$)"
    rf"|{_CANNOT}(?:comply|fulfil|engage|participate|do that|(?:answer|complete) (?:that|this))"
    rf"|{_CANNOT}(?:provide|generate|create|write|produce|discuss|share|give) (?:you )?(?:with )?"
    r"(?:that|this|such|any|content|"
    r"(?:medical|legal|financial|personal) advice|instructions|information (?:on|about) (?:that|this|how))\b"
    r"|\b(?:outside|beyond) the (?:scope|remit) of (?:what (?:i|we|this (?:chat|channel|service|assistant))\b|my (?:role|remit|"
    r"knowledge|expertise)\b|(?:this|our) (?:chat|channel|service|assistant)\b)"
    r"|\b(?:i|we)(?:'m| am|'re| are) (?:sorry,? but )?(?:\w+ )?(?:unable|not able|not in a position|not (?:permitted|"
    r"allowed|authori[sz]ed)) to "
    r"(?:comment|discuss|disclose|advise you|tell you)\b|\b(?:we|i) (?:do|can|will) not (?:discuss|comment on|"
    r"entertain) (?:that|this|such|"
    r"these|your|prices|individual|personal)\b|\byour (?:question|enquiry|query) (?:will|can|"
    r"could) ?not be (?:processed|answered|dealt with)\b"
    r"|\bthis (?:conversation|chat) (?:has been|is now|will be) (?:closed|terminated|ended)\b"
    r"|\bals (?:ki|künstliche intelligenz|sprachmodell)\b|\ben tant qu(?:e |')(?:ia|modèle|intelligence artificielle)\b"
    r"|\bcomo (?:una? )?(?:ia|modelo de lenguaje|inteligencia artificial)\b"
    r"|\bich kann (?:dabei|ihnen dabei|dir dabei) (?:leider )?nicht helfen\b|\bje ne peux pas (?:vous |t')aider\b"
    r"|\bno puedo ayudar(?:te|le|la|lo)? con (?:eso|esa|esto)\b"
    r"|作为(?:一个)?(?:ai|人工智能|语言模型)|我无法(?:协助|帮助|提供|回答)",
    re.I,
)


@check("refusal", action="review")
def refusal(row: Row) -> Finding | None:
    """Quote the phrase by which the response declines or names itself a language model.

    Looked for in the first 300 characters, outside quotations, quoted lines and code, so that answers about refusals
    are kept; a virtual assistant may also be a profession, and is where the prompt speaks of one. Source of the
    phrases: open-instruct's keyword and cut-off-date filters; 0.05 % of Alpaca, 3.1 % of the alpaca-gpt4 demo
    (research/curation.md section 4). A set that teaches to decline should set the action to `note`.
    """
    text = _QUOTED.sub(" ", prose(answer_text(row)[: 4 * _WITHIN]))[:_WITHIN].replace("’", "'")
    for found in _PHRASES.finditer(text):
        if not found["job"] or found["job"].casefold() not in last_user_text(row).casefold():
            return Finding(f"the response declines: '{shown(found.group())}'")
    return None
