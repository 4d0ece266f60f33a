"""How much of a text is laid out rather than running prose."""

import re

from ..text import is_structured, lines, pieces

_KEY = re.compile(r"(?:[\w'-]+ ){0,2}[\w'-]+: \S")


def structure(text: str) -> float:
    """Share of the lines that are list items, headings, table rows, quotations, `Key: value` lines or fenced code."""
    laid = total = 0
    for code, piece in pieces(text):
        found = lines(piece)
        if code and "\n" not in piece:
            continue  # inline code is part of its line
        total += len(found)
        laid += len(found) if code else sum(is_structured(line) or _KEY.match(line) is not None for line in found)
    return laid / total if total else 0.0
