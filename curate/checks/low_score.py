"""low_score: a response that is all air, that its own prompt does not help, or that a judge rates low."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from stepladder.records import Row

from ..check import Finding, check, dataset_check, is_bad_on_purpose
from ..scores.specificity import has_name
from ..text import answer_text, is_code, is_structured, is_verse, last_user_text, lines, prose, words

_CONCRETE = re.compile(
    r"\d|https?://|\S@\S|[$€£¥%°]|[\"“«`]|\b(?:yes|no|not?|never|none|nobody|nothing|without|free|cannot)\b|n['’]t\b",
    re.I,
)
_AIR_WORDS = """
accordingly always appreciate appreciated appropriate appropriately aspects best carefully certain certainly
circumstances communication comprehensive considerable depend depending depends different effort efforts ensure
essential everything excellent experience facilitate factors fully general generally happen holistic importance
important individual key kind leverage manner many matter matters naturally needed needs normal normally numerous
often optimal order ordinary overall patient please popular possible potential prepared proactive proceed process
properly quality range really regard regarding relevant requires respective right robust satisfaction seamless several
simply situation situations some something sometimes standards strive suitable suits support sure system tailored
thank things time understand understandable understanding unique usual usually valuable value various way ways well
whatever wide
"""
_AIR = frozenset(_AIR_WORDS.split())
_CREATIVE = re.compile(
    r"\b(?:poem|story|verse|song|lyrics|haiku|motto|slogan|greeting|toast|prayer|caption|joke|tagline)\b", re.I
)


@check("low_score", action="note")
def low_score(row: Row, *, air: float = 0.12, at_least: int = 20) -> Finding | None:
    """Say how much of the response is air, where it has nothing concrete at all.

    Concrete: a figure, an address, a quotation, code, a name in mid-sentence, a yes, no or not. Without any of these in
    `at_least` words, and with a share `air` or more of words that fit every answer ("depends", "various", "ensure"), the
    row is worth a look. Cheap, and only for plain prose; of the sample's 500 good answers one has 0.07, none more
    (bench/curation_recall.py). A note: scores rank, they do not decide (research/curation.md section 5, pain 8).
    """
    text = "\n".join(_body(prose(answer_text(row))))
    found = words(text)
    if len(found) < at_least or is_code(text) or is_verse(text) or _CREATIVE.search(last_user_text(row)):
        return None
    if _CONCRETE.search(text) or any(is_structured(line) for line in lines(text)) or has_name(text):
        return None
    value = sum(word.casefold() in _AIR for word in found) / len(found)
    if value < air:
        return None
    return Finding(f"nothing in it is concrete, and {value:.0%} of its words would fit any answer", value, air)


def _body(text: str) -> list[str]:
    """The lines but closing ones such as "Source: fares", whose key is at most three words."""
    return [line for line in lines(text) if not re.match(r"(?:[\w'-]+ ){0,2}[\w'-]+: ", line)] or lines(text)


ModelScores = Callable[[Sequence[Row]], Mapping[str, Mapping[str, float]]]


@dataset_check("low_score", action="note", wants=("model_scores",))
def low_by_models(
    rows: Sequence[Row], *, ifd: float = 1.0, rating: float = 4.0, model_scores: ModelScores | None = None
) -> Iterator[tuple[str, Finding]]:
    """Name the rows whose prompt makes the response no likelier, and those that the judge rates low.

    Above `ifd` the response is likelier without its prompt than with it: Cherry LLM leaves such rows out (ratio of mean
    losses, scores/ifd.py). Below `rating` of 5: AlpaGasus keeps 4.5 and more, and what is under 4 is worth a look
    (research/curation.md section 4). Nothing without `curate.scores: model` or `curate.judge`; notes, since scores rank
    and do not decide. A bad example is bad by design and left alone.
    """
    if model_scores is None:
        return
    mine = [row for row in rows if not is_bad_on_purpose(row)]
    for row_id, scores in model_scores(mine).items():
        if scores.get("ifd", 0.0) > ifd:
            detail = f"the model finds the response likelier without its prompt (IFD {scores['ifd']:.2f})"
            yield row_id, Finding(detail, scores["ifd"], ifd)
        if scores.get("judge", rating) < rating:
            yield row_id, Finding(f"the judge gives it {scores['judge']:g} of 5", scores["judge"], rating)
