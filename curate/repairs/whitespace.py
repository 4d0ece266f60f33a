"""whitespace: blanks, line ends and characters of no width that carry no meaning."""

import re
from collections.abc import Callable

from ..check import repair
from ..text import outside_code

_KEEPS_ZERO_WIDTH = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer: it parts words there
_NO_WIDTH = re.compile(f"(?<![{_KEEPS_ZERO_WIDTH}])\u200b(?![{_KEEPS_ZERO_WIDTH}])|[\u2060\ufeff\u00ad]")
_BLANKS = re.compile("[ \u00a0]{2,}")
# Typography parts figures from units, and marks and guillemets of French, by a no-break space; between words it is debris.
_BETWEEN_WORDS = re.compile(r"(?<=[^\W\d_])([.,;:!?]?)\u00a0(?=[^\W\d_]{2})")
_BEFORE_LINE_END = re.compile(r"(?<![ \t])[ \t]++(?=\n)")
_BLANK_LINES = re.compile(r"\n{4,}")


@repair("whitespace")
def whitespace(text: str) -> tuple[str, str] | None:
    """Mend line ends, blanks before them, runs of no-break spaces, characters of no width, more than two blank lines.

    Indentation and everything in code stays: another tool's clean-up breaks code that way (research/curation.md
    section 8), but for line ends where all of the text has Windows' own. So do no-break spaces that are typography (at
    figures and marks, and one or two between words: "Dr. Who"), Markdown's two blanks before a line break, joiners
    (emoji, Persian, Hindi) and the zero-width space of Thai, Lao, Burmese and Khmer.
    """
    steps: dict[str, None] = {}
    unix = text.replace("\r\n", "\n")
    if len(text) - len(unix) == unix.count("\n") > 0:  # a Windows file through and through, code included
        steps["line ends"] = None
    else:
        unix = text
    mended = outside_code(unix, lambda piece: _mend(piece, steps))
    trimmed = _trimmed(mended)
    if trimmed != mended:
        steps["blanks around the text"] = None
    return (trimmed, f"white space mended ({', '.join(steps)})") if trimmed != text else None


def _mend(piece: str, steps: dict[str, None]) -> str:
    for name, change in _STEPS.items():
        changed = change(piece)
        if changed != piece:
            steps[name] = None
        piece = changed
    return piece


def _one_blank(match: re.Match[str]) -> str:
    """One blank for a run with a no-break space in it; at the start of a line it is indentation and keeps its width."""
    run, text, start = match.group(), match.string, match.start()
    if "\u00a0" not in run:
        return run
    return " " * len(run) if start == 0 or text[start - 1] == "\n" else " "


def _before_line_end(match: re.Match[str]) -> str:
    """Nothing, unless it is Markdown's line break: two blanks after a word and before another line of text."""
    text, start, end = match.string, match.start(), match.end()
    breaks = match.group() == "  " and start > 0 and text[start - 1] != "\n" and text[end + 1 : end + 2].strip() != ""
    return "  " if breaks else ""


def _plain_between_words(text: str) -> str:
    """Plain spaces for no-break ones between words, where the text has three and more of them: one alone is meant."""
    return _BETWEEN_WORDS.sub(r"\1 ", text) if len(_BETWEEN_WORDS.findall(text)) >= 3 else text


_STEPS: dict[str, Callable[[str], str]] = {
    "line ends": lambda text: text.replace("\r\n", "\n").replace("\r", "\n"),
    "characters of no width": lambda text: _NO_WIDTH.sub("", text),
    "no-break spaces": lambda text: _BLANKS.sub(_one_blank, text),
    "no-break spaces between words": _plain_between_words,
    "blanks at line ends": lambda text: _BEFORE_LINE_END.sub(_before_line_end, text),
    "blank lines": lambda text: _BLANK_LINES.sub("\n\n\n", text),
}


def _trimmed(text: str) -> str:
    """No blank lines around the text, no blanks after it, nor the single blank before it of old completion files."""
    text = text.rstrip(" \t\n\u00a0")
    text = text[len(text) - len(text.lstrip(" \t\n\u00a0")) :] if not text.strip() else text
    while (line_end := text.find("\n")) >= 0 and not text[:line_end].strip():
        text = text[line_end + 1 :]
    return text[1:] if text.startswith((" ", "\u00a0")) and not text[1:2].isspace() else text
