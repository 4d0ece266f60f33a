"""What the stage can hand to a check that asks for it by name (`needs`, `wants`)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from stepladder.answer_format import FormatRule
from stepladder.config import Project
from stepladder.records import Row

from .check import is_bad_on_purpose
from .checks.truncated import share_unended
from .duplicates.best import Standing, standing
from .duplicates.likeness import Likeness
from .ledger import Entry
from .tokens import Tokens

MISSING = {
    "rule": "the project declares no `format`",
    "tokens": "no --model was given",
    "heldout": "no held-out file was given",
}


@dataclass
class Context:
    """Everything a check may ask for. What is not there is None, and a check that needs it is skipped."""

    project: Project
    entries: Sequence[Entry]
    tokens: Tokens | None
    seed: int

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
    def unended(self) -> float:
        """Share of the responses that end without an end mark."""
        return share_unended([e.row for e in self.entries if e.row and not is_bad_on_purpose(e.row)])

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

    @cached_property
    def _computed(self) -> list[tuple[frozenset[str], Likeness]]:
        return []

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
