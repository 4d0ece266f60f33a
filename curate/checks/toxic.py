"""toxic: the response insults or threatens the one who asks."""

import re

from stepladder.records import Row

from ..check import check
from ..text import answer_text, prose, shown

# Words that are said of people alone, and never kindly.
_SLURS = (
    r"(?:idiots?|morons?|imbeciles?|cretins?|dimwits?|half-?wits?|nitwits?|numpt(?:y|ies)|dumb-?ass(?:es)?|blockheads?|"
    r"simpletons?|scum|vermin)"
)
# Words that are an insult when one is called it, and otherwise an animal, a toy or a card of the tarot.
_NAMES = (
    rf"(?:{_SLURS}|fools?|losers?|jerks?|clowns?|trash|garbage|pigs?|brats?|parasites?|leech(?:es)?|dunces?|wasters?|"
    r"peasants?|wretch(?:es)?|cheapskates?|freeloaders?|pests?)"
)
_QUALITIES = (
    r"(?:stupid|dumb|pathetic|worthless|useless|brainless|idiotic|moronic|disgusting|feeble-?minded|"
    r"an? (?:waste of (?:space|time|air)|disgrace|nuisance|joke))"
)
_HARSH = (
    r"(?:stupid|useless|pathetic|worthless|bloody|damn(?:ed)?|lazy|whining|snivelling|entitled|miserable|greedy|ignorant|"
    r"filthy|dirty|brainless|silly old|stupid old)"
)
_MORE = (
    rf"(?:(?:so|too|really|just|clearly|obviously|evidently|plainly|such|utterly|completely|quite|simply|nothing but|all|an?|"
    rf"very|pure|complete|total|absolute|{_HARSH}|little|old) ){{0,4}}"
)
_ARE = (
    r"\b(?:you(?:['’]re| are| must be)|(?:the )?(?:pair|two|lot|rest|all) of you are|people like you are|you lot are)"
)
_STARTS = r"(?:^|[.!?:;—] )(?:(?:oh|now|just|so|please|well|and),? )?"
_TOXIC = re.compile(
    rf"{_ARE} {_MORE}(?:{_NAMES}|{_QUALITIES})\b(?! (?:about|at|with|if|when|for|as|to (?:ask|think|feel|worry)))"
    rf"|\byou,? (?:{_HARSH} )+(?:(?:old|little) )?(?:{_NAMES}|bat|goat|crone|git|cow|thing|people|lot)\b"
    rf"|(?:{_STARTS}|, )you (?:(?:old|little|complete|total|absolute) )?{_SLURS}\b"
    rf"|\b(?:only|just|what|typical|another|spoken like) (?:an? )?(?:(?:complete|total|absolute|utter|real) )?{_SLURS}\b"
    rf"|{_STARTS}(?:shut up|get lost|drop dead|go to hell|screw you|up yours|get a life|grow up|"
    rf"go (?:and )?kill yourself|kill yourself|"
    r"nobody (?:likes|cares about|asked) you|use your (?:tiny )?brain)(?= *[.!,\n]|$)"
    rf"|\b(?:stop|quit) (?:whining|moaning|snivelling|bleating)\b|\bstop being such an? {_NAMES}\b"
    r"|\byour tiny (?:little )?(?:brain|mind)\b|\b(?:are|were) you (?:really |that |just |so |actually )?(?:stupid|"
    r"thick|illiterate|dense)\?"
    r"|\bcan(?:['’]t| ?not) you (?:even )?(?:read|think|count)\b(?: \w+)?\?|\byou(?:['’]re| are) (?:clearly |just |"
    r"obviously )?too "
    r"(?:stupid|thick|dumb|dim|lazy) to\b|\beven (?:an? (?:idiot|moron|imbecile|fool)|a toddler) (?:can|could|should|"
    r"would)(?: have)? "
    r"(?:see|seen|read|grasp(?:ed)?|understand|understood|know|known)\b"
    r"|\b(?:people|families|folk|customers) (?:like you|(?:of )?your (?:sort|kind|age)) (?:are the|should(?: not|"
    r"n['’]t)|never|ruin|"
    r"lower|always (?:complain|want|expect)|make me)\b|\byou lot (?:always|never|can['’]?t|cannot|don['’]?t|just|"
    r"make|turn up|think)\b"
    r"|\b(?:stop|quit|don['’]t|you(?:['’]re| are)(?: just)?) wast(?:e|ing) (?:our|my) time\b"
    rf"|{_STARTS}go back (?:to )?where you came from(?: and\b|[.!])"
    r"|\b(?:i|we) hope (?:you|he|she|they)(?: all| both| just)? (?:die|trip|choke|drown|rot|suffer|crash)s?\b"
    r"|\b(?:i|we)(?:['’]ll| will| am going to| are going to) (?:(?:hurt|kill|destroy|ruin) you\b|find you(?: and|[.!]))",
    re.I | re.M,
)
_QUOTED = re.compile(r"[\"“„«][^\"“”„«»\n]{0,400}[\"”“»]|^[ \t]*>[^\n]*", re.M)
# "If you are a fool for sweets", "you may feel that you are worthless", "born in 2007, you are a Pig".
_SAID_OF = re.compile(
    r"\b(?:if|whether|unless|suppose|imagine|born|feel\w*|felt|think\w*|thought\w*|believ\w*|belief\w*|tell\w*|told|"
    r"sa(?:y|ys|id)|call\w*|"
    r"wonder\w*|mean(?:s|t)?|impl(?:y|ies)|suggest\w*|convince\w*|like|as though|not|never|does(?:n['’]t)?)\b[^.!?\n]*$",
    re.I,
)


@check("toxic", action="review")
def toxic(row: Row) -> str | None:
    """Quote the words by which the response turns on the one who asks.

    Only what is said to "you", outside quotations and code: word lists without that are wrong on half of tricky cases
    and flag "kill the child process" (research/libraries.md h), so this finds plain contempt and threats and nothing
    subtler. A clause that speaks of what someone feels or says ("you may think that you are worthless"), or sets a
    condition, is left alone. A classifier of your own is a check in a plug-in (CONTRIBUTING.md). Prompts may be as
    rude as they like.
    """
    text = _QUOTED.sub(" ", prose(answer_text(row)))
    for found in _TOXIC.finditer(text):
        if not _SAID_OF.search(text[max(0, found.start() - 120) : found.start()]):
            return f"the response turns on the one who asks: '{shown(found.group())}'"
    return None
