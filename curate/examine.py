"""The two passes over the rows: each by itself, then all of them together."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

from stepladder import console
from stepladder.reading import Parsed

from .context import Context
from .decisions import Decisions
from .ledger import Entry, Reason
from .repair import repaired, with_system
from .rules import Rules, in_order
from .scores.text_scores import text_scores

_SILENT = 5000  # rows, about three seconds


def each(found: Sequence[tuple[Parsed, Entry]], rules: Rules, context: Context, decisions: Decisions) -> int:
    """Repair and check every row by itself; returns how many got the project's system turn.

    Between repairs and checks, what a person decided is done, so that an edited row is checked as it will be trained on.
    The user's own held-out rows are checked too, but nothing is done to them: every reason becomes a note.
    """
    with_turn = 0
    for parsed, entry in found:
        if entry.row is None:
            entry.reasons = rules.line_reasons(parsed)
            continue
        row, reasons, before = repaired(entry.row, rules, context)
        if not entry.given:
            entry.row, entry.before = row, before
        completed = with_system(entry.row, context.project.system)
        with_turn += completed is not entry.row
        entry.row = completed
        entry.reasons = [_for(entry, reason) for reason in reasons]
        decisions.apply(entry)
        completed = entry.row
        entry.scores = text_scores(completed)
    asked = rules.for_rows(context)
    with _progress(len(found)) as advance:
        for _, entry in found:
            if entry.row is not None:
                entry.reasons += [_for(entry, reason) for reason in rules.row_reasons(entry.row, asked)]
                entry.tokens = context.tokens.counts(entry.row) if context.tokens else None
            advance()
    return with_turn


def _progress(rows: int) -> AbstractContextManager[Callable[..., None]]:
    """Progress where it takes long enough to be wondered at."""
    return console.track("checking", rows) if rows > _SILENT else nullcontext(lambda: None)


def together(entries: Sequence[Entry], rules: Rules, context: Context) -> list[Reason]:
    """Compare the rows with each other; returns what is about the whole. A dropped row is out of every later check.

    Held-out rows of the user's are compared among themselves, for notes on duplicates.
    """
    by_id = {entry.id: entry for entry in entries}
    about_all: list[Reason] = []
    for part in in_order():
        for group in (
            [e for e in entries if not e.given],
            [e for e in entries if e.given and part.code != "leak_heldout"],
        ):
            rows = [entry.row for entry in group if entry.row and not _is_settled(entry, part.code)]
            for row_id, reason in rules.dataset_reasons(part, rows, context) if rows else ():
                if row_id is not None:
                    by_id[row_id].reasons.append(_for(by_id[row_id], reason))
                elif not group[0].given:
                    about_all.append(reason)
    return about_all


def _is_settled(entry: Entry, code: str) -> bool:
    """Whether the row is out, or what the check would find is said of it already."""
    return entry.dropped or (code == "duplicate_near" and any(r.code == "duplicate_exact" for r in entry.reasons))


def _for(entry: Entry, reason: Reason) -> Reason:
    """Notes only, where nothing may be done to the row or a person has answered this reason already."""
    answered = entry.decided is not None and reason.action == "review" and reason.code in entry.decided.answers
    return replace(reason, action="note") if entry.given or answered else reason
