"""echo: the response gives the prompt back."""

import re

from stepladder.records import Row

from ..check import Finding, check
from ..duplicates.signatures import jaccard, shingles
from ..text import answer_text, content_of, last_user_text, normal, words

_ASKS_FOR_A_COPY = re.compile(
    r"\b(?:repeat|echo|copy|quote|verbatim|exactly|proofread|correct|fix|rewrite|rephrase|paraphrase|edit|translate|format|"
    r"punctuate|improve|spell|classif|categor|sort|order|list|extract|alphabet|arrange|group|convert|replace|remove|delete|"
    r"insert|change|again|once more|missed|pardon|transform|reverse|separate|split|merge|combine|wiederhol|korrigier|"
    r"übersetz|corrig|répét|tradui|traduc|repit)",
    re.I,
)


_TURN = 8  # words from which a turn is no standing phrase
_REWRITES = re.compile(
    r"\b(?:re-?write|rephrase|reword|paraphrase|house style|improve|polish|make (?:it|this) \w+)\b", re.I
)
_QUOTATION = re.compile(r"(?<!\w)(['\"‘“])(.{20,2000}?)['\"’”](?!\w)", re.S)


def _quotations(row: Row) -> list[str]:
    return [found[1] for found in _QUOTATION.findall(last_user_text(row))]


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
    earlier = [normal(content_of(turn)) for turn in row.prompt if turn["role"] == "assistant"]
    if answer in earlier and len(words(answer)) >= _TURN and not _ASKS_FOR_A_COPY.search(asked):
        return Finding("the response is what the assistant said before, word for word", 1.0, similar)
    if len(words(asked)) >= _TURN and answer.endswith(asked) and len(answer) <= len(asked) * 1.5:
        return Finding("the response is the prompt in quotation marks", 1.0, similar)
    if len(words(answer)) >= _TURN and _REWRITES.search(asked) and any(answer == normal(q) for q in _quotations(row)):
        return Finding("the response is the text that was to be rewritten, unchanged", 1.0, similar)
    if not 0.5 < len(answer) / len(asked) < 2 or _ASKS_FOR_A_COPY.search(asked):
        return None
    value = jaccard(shingles(answer), shingles(asked))
    return Finding(f"the response is {value:.0%} the prompt again", value, similar) if value >= similar else None
