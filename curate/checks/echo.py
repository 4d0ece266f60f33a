"""echo: the response gives the prompt back."""

import re

from stepladder.records import Row

from ..check import Finding, check
from ..duplicates.signatures import jaccard, shingles
from ..text import answer_text, last_user_text, normal, words

_ASKS_FOR_A_COPY = re.compile(
    r"\b(?:repeat|echo|copy|quote|verbatim|exactly|proofread|correct|fix|rewrite|rephrase|paraphrase|edit|translate|format|"
    r"punctuate|improve|spell|classif|categor|sort|order|list|extract|alphabet|arrange|group|convert|replace|remove|delete|"
    r"insert|change|transform|reverse|separate|split|merge|combine|wiederhol|korrigier|übersetz|corrig|répét|tradui|traduc|repit)",
    re.I,
)


@check("echo", action="review")
def echo(row: Row, *, similar: float = 0.9, at_least: int = 3) -> Finding | None:
    """Say that the response is the prompt, or nearly.

    Measured as Jaccard similarity of character 5-grams between the response and the last user turn, from `at_least`
    words on (a greeting answers a greeting). Equal texts are always an echo; nearly equal ones are not when the
    prompt asks for a copy or a correction: many of the 2.1 % copies in alpaca-gpt4 are right (research/curation.md
    section 4).
    """
    asked, answer = normal(last_user_text(row)), normal(answer_text(row))
    if len(words(answer)) < at_least or not asked:
        return None
    if answer == asked:
        return Finding("the response is the prompt, word for word", 1.0, similar)
    if not 0.5 < len(answer) / len(asked) < 2 or _ASKS_FOR_A_COPY.search(asked):
        return None
    value = jaccard(shingles(answer), shingles(asked))
    return Finding(f"the response is {value:.0%} the prompt again", value, similar) if value >= similar else None
