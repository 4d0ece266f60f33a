"""Checks that the project file spells out: a regular expression is a check like any other.

curate:
  patterns:
    no_greeting: {regex: "(?i)^(hi|dear)\\b", where: answer, action: review, detail: our replies do not greet}
"""

import re
from collections.abc import Mapping

from stepladder.config import PatternConfig
from stepladder.errors import UserError
from stepladder.records import Row

from .check import Check, Finding, all_checks
from .text import answer_text, shown


def pattern_checks(patterns: Mapping[str, PatternConfig]) -> list[Check]:
    """One check a pattern, under the name that the user gave it.

    Raises:
        UserError: the name is that of another check, or cannot be a reason code.
    """
    taken = {part.code for part in all_checks()}
    for code in patterns:
        if code in taken:
            raise UserError(f"curate.patterns.{code}", "another check has that name", "Choose another one")
        if not re.fullmatch(r"[a-z][a-z0-9_]*", code):
            todo = "Use small letters, digits and _, with a letter first"
            raise UserError(f"curate.patterns.{code}", "cannot be a reason code", todo)
    return [_check(code, pattern) for code, pattern in patterns.items()]


def _check(code: str, pattern: PatternConfig) -> Check:
    regex = re.compile(pattern.regex)
    what = pattern.detail or f"the {pattern.where} matches {pattern.regex}"

    def find(row: Row) -> Finding | None:
        found = regex.search(answer_text(row) if pattern.where == "answer" else row.prompt_text)
        return Finding(f"{what}: '{shown(found.group())}'" if found.group() else what) if found else None

    find.__doc__ = f"Find what the project file calls {code}: {what}."
    return Check(code, pattern.action, find, "answer" if pattern.where == "answer" else "row")
