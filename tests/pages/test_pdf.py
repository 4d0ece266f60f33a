import shutil
from pathlib import Path

import pytest

from stepladder.errors import UserError
from stepladder.pages import pdf


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "a report.html"
    path.write_text("<!doctype html><title>t</title><h1>Enough</h1>" + "<p style='break-before: page'>more</p>" * 2)
    return path


@pytest.mark.skipif(pdf.browser() is None, reason="no Chromium or Chrome is here")
def test_a_page_is_printed_as_pdf_and_nothing_else_is_left(page: Path) -> None:
    target = page.with_suffix(".pdf")
    pdf.print_pdf(page, target)
    printed = target.read_bytes()
    assert printed.startswith(b"%PDF-")
    assert printed.count(b"/Type /Page\n") + printed.count(b"/Type /Page ") == 3
    assert sorted(p.name for p in page.parent.iterdir()) == ["a report.html", "a report.pdf"]


def test_without_a_browser_it_says_what_to_install(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(UserError, match="needs Chromium or Chrome"):
        pdf.print_pdf(page, page.with_suffix(".pdf"))
    assert [p.name for p in page.parent.iterdir()] == ["a report.html"]


def test_a_browser_that_prints_nothing_leaves_nothing_behind(
    page: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path_factory.mktemp("bin") / "chromium"
    broken.write_text("#!/bin/sh\necho out of luck >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(pdf, "browser", lambda: str(broken))
    with pytest.raises(UserError, match=r"printed nothing \(out of luck\)"):
        pdf.print_pdf(page, page.with_suffix(".pdf"))
    assert [p.name for p in page.parent.iterdir()] == ["a report.html"]
