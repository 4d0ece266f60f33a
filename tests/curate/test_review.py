"""The review: decisions made at the page are on the disk at once, and the next `curate` does what they say."""

import functools
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from stepladder.curate.check import Finding
from stepladder.curate.command import curate
from stepladder.curate.decisions import decisions_file, read_log
from stepladder.curate.ledger import Entry, Reason
from stepladder.curate.review.command import review
from stepladder.curate.review.desk import Desk
from stepladder.curate.review.edit import BadEdit
from stepladder.curate.review.order import most_worth_a_look
from stepladder.curate.review.server import ReviewServer
from stepladder.errors import UserError
from stepladder.records import Source

CHROMIUM = Path("/usr/bin/chromium")
NAMES = "harbour lantern meadow copper violin garden puzzle winter basket thunder orchard marble pepper candle"
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)> \u202egnp.exe \u0000 end"
Open = Callable[..., Any]


def said(rng: random.Random) -> str:
    return " ".join(f"{word}{rng.randrange(100)}" for word in rng.sample(NAMES.split(), 12)).capitalize()


@pytest.fixture
def data(write: Any) -> str:
    """20 sound rows; four cut off, one of them hostile; a pair that contradicts itself; a pair hardly apart; repairs."""
    rng = random.Random(1)
    rows: list[dict[str, Any]] = [
        {"id": f"s{n}", "prompt": said(rng) + "?", "completion": said(rng) + "."} for n in range(20)
    ]
    rows += [{"id": f"cut{n}", "prompt": said(rng) + "?", "completion": said(rng) + " and the"} for n in range(3)]
    rows.append({"id": "hostile", "prompt": f"{said(rng)} {HOSTILE}?", "completion": f"{said(rng)} {HOSTILE} and the"})
    question = said(rng) + "?"
    rows += [
        {"id": f"fee{n}", "prompt": question, "completion": f"The fee for a day in the harbour is {n} pounds."}
        for n in (4, 7)
    ]
    near = said(rng)
    pair = {"chosen": f"{near} in the evening.", "rejected": f"{near}, in the evening."}
    rows.append({"id": "pair", "prompt": said(rng) + "?", **pair})
    rows.append({"id": "mended", "prompt": said(rng) + "?", "completion": said(rng) + ".  \n\n\n\n\n"})
    return write(rows)


@pytest.fixture
def curated(data: str, tmp_path: Path) -> Path:
    curate([data], str(tmp_path / "out"))
    return tmp_path / "out"


def keys_of(desk: Desk) -> dict[str, str]:
    return {item.id: item.fingerprint for item in desk.items()}


def decide(desk: Desk, action: str, *ids: str, op: str = "", **more: Any) -> None:
    known = keys_of(desk)
    desk.decide({"op": op or uuid.uuid4().hex, "action": action, "fingerprints": [known[i] for i in ids], **more})


def ledger(directory: Path) -> dict[str, dict[str, Any]]:
    lines = (directory / "ledger.jsonl").read_text(encoding="utf-8").split("\n")
    return {one["id"]: one for one in map(json.loads, filter(None, lines))}


def rows_of(directory: Path) -> dict[str, dict[str, Any]]:
    files = directory.glob("*/*.jsonl")
    return {row["id"]: row for file in files for row in map(json.loads, filter(None, file.read_text().split("\n")))}


def test_the_next_curate_does_what_was_decided(data: str, curated: Path) -> None:
    desk = Desk(curated)
    decide(desk, "accept", "cut0", "pair")
    decide(desk, "edit", "cut1", texts={"completion.0": "The boat leaves at nine."})
    decide(desk, "reject", "cut2", "fee4")
    summary = curate([data], str(curated))
    assert summary["rows_in"] == sum(summary[name] for name in ("kept", "fixed", "review", "dropped"))
    assert summary["decisions"] == {"accepted": 2, "edited": 1, "rejected": 2, "unused": 0}
    lines, rows = ledger(curated), rows_of(curated)
    assert {name: lines[name]["verdict"] for name in ("cut0", "cut1", "cut2", "fee4", "fee7", "hostile")} == {
        "cut0": "keep", "cut1": "fixed", "cut2": "drop", "fee4": "drop", "fee7": "keep", "hostile": "review",
    }  # fmt: skip
    assert [(r["code"], r["action"]) for r in lines["cut0"]["reasons"]] == [("truncated", "note")]
    assert lines["cut0"]["decided"]["action"] == "accept"
    assert rows["cut1"]["completion"] == [{"role": "assistant", "content": "The boat leaves at nine."}]
    assert lines["cut1"]["before"]["completion"][0]["content"].endswith("and the")
    assert lines["cut2"]["reasons"][0]["code"] == "truncated"
    assert f"rejected by {desk._by} on 20" in lines["cut2"]["reasons"][0]["detail"]


