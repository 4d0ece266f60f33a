"""Answers in columns, as many as the terminal is wide enough for."""

import os
import shutil
import sys
from collections.abc import Sequence
from io import StringIO
from typing import TYPE_CHECKING

from .asking import Said

if TYPE_CHECKING:
    from rich.text import Text

_NARROWEST = 38
"""Characters of a column: two stand in a terminal of 80."""


def side_by_side(prompt: str, said: Sequence[Said], width: int | None = None) -> str:
    """The prompt, and one box a rung with its answer, tokens, seconds and documents.

    `width` is that of the terminal where it is not given; colours only where a terminal shows them (NO_COLOR is kept).
    """
    from rich.columns import Columns
    from rich.console import Console
    from rich.panel import Panel
    from rich.text import Text

    width = width or shutil.get_terminal_size((80, 24)).columns
    across = max(1, min(len(said), width // (_NARROWEST + 1)))
    column = (width - across + 1) // across
    coloured = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    out = StringIO()
    page = Console(
        file=out, width=width, force_terminal=coloured, no_color=not coloured, color_system="auto" if coloured else None
    )
    page.print(Text(prompt, style="bold"))
    boxes = [
        Panel(
            _body(one), title=one.rung, subtitle=_footer(one), title_align="left", subtitle_align="left", width=column
        )
        for one in said
    ]
    page.print(Columns(boxes, padding=(0, 1)))
    return out.getvalue().rstrip("\n")


def _body(one: Said) -> "Text":
    from rich.text import Text

    if one.fault:
        return Text(f"no answer: {one.fault}", style="dim")
    text = Text(one.output or "(an empty answer)")
    if one.documents:
        text.append(f"\n\nread: {', '.join(one.documents)}", style="dim")
    return text


def _footer(one: Said) -> str:
    ending = "" if one.stopped or one.fault else ", cut off"
    return f"{one.tokens_in} in, {one.tokens_out} out, {one.seconds:.1f} s{ending}"
