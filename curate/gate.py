"""The gates that a user sets for an automatic build: limits on what curation may find, or on what it finds anew."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stepladder.errors import GateFailed, UserError
from stepladder.writing import write_json

from .ledger import BUDGET, Entry, Reason
from .rates import spoken
from .rules import Rules
from .text import shown

_LISTED = 20  # findings named in a message; the ledger has all of them
_FORM = 1


@dataclass(frozen=True)
class Gate:
    """`--fail-on`, `--fail-under` and `--baseline`, checked for sense before any work is done."""

    fail_on: tuple[str, ...] = ()
    fail_under: float | None = None
    baseline: str | None = None
    known: frozenset[tuple[str, str]] = frozenset()
    """(reason code, row id) of the findings that the baseline file accepts."""

    @classmethod
    def read(cls, rules: Rules, fail_on: Sequence[str], fail_under: float | None, baseline: str | None) -> "Gate":
        """The gate with the findings of the file `baseline`.

        Raises:
            UserError: an unknown reason code, a share that is none, or a file that is no baseline.
        """
        rules.check_codes("--fail-on", fail_on)
        if fail_under is not None and not 0 <= fail_under <= 1:
            raise UserError("--fail-under", f"{fail_under:g} is no share", "Write a number from 0 to 1, such as 0.95")
        return cls(tuple(fail_on), fail_under, baseline, _accepted(baseline) if baseline else frozenset())

    def check(self, entries: Sequence[Entry], summary: Mapping[str, Any]) -> None:
        """Raise GateFailed where the rows do not meet a limit; without a limit nothing is checked.

        Rows that --keep leaves out are sound: they count as kept.

        With a baseline, findings that it does not accept fail, notes aside, or only those of `fail_on` where codes are
        named. A finding is a reason code on a row id: the line may move, and the count in the detail may change.
        """
        if self.baseline:
            self._check_new(entries)
        else:
            self._check_codes(summary)
        spared = summary["codes"].get(BUDGET, {}).get("rows", 0)
        ready, of = summary["kept"] + summary["fixed"] + spared, summary["rows_in"]
        if self.fail_under is not None and ready / of < self.fail_under:
            said = f"{ready / of:.1%} of the rows are kept, less than {self.fail_under:.1%} ({spoken(ready, of)})"
            raise GateFailed("--fail-under", said, "See ledger.jsonl")

    def _check_codes(self, summary: Mapping[str, Any]) -> None:
        found = {code: summary["codes"].get(code, {}).get("rows", 0) for code in self.fail_on}
        told = [f"{n} rows have {code} ({spoken(n, summary['rows_in'])})" for code, n in found.items() if n]
        if told:
            raise GateFailed("--fail-on", ", ".join(told), "See them in ledger.jsonl")

    def _check_new(self, entries: Sequence[Entry]) -> None:
        new = [(entry, reason) for entry, reason in _findings(entries) if (reason.code, entry.id) not in self.known]
        if self.fail_on:
            new = [(entry, reason) for entry, reason in new if reason.code in self.fail_on]
        if not new:
            return
        lines = [f"  {e.source} ({e.id}) {r.code}: {shown(r.finding.detail, 100)}" for e, r in new[:_LISTED]]
        if len(new) > _LISTED:
            lines.append(f"  and {len(new) - _LISTED} more")
        what = f"{len(new)} {'finding is' if len(new) == 1 else 'findings are'} new since {self.baseline}:"
        todo = f"Mend the rows, or accept them with --write-baseline {self.baseline}"
        raise GateFailed("--baseline", "\n".join([what, *lines]), todo)


def write_baseline(file: str, entries: Sequence[Entry]) -> None:
    """Accept what was found in this run: reason code -> row ids, sorted, so that a version control shows what changed.

    All findings are accepted but notes, which no baseline fails on.
    """
    found: dict[str, set[str]] = {}
    for entry, reason in _findings(entries):
        found.setdefault(reason.code, set()).add(entry.id)
    accepted = {code: sorted(found[code]) for code in sorted(found)}
    write_json(Path(file), {"stepladder_baseline": _FORM, "accepted": accepted})


def _findings(entries: Sequence[Entry]) -> list[tuple[Entry, Reason]]:
    return [(entry, reason) for entry in entries for reason in entry.reasons if _is_fault(reason)]


def _is_fault(reason: Reason) -> bool:
    return reason.action != "note" and reason.code != BUDGET


def _accepted(file: str) -> frozenset[tuple[str, str]]:
    todo = "Write one with --write-baseline"
    try:
        content = json.loads(Path(file).read_text(encoding="utf-8"))
        if content["stepladder_baseline"] != _FORM:
            raise UserError(file, "is a baseline of another version of Stepladder", todo)
        return frozenset((code, row_id) for code, ids in content["accepted"].items() for row_id in ids)
    except FileNotFoundError as error:
        raise UserError(file, "there is no such baseline file", todo) from error
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise UserError(file, "is no baseline file", todo) from error
