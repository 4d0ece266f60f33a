"""Which checks run, with which options, and what is done about what they find."""

from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from typing import Any, cast

from stepladder.config import CurateConfig
from stepladder.errors import UserError
from stepladder.plugins import checked_options
from stepladder.reading import Parsed
from stepladder.records import Row

from .check import ACTIONS, Action, Check, Finding, all_checks, checks, dataset_checks, is_bad_on_purpose
from .context import MISSING, Context
from .ledger import Reason
from .patterns import pattern_checks


class Rules:
    """The checks as the project wants them. Creating it reports every unknown code, action and option.

    Raises:
        UserError: an unknown reason code, action or option in `curate.actions` or `curate.checks`, or a wrong name
            under `curate.patterns`.
    """

    def __init__(self, config: CurateConfig) -> None:
        self._config = config
        patterns = pattern_checks(config.patterns)
        self._checks = [*(part for _, part in checks.items()), *patterns]
        self.parts = [*all_checks(), *patterns]
        self.check_codes("curate.actions", config.actions)
        self.check_codes("curate.checks", config.checks)
        fixable = {part.code for part in self.parts if part.action == "fix"}
        for code, action in config.actions.items():
            if action not in ACTIONS or (action == "fix" and code not in fixable):
                can = [a for a in ACTIONS if a != "fix" or code in fixable]
                raise UserError(
                    f"curate.actions.{code}", f"'{action}' cannot be done about it", f"Choose {', '.join(can)}"
                )
        self._options = {id(part): self._options_of(part) for part in self.parts}

    def check_codes(self, where: str, codes: Iterable[str]) -> None:
        """Raise UserError for a code that no check has, naming the nearest one."""
        known = sorted({part.code for part in self.parts})
        for code in codes:
            if code not in known:
                near = get_close_matches(code, known, n=1)
                hint = f"Did you mean '{near[0]}'" if near else f"Known are: {', '.join(known)}"
                raise UserError(where, f"there is no reason code '{code}'", hint)

    def _options_of(self, part: Check) -> dict[str, Any]:
        """The project's options for a part; `curate.near` and `.leak` are the defaults of options of that name."""
        own = {*part.needs, *part.wants, *(("known",) if part.remembers else ())}
        given = self._config.checks.get(part.code, {})
        if hidden := own & set(given):
            raise UserError(f"curate.checks.{part.code}", f"'{min(hidden)}' is not an option", "Remove it")
        both = [other for other in self.parts if other.code == part.code and other is not part]
        shared = {name for other in both for name in (other.function.__kwdefaults__ or {})}
        mine = {k: v for k, v in given.items() if k not in shared or k in (part.function.__kwdefaults__ or {})}
        options = checked_options("check", part.code, part.function, mine)
        defaults = {"near": self._config.near, "leak": self._config.leak}
        known = part.function.__kwdefaults__ or {}
        return {**{name: value for name, value in defaults.items() if name in known}, **options}

    def action(self, part: Check, finding: Finding | None = None) -> Action:
        """What is done about a finding: as configured, else as the finding asks, else as the code says."""
        configured = self._config.actions.get(part.code)
        if configured == "fix" and part.action != "fix":
            configured = None  # meant for the repair of that code; what it cannot mend keeps its own action
        return cast(Action, configured) if configured else ((finding and finding.action) or part.action)

    def options(self, part: Check, context: Context) -> dict[str, Any] | None:
        """Keyword arguments for a part, or None when it is off or lacks what it needs."""
        if self.action(part) == "off" or any(context.get(name) is None for name in part.needs):
            return None
        handed = {name: context.get(name) for name in (*part.needs, *part.wants)}
        return {**self._options[id(part)], **{name: value for name, value in handed.items() if value is not None}}

    def reason(self, part: Check, found: str | Finding) -> Reason:
        """A finding as it goes into the ledger."""
        finding = Finding(found) if isinstance(found, str) else found
        return Reason(part.code, self.action(part, finding), finding)

    def line_reasons(self, parsed: Parsed) -> list[Reason]:
        """Why an input line is no row. It cannot be kept, whatever the configuration says."""
        found = [(part, part.function(parsed)) for part in self._checks if part.sees == "line"]
        return [Reason(part.code, "drop", Finding(detail)) for part, detail in found if detail]

    def for_rows(self, context: Context) -> list[tuple[Check, dict[str, Any]]]:
        """The checks of single rows that run, each with its keyword arguments, in the order of the codes."""
        asked = ((part, self.options(part, context)) for part in self._checks if part.sees != "line")
        return [(part, options) for part, options in asked if options is not None]

    def row_reasons(self, row: Row, asked: Sequence[tuple[Check, dict[str, Any]]]) -> Iterator[Reason]:
        """All reasons of one row by the checks of `for_rows`."""
        for part, options in asked:
            if row.kind not in part.kinds or (part.sees == "answer" and is_bad_on_purpose(row)):
                continue
            if found := _asked(part, row, options):
                yield self.reason(part, found)

    def dataset_reasons(
        self, part: Check, rows: Sequence[Row], context: Context
    ) -> Iterable[tuple[str | None, Reason]]:
        """What a dataset-level check finds; (None, reason) is about the whole."""
        options = self.options(part, context)
        if options is not None:
            for row_id, finding in part.function(rows, **options):
                yield row_id, self.reason(part, finding)

    def skipped(self, context: Context) -> dict[str, str]:
        """Reason codes that did not run, and why."""
        out = {}
        for part in self.parts:
            if self.action(part) == "off":
                out[part.code] = "switched off under curate.actions"
            elif lacking := [name for name in part.needs if context.get(name) is None]:
                out[part.code] = MISSING[lacking[0]]
        return dict(sorted(out.items()))


def _asked(part: Check, row: Row, options: dict[str, Any]) -> str | Finding | None:
    try:
        return cast("str | Finding | None", part.function(row, **options))
    except Exception as error:
        if not part.function.__module__.startswith("stepladder_plugin_"):
            raise
        where = f"check '{part.code}' on {row.source}"
        raise UserError(where, f"{type(error).__name__}: {error}", "Mend the plug-in") from error


def in_order() -> list[Check]:
    """The dataset-level checks: leaks before duplicates, so that the row that stays is not one that leaks."""
    first = ["leak_heldout", "duplicate_exact", "duplicate_near"]
    parts = dict(dataset_checks.items())
    return [*(parts[code] for code in first), *(part for code, part in parts.items() if code not in first)]
