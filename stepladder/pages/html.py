"""HTML by hand, safely: whatever is not `Markup` is escaped, and only this kit makes `Markup`.

Rows come from strangers. A `</script>`, an `onerror`, a right-to-left override, a NUL or half a surrogate pair must
reach the reader as text that can be seen, so the escaping sits in one place and is on by default.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape as _escape
from html import unescape
from typing import TypeAlias

VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
SHAPES = {"path", "line", "rect", "circle", "polyline", "polygon"}
CONTROLS = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)
NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9:-]*")
SAFE_ADDRESS = re.compile(r"#|https?://|mailto:|data:image/(png|gif|jpeg|webp);|data:,|[\w./-]+(#[\w-]*)?$")


class Markup(str):
    """Text that is HTML already; made by `element` and the functions built on it, never from a row."""

    __slots__ = ()


Node: TypeAlias = str | int | float | Iterable["Node"] | None
Attributes: TypeAlias = Mapping[str, str | int | float | bool | None]


def visible(text: str) -> str:
    """Name what would act without being seen: control codes, bidi controls and lone surrogates become `[U+202E]`."""
    return CONTROLS.sub(lambda match: f"[U+{ord(match.group()):04X}]", text)


def escape(text: str) -> str:
    """Text for an element or an attribute; attributes are always written in double quotes."""
    return _escape(visible(text), quote=False).replace('"', "&quot;")


def render(node: Node) -> Markup:
    """A child as HTML: Markup as it is, None as nothing, a list joined, anything else escaped."""
    if isinstance(node, Markup):
        return node
    if node is None:
        return Markup()
    if isinstance(node, str):
        return Markup(escape(node))
    if isinstance(node, Iterable):
        return Markup("".join(map(render, node)))
    return Markup(escape(str(node)))


def element(tag: str, attributes: Attributes | None = None, *children: Node) -> Markup:
    """One element; `element("p", {"class": "note"}, row.text)` is safe whatever the row holds.

    None and False leave an attribute out, True writes it bare. Inline handlers, inline styles and addresses that run
    code raise: the page's Content-Security-Policy would stop them anyway, and a silent no-op is harder to find.
    """
    if not NAME.fullmatch(tag):
        raise ValueError(f"not an element name: {tag!r}")
    written = "".join(_attribute(name, value) for name, value in (attributes or {}).items())
    if tag in VOID or (tag in SHAPES and not children):
        return Markup(f"<{tag}{written}/>")
    return Markup(f"<{tag}{written}>{render(children)}</{tag}>")


def _attribute(name: str, value: str | int | float | bool | None) -> str:
    if not NAME.fullmatch(name) or name.lower().startswith("on") or name.lower() == "style":
        raise ValueError(f"attribute {name!r} is not allowed: use a class, or the page's script")
    if value is None or value is False:
        return ""
    if value is True:
        return f' {name}=""'
    if name.lower() in {"href", "src"} and not SAFE_ADDRESS.match(str(value)):
        raise ValueError(f"address {value!r} is not allowed in {name}")
    return f' {name}="{escape(str(value))}"'


@dataclass(frozen=True)
class Column:
    """A table column: numeric ones are set right with even digits; `hint` explains the title in a few words."""

    title: str
    numeric: bool = False
    hint: str = ""


def table(
    caption: Node,
    columns: Sequence[Column | str],
    rows: Sequence[Sequence[Node]],
    *,
    marked: Collection[int] = (),
    cards: bool = True,
    empty: str = "No rows.",
) -> Markup:
    """A real table: caption, scoped headers, the first cell of a row as its header.

    Under 600 px each row becomes a card with its labels (`cards=False`: it scrolls in its own box). Rows in `marked`
    are set off, for the chosen rung. No rows: a sentence, never an empty grid.
    """
    if not rows:
        return element("p", {"class": "empty"}, element("strong", None, caption), " ", empty)
    heads = [column if isinstance(column, Column) else Column(column) for column in columns]
    body = [_row(heads, row, marked=index in marked) for index, row in enumerate(rows)]
    grid = element(
        "table",
        {"class": "cards" if cards else None},
        element("caption", None, caption),
        element("thead", None, element("tr", None, [_head(column) for column in heads])),
        element("tbody", None, body),
    )
    name = unescape(re.sub(r"<[^>]*>", "", render(caption)))  # the plain text, escaped again as an attribute
    return element("div", {"class": "scroll", "role": "region", "tabindex": 0, "aria-label": name}, grid)


def _head(column: Column) -> Markup:
    attributes = {"scope": "col", "class": "num" if column.numeric else None, "title": column.hint or None}
    return element("th", attributes, column.title)


def _row(heads: Sequence[Column], cells: Sequence[Node], *, marked: bool) -> Markup:
    if len(cells) != len(heads):
        raise ValueError(f"a row of {len(cells)} cells under {len(heads)} columns")
    written = []
    for index, (column, cell) in enumerate(zip(heads, cells, strict=True)):
        kind = "num" if column.numeric else None
        if index == 0:
            written.append(element("th", {"scope": "row", "class": kind}, cell))
        else:
            written.append(element("td", {"class": kind, "data-label": column.title}, cell))
    return element("tr", {"class": "marked" if marked else None}, written)
