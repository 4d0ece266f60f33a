"""What the stage can hand to a check that asks for it by name (`needs`, `wants`)."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from stepladder.answer_format import FormatRule
from stepladder.config import Project
from stepladder.records import Row

from .check import is_bad_on_purpose
from .checks import boilerplate, language
from .checks.truncated import share_unended
from .duplicates.best import Standing, standing
from .duplicates.likeness import Likeness
from .duplicates.paraphrase import Same, paraphrases
from .habits import usual_keys
from .knowledge import Knowledge
from .ledger import Entry
from .meaning import Meaning
from .private.personal import personal
from .repairs.pii import datum
from .scores.scoring import Scoring
from .text import answer_text
from .tokens import Tokens

_BY_WORDS = "no --model was given, so rows are compared by their words alone (see curate.embedder)"
MISSING = {
    "rule": "the project declares no `format`",
    "tokens": "no --model was given",
    "heldout": "no held-out file was given",
    "knowledge": "no --knowledge was given",
    "benchmarks": "no --benchmark was given",
    "meaning": _BY_WORDS,
    "paraphrases": _BY_WORDS,
}


@dataclass
class Context:
    """Everything a check may ask for. What is not there is None, and a check that needs it is skipped."""

    project: Project
    entries: Sequence[Entry]
    tokens: Tokens | None
    seed: int
    knowledge: Knowledge | None = None
    meaning: Meaning | None = None
    benchmarks: tuple[Row, ...] | None = None
    """The items of the user's benchmark files."""

    scoring: Scoring | None = None
    """The models that score rows, where the project asks for them."""

    def get(self, name: str) -> Any:
        """The thing of that name, or None."""
        return getattr(self, name)

    @cached_property
    def rule(self) -> FormatRule | None:
        """The rule that responses must follow."""
        return FormatRule.from_config(self.project.format) if self.project.format else None

    @cached_property
    def special_tokens(self) -> frozenset[str] | None:
        """Control tokens of the given model's tokenizer."""
        return self.tokens.special_tokens if self.tokens else None

    @cached_property
    def heldout(self) -> tuple[Row, ...] | None:
        """The rows of the user's own held-out file."""
        return tuple(e.row for e in self.entries if e.given and e.row) or None

    @cached_property
    def _good(self) -> list[Row]:
        """The rows whose response is there to learn from."""
        return [e.row for e in self.entries if e.row and not is_bad_on_purpose(e.row)]

    @cached_property
    def unended(self) -> float:
        """Share of the responses that end without an end mark."""
        return share_unended(self._good)

    @cached_property
    def signed(self) -> float:
        """Share of the responses that are signed like a letter."""
        return boilerplate.share_signed(self._good)

    @cached_property
    def public(self) -> frozenset[str]:
        """Addresses and numbers of the organisation itself: the documents state them, or three responses and more."""
        counts: Counter[str] = Counter()
        for row in self._good:
            text = answer_text(row)
            counts.update({datum(text[f.start : f.end]) for f in personal(text)})
        stated = self.knowledge.personal if self.knowledge else frozenset()
        return stated | {value for value, count in counts.items() if count >= 3}

    @cached_property
    def languages(self) -> dict[str, float]:
        """Share of each language among the responses."""
        return language.shares(self._good)

    @cached_property
    def usual_keys(self) -> Mapping[str, float]:
        """Keys that open a line in many responses, and how sure it is that they do so once."""
        return usual_keys(self._good)

    @property
    def likeness(self) -> Callable[[Sequence[Row]], Likeness]:
        """Who is like whom among some rows."""
        return self._likeness

    def _likeness(self, rows: Sequence[Row]) -> Likeness:
        """As computed before for the same rows or more of them, unless a crowded bucket hid pairs then."""
        wanted = {row.id for row in rows}
        for known, found in self._computed:
            if wanted == known or (wanted <= known and not found.crowded):
                return found
        config = self.project.curate
        found = Likeness(rows, threshold=min(config.near, config.leak), system=self.project.system, seed=self.seed)
        self._computed.append((frozenset(wanted), found))
        return found

    def measured(self, rows: Sequence[Row]) -> Likeness:
        """What was measured before for these rows or more, so nothing is compared again where that can be."""
        wanted = {row.id for row in rows}
        return next((found for known, found in self._computed if wanted <= known), None) or self._likeness(rows)

    @cached_property
    def _computed(self) -> list[tuple[frozenset[str], Likeness]]:
        return []

    @cached_property
    def paraphrases(self) -> list[Same] | None:
        """Pairs that say the same in other words, among all rows that are not dropped by then; computed once."""
        rows = [e.row for e in self.entries if e.row and not e.dropped]
        return paraphrases(rows, self.meaning) if self.meaning else None

    @property
    def model_scores(self) -> Callable[[Sequence[Row]], Mapping[str, Mapping[str, float]]] | None:
        """What models say of some rows (Scoring.of), row id -> name -> score; each row is scored once."""
        return self.scoring.of if self.scoring else None

    @cached_property
    def loss_margins(self) -> Mapping[str, float] | None:
        """Pair id -> log-probability of the chosen side less that of the rejected one, per token (Scoring.of).

        Of the pairs that are not dropped by then; a pair that the template cannot carry has none. None without
        `curate.scores: model`.
        """
        pairs = [e.row for e in self.entries if e.row and e.row.kind == "preference" and not e.dropped]
        if self.scoring is None or self.project.curate.scores == "none":
            return None
        return {name: found["margin"] for name, found in self.scoring.of(pairs).items() if "margin" in found}

    @property
    def standings(self) -> Callable[[str], Standing]:
        """What speaks against a row, from what the ledger says of it by now."""
        places = {e.id: place for place, e in enumerate(self.entries)}

        def of(row_id: str) -> Standing:
            entry = self.entries[places[row_id]]
            assert entry.row is not None, "only rows are compared"
            actions = [reason.action for reason in entry.reasons]
            return standing(entry.row, places[row_id], actions.count("review"), actions.count("fix"))

        return of
