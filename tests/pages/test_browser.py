"""The pages in a real browser: silent, offline, readable at three widths, usable by keyboard, sound for axe."""

import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = Path("/usr/bin/chromium")
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (extra: e2e)")
pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is not there")

WIDTHS = (375, 768, 1280)
# Text of a chart that leaves its image, lies on other text, or is set under 12 px.
UNREADABLE = """() => {
  const bad = [];
  for (const svg of document.querySelectorAll('svg')) {
    const frame = svg.getBoundingClientRect();
    if (!frame.width) continue;
    const scale = frame.width / svg.viewBox.baseVal.width, seen = [];
    for (const text of svg.querySelectorAll('text')) {
      const box = text.getBoundingClientRect(), says = text.textContent;
      const size = parseFloat(getComputedStyle(text).fontSize);
      if (box.left < frame.left - 2 || box.right > frame.right + 2) bad.push(`outside: ${says}`);
      if (box.top < frame.top - 2 || box.bottom > frame.bottom + 2) bad.push(`outside: ${says}`);
      if (size * scale < 11.95) bad.push(`${size * scale} px: ${says}`);
      for (const [other, name] of seen) {
        const across = Math.min(box.right, other.right) - Math.max(box.left, other.left);
        const down = Math.min(box.bottom, other.bottom) - Math.max(box.top, other.top);
        if (across > 1 && down > 4 * scale) bad.push(`${says} on ${name}`);
      }
      seen.push([box, says]);
    }
  }
  return bad;
}"""
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
Open = Callable[..., Any]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One Chromium for the module."""
    with playwright.sync_playwright() as driver:
        arguments = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
        running = driver.chromium.launch(executable_path=str(CHROMIUM), args=arguments)
        yield running
        running.close()


@pytest.fixture
def open_page(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """Opens a page from a file in a fresh context; afterwards: nothing was logged, asked for or popped up."""
    contexts, noise, requests = [], [], []

    def opened(html: str, *, hash: str = "", width: int = 1280, **options: Any) -> Any:
        file = tmp_path / "page.html"
        file.write_text(html, encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": 800}, **options)
        contexts.append(context)
        tab = context.new_page()
        tab.set_default_timeout(4000)
        tab.on("console", lambda message: noise.append(message.text))
        tab.on("pageerror", lambda error: noise.append(str(error)))
        tab.on("dialog", lambda dialog: noise.append(dialog.message))
        tab.on("request", lambda request: requests.append(request.url))
        tab.goto(file.as_uri() + hash)
        return tab

    yield opened
    for context in contexts:
        context.close()
    assert noise == []
    assert [url for url in requests if not url.startswith("file:")] == []
    assert len(requests) == len(contexts)


def focused(tab: Any) -> str:
    return str(tab.evaluate("document.activeElement.textContent"))


def shown(tab: Any) -> int:
    return int(tab.locator(".list tbody tr").count())


@pytest.mark.parametrize("name", ["report", "edges"])
def test_nothing_overflows_or_overlaps_at_any_width(name: str, open_page: Open, request: pytest.FixtureRequest) -> None:
    tab = open_page(request.getfixturevalue(name))
    for width in WIDTHS:
        tab.set_viewport_size({"width": width, "height": 800})
        assert tab.evaluate(OVERFLOW) == 0, width
        assert tab.evaluate(UNREADABLE) == [], width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(scheme: str, open_page: Open, report: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    check = functools.partial(axe.Axe().run, options={"resultTypes": ["violations"]})
    tab = open_page(report, color_scheme=scheme)
    tab.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    assert check(tab).response["violations"] == []
    tab.locator(".open").nth(2).click()
    assert check(tab, context="dialog.drawer").response["violations"] == []


def test_every_key_does_what_the_help_says(open_page: Open, report: str) -> None:
    tab = open_page(report)
    keys = tab.keyboard
    keys.press("?")
    listed = tab.locator("dialog.help kbd").all_text_contents()
    assert listed == ["j", "k", "Enter", "Esc", "r", "/", "d", "t", "?"]
    keys.press("Escape")
    assert tab.locator("dialog.help").count() == 0
    keys.press("j")
    assert focused(tab) == "row-0"
    keys.press("j")
    keys.press("j")
    keys.press("k")
    keys.press("j")
    assert focused(tab) == "row-2"
    keys.press("Enter")
    assert tab.locator("dialog.drawer[open] h2").inner_text().startswith("row-2")
    assert tab.locator("ins").count() > 0
    keys.press("d")
    assert tab.locator("ins").count() == 0
    keys.press("j")
    assert tab.evaluate("location.hash") == "#row=row-3"
    keys.press("Escape")
    assert tab.locator("dialog.drawer[open]").count() == 0
    assert focused(tab) == "row-3"
    assert tab.evaluate("location.hash") == ""
    every = shown(tab)
    keys.press("r")
    chip = tab.locator(".chip", has_text="regressions")
    assert chip.get_attribute("aria-pressed") == "true"
    assert 0 < shown(tab) == int(chip.locator("b").inner_text()) < every
    keys.press("r")
    assert shown(tab) == every
    keys.press("t")
    assert tab.evaluate("document.documentElement.dataset.theme") == "light"


def test_search_filters_and_never_acts_on_a_row(open_page: Open, report: str) -> None:
    tab = open_page(report)
    tab.keyboard.press("/")
    tab.keyboard.type("word7 for rag_few")
    playwright.expect(tab.locator(".list tbody tr")).to_have_count(1)
    assert tab.locator("[role=status]").inner_text() == "1 of 30 rows"
    tab.keyboard.press("Escape")
    assert focused(tab) == "row-7"
    tab.keyboard.press("/")
    tab.keyboard.type("xjrt")
    tab.get_by_role("button", name="Clear search and filters").click()
    assert shown(tab) == 30
    tab.locator("th button", has_text="Spread").click()
    spreads = [float(text) for text in tab.locator('td[data-label="spread"]').all_text_contents()]
    assert spreads == sorted(spreads, reverse=True)


def test_single_keys_can_be_switched_off(open_page: Open, report: str) -> None:
    tab = open_page(report)
    tab.get_by_role("button", name="Keys: ?").click()
    tab.locator("dialog.help input").uncheck()
    tab.keyboard.press("Escape")
    tab.keyboard.press("j")
    assert focused(tab) == "Keys: ?"


def test_a_link_opens_its_row_and_hostile_text_stays_text(open_page: Open, report: str) -> None:
    tab = open_page(report, hash="#row=row-4")
    assert tab.locator("dialog.drawer[open] h2").inner_text().startswith("row-4")
    assert "error" in tab.locator("dialog article", has_text="sft").nth(0).inner_text()
    tab.keyboard.press("k")
    tab.keyboard.press("k")
    tab.keyboard.press("k")
    drawer = tab.locator("dialog.drawer")
    assert "<img src=x onerror=alert(2)>" in drawer.inner_text()
    assert drawer.locator("img, script").count() == 0
    assert {"U+202E", "U+0000", "U+D800"} <= set(drawer.locator(".ctl").all_text_contents())
    assert len(drawer.locator("article").first.inner_text()) < 21_000
    drawer.get_by_role("button", name="Show all (200 kB)").click()
    assert len(drawer.locator("article").first.inner_text()) > 190_000
    for width in WIDTHS:
        tab.set_viewport_size({"width": width, "height": 800})
        assert tab.evaluate(OVERFLOW) == 0
        assert tab.evaluate("(d => d.scrollWidth - d.clientWidth)(document.querySelector('dialog.drawer'))") <= 0


def test_charts_are_one_tab_stop_with_arrows_inside(open_page: Open, report: str) -> None:
    tab = open_page(report)
    ladder = tab.locator("svg[role=list]:visible").first
    ladder.locator("g[tabindex='0']").focus()
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("End")
    assert tab.evaluate("document.activeElement.getAttribute('aria-label')").startswith(
        "base: 0.20, 95 percent interval"
    )
    assert ladder.locator("g[tabindex='0']").count() == 1
    tree = tab.locator("figure").first.aria_snapshot()
    assert '- list "sft_rag leads"' in tree
    assert tree.count("listitem") == 8
    assert "- text" not in tree


def test_without_scripts_the_page_still_tells_and_says_what_is_missing(open_page: Open, report: str) -> None:
    tab = open_page(report, java_script_enabled=False)
    assert tab.get_by_role("heading", name="sft_rag is enough").is_visible()
    assert tab.get_by_text("The row explorer needs JavaScript").is_visible()
    assert tab.locator(".static-rows article").first.is_visible()
    assert tab.locator("svg:visible").count() == 3
    assert not tab.locator("#theme").is_visible()


def test_packed_rows_open_too(open_page: Open, monkeypatch: pytest.MonkeyPatch, data: dict[str, object]) -> None:
    from stepladder.pages import Section, explorer, page

    monkeypatch.setattr("stepladder.pages.document.PLAIN_LIMIT", 10)
    tab = open_page(page("Packed", [Section("rows", "Rows", explorer(30))], data))
    tab.locator(".list tbody tr").first.wait_for()
    assert shown(tab) == 30


def test_paper_shows_the_numbers_and_the_rows_but_no_controls(open_page: Open, report: str) -> None:
    tab = open_page(report, color_scheme="dark")
    tab.emulate_media(media="print", color_scheme="dark")
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert tab.locator(".static-rows article").first.is_visible()
    assert tab.locator(".numbers table").first.is_visible()
    assert not tab.locator("#explorer").is_visible()
