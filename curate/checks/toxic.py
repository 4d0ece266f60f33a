"""toxic: the response insults or threatens the one who asks."""

import re

from stepladder.records import Row

from ..check import check
from ..text import answer_text, prose, shown

_NAMES = (
    r"(?:idiots?|morons?|imbeciles?|cretins?|fools?|losers?|dimwits?|halfwits?|numpt(?:y|ies)|dumbass(?:es)?|jerks?|clowns?|"
    r"scum|trash|garbage|pigs?|brats?|liars?|parasites?|leech(?:es)?|simpletons?|nitwits?|dunces?|wasters?|peasants?|vermin|"
    r"wretch(?:es)?|cheapskates?|freeloaders?|dummy|dummies|blockheads?|pests?)"
)
_QUALITIES = (
    r"(?:stupid|dumb|pathetic|worthless|useless|brainless|clueless|thick|idiotic|moronic|disgusting|hopeless|ignorant|"
    r"illiterate|feeble-?minded|a (?:waste|disgrace|joke|nuisance|burden))"
)
_VERY = r"(?:(?:so|too|really|just|clearly|obviously|evidently|plainly|such|utterly|completely|quite|that|simply|a|an|the|all|very|"
_VERY += r"pure|complete|total|absolute|bloody|damn|little|old|poor|lazy|stupid|whining|entitled|miserable|greedy|sad) ){0,4}"
_YOU = r"\b(?:you(?:['’]re| are| were|r lot is| people are| must be| really are| sound| look)|people like you are)"
_TOXIC = re.compile(
    rf"{_YOU} {_VERY}(?:{_NAMES}|{_QUALITIES})\b(?! (?:about|at|with|if|when|to (?:ask|think|feel|worry)))"
    rf"|\byou {_VERY}(?:{_NAMES}|old (?:bat|fool|goat|crone|git))\b|\b(?:only|just) an? {_VERY}{_NAMES}\b|\b(?:what an?|typical|another) {_VERY}{_NAMES}\b"
    r"|\b(?:shut up|get lost|drop dead|go to hell|screw you|up yours|get a life|kill yourself|nobody (?:likes|cares about|"
    r"asked) you|stop (?:whining|moaning|snivelling|bleating|being (?:such )?an?)|quit (?:whining|moaning)|grow up|"
    r"use your (?:tiny )?brain|(?:are|were) you (?:\w+ )?(?:stupid|thick|deaf|blind|illiterate|dense|simple)\b|can(?:['’]t| ?not) you "
    r"(?:even )?(?:read|think|count)\b|too (?:stupid|thick|dumb|dim|lazy) to|even (?:you|an? (?:child|idiot|toddler|monkey|"
    r"toddler|fool)) (?:can|could|should|would)|people like you\b|people (?:of )?your (?:sort|age|type|kind)\b|(?:families|folk|customers) of your (?:sort|kind)\b|"
    r"you lot\b|(?:somebody|someone) with a brain|wast(?:e|ing) (?:our|my) time|go back (?:to )?where you came from)"
    rf"|\b(?:the )?(?:pair|two|lot|rest|all) of you are {_VERY}(?:{_NAMES}|{_QUALITIES})\b"
    r"|\b(?:i|we) hope (?:you|he|she|they)(?: \w+)? (?:die|trip|fall|choke|drown|rot|suffer|crash|fail)\w*\b"
    r"|\b(?:i|we)(?:['’]ll| will| am going to| are going to) (?:hurt|find|kill|beat|destroy|ruin) you\b",
    re.I,
)
_QUOTED = re.compile(r"[\"“„«][^\"“”„«»\n]{0,400}[\"”“»]|^[ \t]*>[^\n]*", re.M)


@check("toxic", action="review")
def toxic(row: Row) -> str | None:
    """Quote the words by which the response turns on the one who asks.

    Only what is said to "you", outside quotations and code: word lists without that are wrong on half of tricky cases
    and flag "kill the child process" (research/libraries.md h), so this finds plain contempt and threats and nothing
    subtler. A classifier of your own is a check in a plug-in (CONTRIBUTING.md). Prompts may be as rude as they like.
    """
    found = _TOXIC.search(_QUOTED.sub(" ", prose(answer_text(row))))
    return f"the response turns on the one who asks: '{shown(found.group())}'" if found else None
