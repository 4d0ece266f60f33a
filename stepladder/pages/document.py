"""One self-contained page: style, script and data inside, and a policy that forbids everything else.

The file opens by double click with no network and can be mailed. `page` writes the frame; what stands in it comes from
`html`, `parts` and `charts`.
"""

import base64
import gzip
import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from stepladder.pages.html import CONTROLS, Markup, Node, element

PLAIN_LIMIT = 2_000_000  # characters of JSON; above, gzip and base64 (a third of the size, 0.1 s slower to open)
POLICY = (
    "default-src 'none'; style-src '{style}'; script-src '{script}'; img-src data:; base-uri 'none'; form-action 'none'"
)


@dataclass(frozen=True)
class Section:
    """A part of the page with a heading; `id` is its address, `lead` the sentence that says what is found there.

    `nav` is its name in the bar on top (the title if empty, None: not listed).
    """

    id: str
    title: str
    body: Node
    lead: Node = None
    nav: str | None = ""


def asset(name: str) -> str:
    """The text of a file of this kit (`style.css`, `page.js`, `explorer.js`), as installed."""
    return files("stepladder.pages").joinpath(name).read_text(encoding="utf-8").strip()


def compact(text: str) -> str:
    """Style or script without comments and indentation; safe because no string of ours runs over several lines."""
    return re.sub(r"\s*\n\s*", "\n", re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)).strip()


def digest(text: str) -> str:
    """The hash by which a policy allows one inline style or script."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def json_text(data: object) -> str:
    """JSON that a script element can hold: no `<`, NaN, control or bidi code or lone surrogate stands in it."""
    text = json.dumps(_clean(data), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return CONTROLS.sub(lambda match: f"\\u{ord(match.group()):04x}", text).replace("<", "\\u003c")


def _clean(value: object) -> object:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(item) for item in value]
    return value if value is None or isinstance(value, str | int | bool) else str(value)


def embed(data: object, key: str = "row-data") -> Markup:
    """The data of a page as an inert script element, packed when it is large."""
    text = json_text(data)
    if len(text) <= PLAIN_LIMIT:
        return element("script", {"type": "application/json", "id": key}, Markup(text))
    packed = base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()
    return element("script", {"type": "application/json", "id": key, "data-packed": "gzip"}, Markup(json.dumps(packed)))


def page(
    title: str,
    sections: Sequence[Section],
    data: Mapping[str, object] | None = None,
    *,
    intro: Node = None,
    subtitle: str = "",
    footer: Node = None,
    lang: str = "en",
    reader: str = "explorer",
) -> str:
    """The whole document.

    `title` stands in the bar with `subtitle` (hash, version); `intro` is the first screen and must hold the page's one
    `h1` (see `parts.verdict`; without an intro the title is the `h1`); `data` are the rows for `parts.explorer`, or what
    the script of this kit that `reader` names reads (`update`: a matrix that follows a slider, into `#update`).
    """
    style, script = compact(asset("style.css")), compact(asset("page.js"))
    if data is not None:
        script = f"{script}\n{compact(asset(f'{reader}.js'))}"
        style = f"{style}\n{compact(asset(f'{reader}.css'))}" if reader != "explorer" else style
    policy = POLICY.format(style=digest(style), script=digest(script))
    head = [
        element("meta", {"charset": "utf-8"}),
        element("meta", {"http-equiv": "Content-Security-Policy", "content": policy}),
        element("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        element("meta", {"name": "color-scheme", "content": "light dark"}),
        element("meta", {"name": "referrer", "content": "no-referrer"}),
        element("link", {"rel": "icon", "href": "data:,"}),
        element("title", None, title),
        element("style", None, Markup(style)),
    ]
    main = element("main", {"id": "main", "tabindex": -1}, intro or element("h1", None, title), map(_section, sections))
    body = [
        element("a", {"class": "skip", "href": "#main"}, "Skip to the content"),
        _bar(title, subtitle, sections),
        main,
        element("footer", None, footer) if footer is not None else None,
        embed(data) if data is not None else None,
        element("script", None, Markup(script)),
    ]
    document = element("html", {"lang": lang}, element("head", None, head), "\n", element("body", None, body))
    return f"<!doctype html>\n{document}\n"


def _bar(title: str, subtitle: str, sections: Sequence[Section]) -> Markup:
    links = [
        element("a", {"href": f"#{section.id}"}, section.nav or section.title)
        for section in sections
        if section.nav is not None
    ]
    name = element("span", {"class": "name"}, element("strong", None, title), element("small", None, subtitle))
    nav = element("nav", {"aria-label": "Sections"}, links) if links else None
    button = element("button", {"type": "button", "id": "theme", "hidden": True}, "Theme")
    return element("header", {"class": "top"}, name, nav, button)


def _section(section: Section) -> Markup:
    heading = element("h2", {"id": f"{section.id}-title"}, section.title)
    lead = element("p", {"class": "lead"}, section.lead) if section.lead is not None else None
    attributes = {"id": section.id, "aria-labelledby": f"{section.id}-title"}
    return element("section", attributes, heading, lead, section.body)