def test_a_curated_directory_stays_as_it_is_when_it_is_curated_again(data: str, curated: Path, tmp_path: Path) -> None:
    desk = Desk(curated)
    decide(desk, "accept", "cut0", "fee4", "fee7", "pair")
    decide(desk, "edit", "cut1", texts={"completion.0": "It leaves at nine.  \n\n\n\n\nAnd then the last one and the"})
    curate([data], str(curated))
    curate([str(curated)], str(tmp_path / "again"))
    assert rows_of(tmp_path / "again") == rows_of(curated)
    assert {"cut0", "cut1", "fee4", "fee7", "pair"} <= rows_of(curated).keys()


def test_a_row_that_changes_is_asked_about_again(data: str, curated: Path) -> None:
    decide(Desk(curated), "accept", "cut0")
    file = Path(data)
    rows = [json.loads(line) for line in file.read_text().split("\n") if line]
    changed = [{**row, "completion": f"Now {row['completion']}"} if row["id"] == "cut0" else row for row in rows]
    file.write_text("".join(json.dumps(row) + "\n" for row in changed))
    summary = curate([data], str(curated))
    assert ledger(curated)["cut0"]["verdict"] == "review"
    assert summary["decisions"] == {"accepted": 0, "edited": 0, "rejected": 0, "unused": 1}


def test_a_decision_answers_only_the_reasons_that_the_person_saw(data: str, curated: Path) -> None:
    decide(Desk(curated), "accept", "cut0", "cut1")
    file, cut = Path(data), rows_in(data)["cut0"]
    with open(file, "a") as stream:  # now another row contradicts it
        answer = cut["completion"].replace(" and the", " for 7 pounds a day.")
        stream.write(json.dumps({"id": "against", "prompt": cut["prompt"], "completion": "No. " + answer}) + "\n")
    log = decisions_file(curated)
    lines = [json.loads(line) for line in log.read_text().split("\n") if line]
    lines[1]["reasons"] = [{"code": "echo", "detail": "as if it had been held for that"}]
    log.write_text("".join(json.dumps(line) + "\n" for line in lines))
    curate([data], str(curated))
    assert ledger(curated)["cut0"]["decided"]["action"] == "accept"
    assert ledger(curated)["cut1"]["verdict"] == "review"
    desk = Desk(curated)
    assert desk.told()["to_decide"] == desk.told()["held"], "nothing that is held now has been answered"
    decide(desk, "accept", "cut1")
    curate([data], str(curated))
    assert ledger(curated)["cut1"]["verdict"] == "keep"


def rows_in(data: str) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in map(json.loads, filter(None, Path(data).read_text().split("\n")))}


def test_undo_brings_back_what_stood_before_even_after_a_curate(data: str, curated: Path) -> None:
    desk = Desk(curated)
    decide(desk, "accept", "cut0")
    decide(desk, "reject", "cut0")
    decide(desk, "undo", "cut0")
    decide(desk, "reject", "cut1")
    curate([data], str(curated))
    assert (ledger(curated)["cut0"]["verdict"], ledger(curated)["cut1"]["verdict"]) == ("keep", "drop")
    decide(Desk(curated), "undo", "cut1")
    curate([data], str(curated))
    assert ledger(curated)["cut1"]["verdict"] == "review"


