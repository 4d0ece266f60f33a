"""The built-in metrics, each through the same door as a user's own."""

from stepladder.answer_format import FormatRule
from stepladder.records import Row

from ..metric import metric
from . import text
from .facts import facts_share


@metric("checks", unit="share of the row's checks that pass, 0 to 1", margin=0.05)
def checks(output: str, row: Row, rule: FormatRule | None) -> float | None:
    """Facts that must and must not be there, and the format rule as one more check; only for rows that name facts."""
    found = _facts(output, row)
    if found is None:
        return None
    passed, total = found
    if rule is None:
        return passed / total
    return (passed + (not rule.faults(output, row.metadata))) / (total + 1)


@metric("facts", unit="share of the row's facts that are right, 0 to 1", margin=0.05)
def facts(output: str, row: Row, rule: FormatRule | None) -> float | None:
    """Share of `must_contain` found, and of `must_not_contain` absent from an answer that has some of the former."""
    found = _facts(output, row)
    return None if found is None else found[0] / found[1]


@metric("format", unit="share of answers that follow the format rule", binary=True, margin=0.10)
def follows_format(output: str, row: Row, rule: FormatRule | None) -> float | None:
    """1 when the project's format rule finds no fault, else 0; not applicable without a rule."""
    return None if rule is None else float(not rule.faults(output, row.metadata))


@metric("chrf", unit="character n-gram F, 0 to 100", margin=3.0)
def chrf(output: str, row: Row, rule: FormatRule | None) -> float:
    """Sentence chrF against the reference (sacrebleu's CHRF, Popović 2015)."""
    return text.chrf(output, row.completion_text)


@metric("rouge_l", unit="longest common subsequence F1, 0 to 1", margin=0.03)
def rouge_l(output: str, row: Row, rule: FormatRule | None) -> float:
    """ROUGE-L F1 against the reference (Lin 2004)."""
    return text.rouge_l(output, row.completion_text)


@metric("token_f1", unit="bag-of-words F1, 0 to 1", margin=0.03)
def token_f1(output: str, row: Row, rule: FormatRule | None) -> float:
    """SQuAD's token F1 against the reference (Rajpurkar et al. 2016)."""
    return text.token_f1(output, row.completion_text)


@metric("exact_match", unit="share of answers equal to the reference", binary=True, margin=0.10)
def exact_match(output: str, row: Row, rule: FormatRule | None) -> float:
    """1 when answer and reference are equal after SQuAD normalisation."""
    return text.exact_match(output, row.completion_text)


def _facts(output: str, row: Row) -> tuple[int, int] | None:
    must, must_not = row.metadata.get("must_contain") or [], row.metadata.get("must_not_contain") or []
    if not must and not must_not:
        return None
    passed, total, _ = facts_share(output, must, must_not)
    return passed, total
