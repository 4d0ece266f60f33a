"""The scores of a set of rows, put together: what models say of each, and one order out of all of it."""

from collections.abc import Iterable, Sequence
from typing import Any

from stepladder.config import EndpointConfig, Project
from stepladder.errors import UserError
from stepladder.records import Row

from ..check import is_bad_on_purpose
from ..ledger import Entry
from ..tokens import Tokens
from .combined import combined, ranks
from .ifd import ifd, length_residual
from .losses import Losses
from .page import sentence
from .reward import RewardModel
from .rows_judged import Judge
from .selectors import selectors

_NO_LOSS = "the model's template cannot carry it, or it is longer than what training keeps"


class Scoring:
    """What models say of rows; each row is looked at once, whoever asks first."""

    def __init__(self, losses: Losses | None, judge: Judge | None) -> None:
        self._losses, self._judge = losses, judge
        self._known: dict[str, dict[str, float]] = {}
        self.unscored: dict[str, dict[str, str]] = {}
        """Row id -> name of the score -> why the row has none."""
        self.cost: dict[str, Any] = {}
        """What the judge took in this run."""

    def of(self, rows: Sequence[Row]) -> dict[str, dict[str, float]]:
        """Row id -> scores: loss, loss_alone, ifd; of pairs also loss_rejected and margin; judge or reward.

        `margin` is the log-probability of the chosen side less that of the rejected one, both per token, in nats: below
        0 the model would rather say the rejected side. One signal among others (arXiv 2501.15109), never a verdict.
        """
        fresh = [row for row in rows if row.id not in self._known]
        self._known.update({row.id: {} for row in fresh})
        if self._losses and fresh:
            self._add_losses(fresh, self._losses)
        if self._judge and fresh:
            self._add_judge(fresh, self._judge)
        return {row.id: self._known[row.id] for row in rows}

    def _add_losses(self, rows: Sequence[Row], losses: Losses) -> None:
        found = losses.of(rows)
        for row in rows:
            if row.id not in found:
                self.unscored.setdefault(row.id, {})["loss"] = _NO_LOSS
                continue
            known = dict(found[row.id])
            known["ifd"] = ifd(known["loss"], known["loss_alone"])
            if "loss_rejected" in known:
                known["margin"] = known["loss_rejected"] - known["loss"]
            self._known[row.id].update({name: round(value, 4) for name, value in known.items()})

    def _add_judge(self, rows: Sequence[Row], judge: Judge) -> None:
        said = judge.of(rows)
        for row_id, value in said.scores.items():
            self._known[row_id][judge.name] = round(value, 4)
        for row_id, reason in said.failed.items():
            self.unscored.setdefault(row_id, {})[judge.name] = reason
        for name, value in said.cost.items():
            self.cost[name] = self.cost[name] + value if self.cost.get(name) and isinstance(value, int) else value


def scoring_of(project: Project, model: str | None, tokens: Tokens | None) -> Scoring | None:
    """What `curate.scores` and `curate.judge` ask for, or None.

    Raises:
        UserError: scores of a model without a model, a judge that is not there, or a variable that is not set.
    """
    config = project.curate
    if config.scores == "model" and (model is None or tokens is None):
        raise UserError("curate.scores", "asks for a model's losses, but no model is given", "Add --model MODEL")
    losses = Losses(model, tokens.max_length) if config.scores == "model" and model and tokens else None
    asked = config.judge
    judge: Judge | None = None
    if asked and asked.base_url:
        from .judge import EndpointJudge  # urllib takes 50 ms, which a run without a judge has no use for

        judge = EndpointJudge(EndpointConfig(asked.base_url, asked.model, asked.api_key_env), project.evaluate.prices)
    elif asked:
        judge = RewardModel(asked.model)
    return Scoring(losses, judge) if losses or judge else None


def score(entries: Iterable[Entry], scoring: Scoring | None) -> dict[str, Any]:
    """Complete the scores of the rows that are not dropped, the user's held-out ones and bad examples apart.

    Returns what summary.json says under `selectors`. Nothing happens to a row for its scores.
    """
    mine = [e for e in entries if e.row and not e.dropped and not e.given and not is_bad_on_purpose(e.row)]
    if scoring:
        found = scoring.of([entry.row for entry in mine if entry.row])
        for entry in mine:
            entry.scores.update(found[entry.id])
            entry.unscored = scoring.unscored.get(entry.id, {})
        _add_residuals(mine)
    for entry, ranked in zip(mine, ranks([entry.scores for entry in mine]), strict=True):
        entry.ranks = ranked
        if (value := combined(ranked)) is not None:
            entry.scores["combined"] = value
    failed = [name for entry in mine for name in entry.unscored]
    unscored = {name: failed.count(name) for name in sorted(set(failed))}
    found = selectors([entry.scores for entry in mine])
    cost = scoring.cost if scoring else {}
    return {"scores": found, "unscored": unscored, "judge": cost, "sentence": sentence(found, unscored)}


def _add_residuals(entries: Sequence[Entry]) -> None:
    known = [entry for entry in entries if "ifd" in entry.scores]
    if known:
        lengths = [entry.scores["response_words"] for entry in known]
        for entry, left in zip(known, length_residual([e.scores["ifd"] for e in known], lengths), strict=True):
            entry.scores["ifd_residual"] = round(float(left), 4)
