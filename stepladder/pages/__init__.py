"""The HTML kit that every report shares: escaping, tables, charts, one self-contained page. Standard library only."""

from stepladder.pages.document import Section, page
from stepladder.pages.html import Column, Markup, Node, element, table
from stepladder.pages.parts import code, columns, empty, explorer, facts, more, notice, row_cards, verdict

__all__ = [
    "Column",
    "Markup",
    "Node",
    "Section",
    "code",
    "columns",
    "element",
    "empty",
    "explorer",
    "facts",
    "more",
    "notice",
    "page",
    "row_cards",
    "table",
    "verdict",
]
