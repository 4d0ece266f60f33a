"""Simple HTML as the little Markdown that chunking understands: headings, list items, paragraphs."""

import re
from html.parser import HTMLParser

_SKIPPED = {"script", "style", "template", "noscript", "svg", "nav"}
_BLOCKS = {"p", "div", "section", "article", "main", "header", "footer", "ul", "ol", "table", "blockquote", "pre", "dl"}
_LINES = {"br", "tr", "dt", "dd"}
_HEADINGS = {f"h{level}": "#" * level for level in range(1, 7)}


def from_html(page: str) -> tuple[str | None, str]:
    """The title (the `title` element, or None) and the visible text; scripts, styles and navigation are left out."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    text = re.sub(r"[ \t]*\n[ \t]*", "\n", re.sub(r"[ \t]+", " ", "".join(reader.out)))
    return " ".join("".join(reader.title).split()) or None, re.sub(r"\n{3,}", "\n\n", text).strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self.title: list[str] = []
        self.skipped = 0
        self.in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.skipped += tag in _SKIPPED
        self.in_title = tag == "title"
        if tag in _HEADINGS:
            self.out.append(f"\n\n{_HEADINGS[tag]} ")
        elif tag == "li":
            self.out.append("\n- ")
        elif tag in ("td", "th"):
            self.out.append(" ")
        elif tag in _BLOCKS or tag in _LINES:
            self.out.append("\n\n" if tag in _BLOCKS else "\n")

    def handle_endtag(self, tag: str) -> None:
        self.skipped = max(0, self.skipped - (tag in _SKIPPED))
        self.in_title = False
        if tag in _HEADINGS or tag in _BLOCKS:
            self.out.append("\n\n")

    def handle_data(self, data: str) -> None:
        if self.in_title and not self.skipped:
            self.title.append(data)
        elif not self.skipped:
            self.out.append(re.sub(r"\s+", " ", data))
