"""Repairs applied to a row: every message's content, the original kept."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

from stepladder.records import Message, Row

from .check import Check, Finding, repairs
from .context import Context
from .ledger import Reason
from .rules import Rules

_ROUNDS = 5  # mending may show a repair something new, such as a code fence behind a no-break space
_UNTOUCHED = ("tool", "function", "ipython")  # results of programs: their white space may mean something


def repaired(row: Row, rules: Rules, context: Context) -> tuple[Row, list[Reason], dict[str, Any] | None]:
    """The row after all repairs, one reason a code, and what the changed fields held before (None: nothing changed).

    A repair whose action is not `fix` only reports what it would do.
    """
    details: dict[str, dict[str, None]] = {code: {} for code, _ in repairs.items()}
    known: dict[str, dict[str, str]] = {code: {} for code, part in repairs.items() if part.remembers}
    now = row
    for _ in range(_ROUNDS):
        start = now
        for code, part in repairs.items():
            now = _after(now, part, rules, context, details[code], known.get(code))
        if now is start:
            break
    reasons = [rules.reason(repairs[code], Finding("; ".join(found))) for code, found in details.items() if found]
    fields = {"prompt": (row.prompt, now.prompt), **{n: (row.answers[n], now.answers[n]) for n in row.answers}}
    before = {name: list(old) for name, (old, new) in fields.items() if old != new}
    return now, reasons, before or None


def _after(
    row: Row, part: Check, rules: Rules, context: Context, found: dict[str, None], known: dict[str, str] | None
) -> Row:
    """The row after one repair, what it did added to `found`; the row itself where it does nothing or only reports."""
    options = rules.options(part, context)
    if options is None:
        return row
    if known is not None:
        options = {**options, "known": known}
    mended = _mended(row, part, options, found)
    return mended if rules.action(part) == "fix" else row


def _mended(row: Row, part: Check, options: dict[str, Any], found: dict[str, None]) -> Row:
    changed = False

    def messages(name: str, turns: tuple[Message, ...]) -> tuple[Message, ...]:
        def change(text: str) -> str:
            result = part.function(text, **options)
            if result is None or result[0] == text:
                return text
            nonlocal changed
            changed = True
            found[f"{name}: {result[1]}"] = None
            return cast(str, result[0])

        return tuple(_changed(turn, change) for turn in turns)

    prompt = messages("prompt", row.prompt)
    answers = {name: messages(name, turns) for name, turns in row.answers.items()}
    return replace(row, prompt=prompt, answers=answers) if changed else row


def _changed(message: Message, change: Callable[[str], str]) -> Message:
    """The message with its text changed; a list of parts keeps all parts that are not text."""
    content: Any = message.get("content")
    if message["role"] in _UNTOUCHED:
        return message
    if isinstance(content, str):
        return cast(Message, {**message, "content": change(content)})
    if isinstance(content, list):
        parts = [
            {**p, "text": change(p["text"])} if isinstance(p, dict) and isinstance(p.get("text"), str) else p
            for p in content
        ]
        return cast(Message, {**message, "content": parts})
    return message


def with_system(row: Row, system: str | None) -> Row:
    """The row with the project's system turn in front, where it has none of its own."""
    if not system or any(m["role"] in ("system", "developer") for m in row.prompt):
        return row
    return replace(row, prompt=(Message(role="system", content=system), *row.prompt))
