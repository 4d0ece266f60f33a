"""Escaping, tables and the page's frame: whatever a row holds arrives as text, and nothing is fetched."""

import base64
import gzip
import hashlib
import json
import math
import re
from html.parser import HTMLParser

import pytest

from stepladder.pages import Column, Section, element, page, row_cards, table
from stepladder.pages.document import asset, compact, embed, json_text
from stepladder.pages.html import Markup, escape, render, visible

HOSTILE = "</script><img src=x onerror=alert(1)>\u202e\u2066\x00\ud800\x85&\"'"


class Tags(HTMLParser):
    """Collects tags with their attributes, and the text inside scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inline: list[tuple[str, str]] = []
        self._within = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._within = tag if tag in {"script", "style"} and dict(attrs).get("type") is None else ""

    def handle_data(self, data: str) -> None:
        if self._within:
            self.inline.append((self._within, data))

    def handle_endtag(self, tag: str) -> None:
        self._within = ""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a < b & c", "a &lt; b &amp; c"),
        ('say "hi"', "say &quot;hi&quot;"),
        ("\u202eabc\u2069", "[U+202E]abc[U+2069]"),
        ("\x00\ud800\ufeff", "[U+0000][U+D800][U+FEFF]"),
        ("line\n\ttab", "line\n\ttab"),
        ("👩\u200d👧 نص", "👩\u200d👧 نص"),
    ],
)
def test_text_is_escaped_and_what_acts_unseen_is_named(text: str, shown: str) -> None:
    assert escape(text) == shown
    assert element("p", None, text) == f"<p>{shown}</p>"
    assert element("p", {"title": text}) == f'<p title="{shown}"></p>'


def test_only_markup_passes_unescaped_and_lists_are_joined() -> None:
    assert render([Markup("<b>"), "<i>", None, 3, [0.5]]) == "<b>&lt;i&gt;30.5"
    assert element("br") == "<br/>"
    assert element("input", {"hidden": True, "value": None, "checked": False}) == '<input hidden=""/>'


@pytest.mark.parametrize("name", ["onclick", "ONERROR", "style", "x y", 'a"b'])
def test_attributes_that_run_or_break_out_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not allowed"):
        element("p", {name: "x"})


@pytest.mark.parametrize("address", ["javascript:alert(1)", " javascript:alert(1)", "data:text/html,x", "vbscript:x"])
def test_addresses_that_run_are_refused(address: str) -> None:
    with pytest.raises(ValueError, match="address"):
        element("a", {"href": address}, "x")
    assert element("a", {"href": "#row"}, "x") == '<a href="#row">x</a>'


def test_table_has_caption_scopes_and_labels_for_cards() -> None:
    made = table("Scores <&>", ["Rung", Column("Score", True)], [["a", "0.5"]], marked=[0])
    assert "<caption>Scores &lt;&amp;&gt;</caption>" in made
    assert 'aria-label="Scores &lt;&amp;&gt;"' in made
    assert '<th scope="col">Rung</th>' in made
    assert '<th scope="row">a</th><td class="num" data-label="Score">0.5</td>' in made
    assert '<tr class="marked">' in made


def test_table_without_rows_is_a_sentence_and_ragged_rows_are_an_error() -> None:
    assert "<table" not in table("Scores", ["a"], [], empty="Nothing yet.")
    with pytest.raises(ValueError, match="2 cells under 1"):
        table("Scores", ["a"], [["x", "y"]])


def test_json_has_no_tag_no_nan_and_round_trips() -> None:
    data = {"a": HOSTILE, "b": [math.nan, math.inf, 1.5, True, None], "c": {1: "x"}}
    text = json_text(data)
    assert "<" not in text
    text.encode("utf-8")
    assert json.loads(text) == {"a": HOSTILE, "b": [None, None, 1.5, True, None], "c": {"1": "x"}}


def test_large_data_is_packed_reproducibly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stepladder.pages.document.PLAIN_LIMIT", 10)
    made = embed({"rows": ["x" * 100]})
    assert made == embed({"rows": ["x" * 100]})
    found = re.search(r'data-packed="gzip">"([^"]+)"<', made)
    assert found
    assert json.loads(gzip.decompress(base64.b64decode(found[1]))) == {"rows": ["x" * 100]}


def test_policy_allows_exactly_the_inline_style_and_script(report: str) -> None:
    found = Tags(report)
    policy = next(a["content"] or "" for t, a in found.tags if a.get("http-equiv") == "Content-Security-Policy")
    hashes = {
        f"{tag}-src 'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
        for tag, text in found.inline
    }
    assert len(hashes) == 2
    assert all(each in policy for each in hashes)
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy


def test_page_fetches_nothing_and_rows_add_no_element(report: str) -> None:
    found = Tags(report)
    for tag, attributes in found.tags:
        assert tag not in {"img", "iframe", "object", "embed", "base", "form"}
        assert not any(name.startswith("on") or name == "style" for name in attributes)
        assert "src" not in attributes
        assert tag != "link" or attributes["href"] == "data:,"
    assert [tag for tag, _ in found.tags].count("script") == 2
    assert visible(report) == report
    report.encode("utf-8")


def test_ids_are_unique_and_labels_point_to_them(report: str) -> None:
    found = Tags(report)
    ids = [attributes["id"] for _, attributes in found.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    wanted = {each for _, a in found.tags for each in (a.get("aria-labelledby") or "").split()}
    assert wanted <= set(ids)


def test_page_without_intro_has_a_heading_and_the_same_bytes_each_time() -> None:
    made = page("Title <x>", [Section("a", "A", "text", lead="why")])
    assert "<h1>Title &lt;x&gt;</h1>" in made
    assert "row explorer" not in made
    assert made == page("Title <x>", [Section("a", "A", "text", lead="why")])


def test_rows_in_full_are_text(data: dict[str, object]) -> None:
    made = row_cards(data, ["row-2", "no such row"])
    assert "How do I change word2?" in made
    assert made.count("<article>") == 1
    assert row_cards({"rows": []}, ["row-2"]) == ""


def test_assets_keep_to_their_rules_and_size() -> None:
    scripts = asset("page.js"), asset("explorer.js")
    assert sum(len(compact(text).encode()) for text in scripts) <= 20_480
    assert len(compact(asset("style.css")).encode()) <= 17_000
    for text in (*scripts, asset("update.js")):
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|Function\(|fetch\(|XMLHttp", text
        )
        assert all(line.count("`") % 2 == 0 for line in text.splitlines()), (
            "a string over several lines would be squeezed"
        )
    for text in (*scripts, asset("update.js"), asset("style.css"), asset("update.css")):
        assert "http" not in text
        assert "</" not in text
        assert "url(" not in text