def test_an_edit_of_an_edit_is_followed(data: str, curated: Path) -> None:
    decide(Desk(curated), "edit", "cut0", texts={"completion.0": "It sails at nine and the"})
    curate([data], str(curated))
    decide(Desk(curated), "undo", "cut0")
    decide(Desk(curated), "edit", "cut0", texts={"completion.0": "It sails at ten."})
    curate([data], str(curated))
    assert rows_of(curated)["cut0"]["completion"][0]["content"] == "It sails at ten."


def test_a_pair_is_turned_round(data: str, curated: Path) -> None:
    was = rows_in(data)["pair"]
    decide(Desk(curated), "edit", "pair", swap=True)
    curate([data], str(curated))
    row = rows_of(curated)["pair"]
    assert (row["chosen"][0]["content"], row["rejected"][0]["content"]) == (was["rejected"], was["chosen"])


def test_a_row_rejected_in_the_spot_check_is_dropped(data: str, curated: Path) -> None:
    decide(Desk(curated), "reject", "s3")
    curate([data], str(curated))
    assert [reason["code"] for reason in ledger(curated)["s3"]["reasons"]] == ["spot_check"]
    assert ledger(curated)["s3"]["verdict"] == "drop"


@pytest.mark.parametrize("texts", [{"completion.0": " "}, {"completion.7": "x"}, {"id.0": "x"}, {"prompt.x": "y"}])
def test_an_edit_that_cannot_be_made_is_refused(texts: dict[str, str], curated: Path) -> None:
    with pytest.raises(BadEdit):
        decide(Desk(curated), "edit", "cut0", texts=texts)
    assert not decisions_file(curated).exists()


def test_a_decision_is_written_once_and_a_line_that_a_crash_cut_off_is_passed_over(curated: Path) -> None:
    desk, other = Desk(curated), Desk(curated)
    decide(desk, "accept", "cut0", op="one")
    decide(desk, "accept", "cut0", op="one")
    with open(decisions_file(curated), "ab") as file:
        file.write(b'{"fingerprint": "half')
    decide(other, "reject", "cut1", op="two")
    assert [one.id for one in read_log(decisions_file(curated))] == ["cut0", "cut1"]
    assert [one["op"] for one in desk.changes(0)["changes"]] == ["one", "two"], "each sees what the other wrote"


def test_rows_with_more_reasons_come_first_and_rows_that_are_compared_stand_together() -> None:
    def entry(name: str, *codes: str, other: str | None = None, notes: int = 0) -> Entry:
        asked = [Reason(code, "review", Finding(code, other=other)) for code in codes]
        return Entry(name, Source("f", 1), {}, None, reasons=[*asked, *[Reason("n", "note", Finding("n"))] * notes])

    held = [
        entry("f", "contradiction"), entry("a", "contradiction", other="d"), entry("b", "echo"),
        entry("c", "echo", "toxic"), entry("d", "contradiction", other="a", notes=1), entry("e", "echo", notes=2),
    ]  # fmt: skip
    assert [one.id for one in most_worth_a_look(held)] == ["c", "e", "d", "a", "f", "b"]


def test_bad_input_is_told(data: str, curated: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="was not written by `stepladder curate`"):
        review(str(tmp_path))
    with running(curated) as server, pytest.raises(UserError, match="cannot listen on"):
        review(str(curated), port=server.server_port)
    with pytest.raises(UserError, match="there is no such file"):
        curate([data], str(curated), decisions=str(tmp_path / "none.jsonl"))
    with pytest.raises(UserError, match="no line of it is a decision"):
        curate([data], str(curated), decisions=data)


@contextmanager
def running(directory: Path, port: int = 0) -> Iterator[ReviewServer]:
    with ReviewServer(Desk(directory), port=port) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def ask(server: ReviewServer, method: str, path: str, body: bytes | None = None, **headers: str) -> int:
    link = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    link.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    status = link.getresponse().status
    link.close()
    return status


