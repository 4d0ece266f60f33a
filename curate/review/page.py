"""The page of the review: the shared kit's style and script with its own, in one document."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from stepladder.pages.document import asset, compact, digest, embed
from stepladder.pages.html import Markup, element


@cache
def _style() -> str:
    return compact(f"{asset('style.css')}\n{_own('review.css')}")


@cache
def _script() -> str:
    return compact(f"{asset('page.js')}\n{_own('review.js')}")


def _own(name: str) -> str:
    return files("stepladder.curate.review").joinpath(name).read_text(encoding="utf-8")


def policy() -> str:
    """The Content-Security-Policy: this style, this script, and talk with this server; nothing else."""
    return (
        f"default-src 'none'; style-src '{digest(_style())}'; script-src '{digest(_script())}'; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def page(data: Mapping[str, Any]) -> str:
    """The document; `data` is what `Desk.page_data` returns."""
    title = f"Review of {data['name']}"
    head = [
        element("meta", {"charset": "utf-8"}),
        element("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        element("meta", {"name": "color-scheme", "content": "light dark"}),
        element("link", {"rel": "icon", "href": "data:,"}),
        element("title", None, title),
        element("style", None, Markup(_style())),
    ]
    bar = element(
        "header",
        {"class": "top"},
        element("h1", {"class": "name"}, title),
        element("span", {"id": "progress"}),
        element("button", {"type": "button", "id": "keys"}, "Keys: ?"),
        element("button", {"type": "button", "id": "theme", "hidden": True}, "Theme"),
    )
    body = [
        element("a", {"class": "skip", "href": "#card"}, "Skip to the row"),
        bar,
        element("p", {"id": "banner", "class": "notice warn", "role": "alert", "hidden": True}),
        element("main", {"id": "review"}, element("noscript", None, "This page needs JavaScript.")),
        embed(data),
        element("script", None, Markup(_script())),
    ]
    document = element("html", {"lang": "en"}, element("head", None, head), element("body", {"class": "desk"}, body))
    return f"<!doctype html>\n{document}\n"
