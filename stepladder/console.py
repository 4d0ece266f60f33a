"""One way to talk to the person at the terminal: everything here goes to stderr; results go to stdout elsewhere.

Animation only where a terminal can show it; else one line a phase and at most one line every 30 seconds.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

_LINE_EVERY = 30.0  # seconds between two progress lines where nothing can be animated
_FIRST_ESTIMATE = 5.0  # seconds after which the first estimate is worth printing

_quiet = False


def configure(*, quiet: bool) -> None:
    """Called once by the command line."""
    global _quiet
    _quiet = quiet


def say(text: str) -> None:
    """A plain line for the person; silent under --quiet."""
    if not _quiet:
        print(text, file=sys.stderr, flush=True)


def warn(text: str) -> None:
    """A line that --quiet does not silence."""
    print(f"warning: {text}", file=sys.stderr, flush=True)


def heading(text: str) -> None:
    """The start of a stage."""
    say(f"\n{text}\n{'-' * min(len(text), 79)}")


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table of at most 79 columns; numbers stand right, and the widest text column is cut to fit."""
    if _quiet:
        return
    cells = [[str(c) for c in columns], *[[str(c) for c in row] for row in rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(columns))]
    excess = sum(widths) + 2 * (len(widths) - 1) - 79
    if excess > 0:
        widest = widths.index(max(widths))
        widths[widest] = max(8, widths[widest] - excess)
    right = [all(_is_number(row[i]) for row in cells[1:] if row[i]) and len(cells) > 1 for i in range(len(columns))]
    say(f"\n{title}" if title else "")
    for number, row in enumerate(cells):
        shown = [_cut(text, width) for text, width in zip(row, widths, strict=True)]
        say("  ".join(t.rjust(w) if r else t.ljust(w) for t, w, r in zip(shown, widths, right, strict=True)).rstrip())
        if number == 0:
            say("  ".join("-" * w for w in widths))


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _is_number(text: str) -> bool:
    return bool(text) and all(c in "0123456789.,+-–%/ nabcs" for c in text) and any(c.isdigit() for c in text)


def animated() -> bool:
    """Whether stderr is a terminal that redraws: not in CI and not TERM=dumb, whatever FORCE_COLOR says."""
    return sys.stderr.isatty() and not os.environ.get("CI") and os.environ.get("TERM") != "dumb" and not _quiet


@contextmanager
def track(label: str, total: int, unit: str = "rows") -> Iterator[Callable[..., None]]:
    """Progress over `total` units: yields advance(n=1, note=None). The time left is said as soon as it can be estimated."""
    with _bar(label, total) if animated() else _lines(label, total, unit) as advance:
        yield advance


@contextmanager
def _bar(label: str, total: int) -> Iterator[Callable[..., None]]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = [
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    ]
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(label, total=total, note="")

        def advance(n: int = 1, note: str | None = None) -> None:
            progress.update(task, advance=n)
            if note is not None:
                progress.update(task, note=note)

        yield advance


@contextmanager
def _lines(label: str, total: int, unit: str) -> Iterator[Callable[..., None]]:
    start = time.monotonic()
    done, last, said = 0, start, False

    def advance(n: int = 1, note: str | None = None) -> None:
        nonlocal done, last, said
        done += n
        now = time.monotonic()
        due = now - last >= _LINE_EVERY or (not said and now - start >= _FIRST_ESTIMATE)
        if due and done < total:
            left = (now - start) / max(done, 1) * (total - done)
            say(f"  {label}: {done} of {total} {unit}, about {duration(left)} left{f' ({note})' if note else ''}")
            last, said = now, True

    say(f"  {label}: {total} {unit}")
    yield advance
    if done:
        say(f"  {label}: done in {duration(time.monotonic() - start)}")


def duration(seconds: float) -> str:
    """Seconds as a person says them: '8 s', '3 min 20 s', '2 h 5 min'."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if minutes < 10 and rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"
