"""Worn phrases: what language models say far more often than people do."""

import re
from collections.abc import Sequence

# Words: what Kobak et al. 2024 ("Delving into ChatGPT usage in academic writing through excess vocabulary") and Juzek
# and Ward 2025 ("Why does ChatGPT delve so much?") found in excess. Phrases: assistants' openings and closings.
_EXCESS = """
delve delves delved delving showcasing showcases underscores underscoring boasts intricacies intricate surpassing
garnered realm groundbreaking pivotal meticulous meticulously commendable multifaceted tapestry unwavering
seamlessly invaluable noteworthy
"""
_WORDS = frozenset(_EXCESS.split())
_PHRASES = re.compile(
    r"\b(?:"
    r"it(?:['’]s| is) (?:important|worth|crucial|essential) (?:to (?:note|remember|mention)|noting|mentioning)"
    r"|in (?:today['’]s|this|the) (?:fast-paced|ever-(?:changing|evolving)|digital|modern) (?:world|age|era|landscape)"
    r"|a testament to"
    r"|navigat\w+ the (?:complexit\w+|landscape|world) of"
    r"|unlock\w* (?:the|your) (?:\w+ )?potential"
    r"|embark\w* on (?:a|this|your) (?:\w+ )?journey"
    r"|plays? an? (?:crucial|vital|key|significant) role"
    r"|i hope this (?:helps|message finds|e-?mail finds)"
    r"|(?:great|excellent|fantastic|wonderful) question"
    r"|(?:feel free|don['’]t hesitate) to (?:reach out|ask|contact)"
    r"|(?:certainly|absolutely|of course)!"
    r"|let me know if (?:you (?:have|need)|there['’]s) any"
    r"|game[- ]changer"
    r"|in conclusion,"
    r"|dive (?:deep(?:er)? )?into"
    r")"
)
# Each phrase holds one of these, so that most texts need no search.
_HELD = """
important worth crucial essential world age era landscape testament potential journey role hope question hesitate
feel certainly absolutely course any changer conclusion into complexity complexities
"""
_ANCHORS = frozenset(_HELD.split())


def slop(text: str, found: Sequence[str]) -> float:
    """Worn phrases in 100 of the text's words `found`. English alone: other languages score 0, like clean text."""
    lower = [word.lower() for word in found]
    hits = sum(word in _WORDS for word in lower)
    if not _ANCHORS.isdisjoint(lower):
        hits += len(_PHRASES.findall(text.lower()))
    return 100 * hits / max(len(found), 1)