def test_no_other_page_can_read_or_decide(curated: Path) -> None:
    with running(curated) as server:
        inside = urlsplit(server.url).path
        name = keys_of(server.desk)["cut0"]
        body = json.dumps({"op": "x", "action": "reject", "fingerprints": [name], "since": 0}).encode()
        as_json, here = "application/json", f"127.0.0.1:{server.server_port}"
        assert ask(server, "GET", inside) == 200
        assert ask(server, "GET", "/") == 403
        assert ask(server, "GET", f"/{'x' * 22}/") == 403
        assert ask(server, "GET", inside, Host="evil.example") == 400
        assert ask(server, "POST", inside + "decide", body, Content_Type=as_json, Origin="http://evil.example") == 403
        assert ask(server, "POST", inside + "decide", body, Content_Type="text/plain") == 415
        assert ask(server, "POST", inside + "decide", b"[1]", Content_Type=as_json) == 400
        assert not decisions_file(curated).exists()
        assert ask(server, "POST", inside + "decide", body, Content_Type=as_json, Origin=f"http://{here}") == 200
    assert [one.action for one in read_log(decisions_file(curated))] == ["reject"]


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_a_decision_outlives_the_server_and_ctrl_c_says_what_is_next(end: signal.Signals, curated: Path) -> None:
    words = [sys.executable, "-m", "stepladder", "review", str(curated), "--no-browser", "--json"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(words, **pipes) as process:  # type: ignore[call-overload]
        told = iter(process.stderr.readline, "")
        url = next(line for line in told if line.startswith("review: ")).split()[1]
        next(line for line in told if "Ctrl-C" in line)
        address = urlsplit(url)
        link = http.client.HTTPConnection("127.0.0.1", address.port, timeout=10)
        body = {"op": "x", "action": "accept", "fingerprints": [keys_of(Desk(curated))["cut0"]], "since": 0}
        link.request("POST", f"{address.path}decide", json.dumps(body), {"Content-Type": "application/json"})
        assert link.getresponse().status == 200
        os.kill(process.pid, end)
        out, said = process.communicate(timeout=30)
    assert [one.id for one in read_log(decisions_file(curated))] == ["cut0"]
    if end == signal.SIGINT:
        assert process.returncode == 0
        assert json.loads(out)["accepted"] == 1
        assert "1 accepted" in said
        assert "next: stepladder curate" in said


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (extra: dev)")
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not there")
    with playwright.sync_playwright() as driver:
        chrome = driver.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"])
        yield chrome
        chrome.close()


@pytest.fixture
def open_page(browser: Any) -> Iterator[Open]:
    """Opens a server's page; afterwards nothing was logged or popped up, and nobody else was asked for anything."""
    contexts, noise, requests = [], [], []

    def opened(server: ReviewServer, width: int = 1280, **options: Any) -> Any:
        contexts.append(browser.new_context(viewport={"width": width, "height": 800}, **options))
        tab = contexts[-1].new_page()
        tab.set_default_timeout(5000)
        tab.on("console", lambda message: noise.append(message.text))
        tab.on("pageerror", lambda error: noise.append(str(error)))
        tab.on("dialog", lambda dialog: noise.append(dialog.message))
        tab.on("request", lambda request: requests.append(request.url))
        tab.goto(server.url)
        tab.wait_for_selector(".rowhead h2, .card > h2")
        return tab

    opened.noise = noise  # type: ignore[attr-defined]
    yield opened
    for context in contexts:
        context.close()
    assert noise == []
    assert [url for url in requests if not url.startswith(("http://127.0.0.1:", "data:"))] == []


def shown(tab: Any) -> str:
    return str(tab.locator(".rowhead h2").text_content())


def goto(tab: Any, name: str) -> None:
    tab.locator(".rows button", has_text=name).first.click()


def settled(server: ReviewServer, tab: Any, count: int) -> list[tuple[str, str]]:
    """The log once it has `count` decisions."""
    for _ in range(200):
        log = server.desk.store.log()
        if len(log) >= count:
            break
        tab.wait_for_timeout(20)
    return [(one.id, one.action) for one in log]


def test_keys_decide_and_a_reload_finds_what_was_decided(data: str, curated: Path, open_page: Open) -> None:
    with running(curated) as server:
        tab = open_page(server)
        keys = tab.keyboard
        goto(tab, "cut0")
        keys.press("a")
        assert shown(tab) != "cut0", "the next row is there at once"
        goto(tab, "cut1")
        keys.press("e")
        keys.press("Control+A")
        keys.type("The boat leaves at nine.")  # the letters are text now, no commands
        keys.press("Control+Enter")
        goto(tab, "cut2")
        keys.press("x")
        goto(tab, "pair")
        keys.press("d")
        assert settled(server, tab, 4) == [("cut0", "accept"), ("cut1", "edit"), ("cut2", "reject"), ("pair", "skip")]
        tab.wait_for_selector("main[aria-busy=false]")
        tab.reload()
        tab.wait_for_selector(".rowhead")
        assert tab.locator("#progress").text_content() == "3 of 7 decided"
        assert tab.locator(".rows .name").all_text_contents() == ["fee4", "fee7", "hostile"]
        keys.press("u")
        keys.press("u")
        assert shown(tab) == "cut2"
        assert settled(server, tab, 6)[4:] == [("pair", "undo"), ("cut2", "undo")]
    curate([data], str(curated))
    assert rows_of(curated)["cut1"]["completion"][0]["content"] == "The boat leaves at nine."
    assert ledger(curated)["cut2"]["verdict"] == "review"


def test_one_reason_is_accepted_in_bulk_after_a_question_and_taken_back_at_once(curated: Path, open_page: Open) -> None:
    with running(curated) as server:
        tab = open_page(server)
        tab.locator("select").select_option("truncated")
        tab.locator(".bulk").click()
        assert tab.locator("dialog h2").text_content() == "Accept all 4 rows with truncated alone?"
        tab.keyboard.press("x")
        assert server.desk.store.log() == [], "keys are dead while a question stands"
        tab.locator("dialog .accept").click()
        assert {action for _, action in settled(server, tab, 4)} == {"accept"}
        tab.keyboard.press("u")
        assert [action for _, action in settled(server, tab, 8)][4:] == ["undo"] * 4


def test_two_tabs_know_of_each_other(curated: Path, open_page: Open) -> None:
    with running(curated) as server:
        one, two = open_page(server), open_page(server)
        goto(one, "cut0")
        one.keyboard.press("a")
        settled(server, one, 1)
        two.evaluate("dispatchEvent(new Event('focus'))")
        two.locator("#progress", has_text="1 of 7 decided").wait_for()


def test_what_cannot_be_written_is_told_and_sent_again(curated: Path, open_page: Open) -> None:
    with running(curated) as server:
        tab = open_page(server)
        decisions_file(curated).mkdir()  # a folder in the place of the file
        goto(tab, "cut0")
        tab.keyboard.press("a")
        tab.wait_for_selector("#banner:not([hidden])")
        assert "1 decision is not saved yet" in tab.locator("#banner").text_content()
        decisions_file(curated).rmdir()
        tab.wait_for_selector("#banner", state="hidden")
        assert settled(server, tab, 1) == [("cut0", "accept")]
    assert all("507" in told for told in open_page.noise)  # type: ignore[attr-defined]
    open_page.noise.clear()  # type: ignore[attr-defined]


def test_rows_fit_at_every_width_and_hostile_text_is_text(curated: Path, open_page: Open) -> None:
    with running(curated) as server:
        tab = open_page(server)
        tab.locator(".chip", has_text="all").click()
        for name in ("cut0", "hostile", "fee4", "pair", "mended"):
            goto(tab, name)
            for width in (375, 768, 1280):
                tab.set_viewport_size({"width": width, "height": 800})
                assert tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
            assert "[object" not in tab.locator("body").inner_text()
        goto(tab, "hostile")
        assert "onerror=alert(2)" in tab.locator(".card").inner_text()
        goto(tab, "fee4")
        assert tab.locator(".other del").nth(1).text_content().strip() == "7"
        assert tab.locator(".other ins").nth(1).text_content().strip() == "4"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(scheme: str, curated: Path, open_page: Open) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    check = functools.partial(axe.Axe().run, options={"resultTypes": ["violations"]})
    with running(curated) as server:
        tab = open_page(server, color_scheme=scheme)
        goto(tab, "fee4")
        assert check(tab).response["violations"] == []
        goto(tab, "pair")
        tab.keyboard.press("e")
        assert check(tab).response["violations"] == []
