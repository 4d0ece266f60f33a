"""Gates for an automatic build, the queue of a person, and checks that the project file spells out."""

import json
from pathlib import Path
from typing import Any

import pytest

from stepladder.cli import main
from stepladder.config import CurateConfig, PatternConfig, Project, load_project
from stepladder.curate.command import curate
from stepladder.errors import GateFailed, UserError

GOOD = [
    {"id": f"g{n}", "prompt": f"Which {a} is it?", "completion": f"It is the {b} one, as ever."}
    for n, (a, b) in enumerate([("harbour", "old"), ("lantern", "green"), ("meadow", "far"), ("violin", "small")])
]
EMPTY = {"id": "e", "prompt": "Why is that?", "completion": ""}
REFUSED = {"id": "r", "prompt": "Name a fruit.", "completion": "I'm sorry, but I can't assist with that request."}


def test_only_what_the_baseline_does_not_accept_fails(write: Any, tmp_path: Path) -> None:
    out, file = str(tmp_path / "out"), str(tmp_path / "ci.json")
    curate([write([*GOOD, EMPTY])], out, write_baseline=file)
    assert json.loads(Path(file).read_text(encoding="utf-8"))["accepted"] == {"empty": ["e"]}
    curate([write([EMPTY, *GOOD])], out, baseline=file)
    with pytest.raises(GateFailed, match=r"1 finding is new since .*\n  .*rows\.jsonl:6 \(r\) refusal: .*I'm sorry"):
        curate([write([*GOOD, EMPTY, REFUSED])], out, baseline=file)
    curate([write([*GOOD, EMPTY, REFUSED])], out, baseline=file, fail_on=["empty"])
    with pytest.raises(GateFailed, match=r"\(r\) refusal"):
        curate([write([*GOOD, EMPTY, REFUSED])], out, baseline=file, fail_on=["refusal"])
    with pytest.raises(GateFailed, match="1 finding is new"):
        curate([write([*GOOD, {**EMPTY, "id": "e2"}])], out, baseline=file, write_baseline=file)
    curate([write([*GOOD, {**EMPTY, "id": "e2"}])], out, baseline=file)


def test_notes_are_no_findings_of_a_baseline(write: Any, tmp_path: Path) -> None:
    file = str(tmp_path / "ci.json")
    curate([write(GOOD)], str(tmp_path / "out"), write_baseline=file)
    config = Project(curate=CurateConfig(actions={"refusal": "note"}))
    summary = curate([write([*GOOD, REFUSED])], str(tmp_path / "out"), baseline=file, config=config)
    assert summary["codes"]["refusal"]["actions"] == {"note": 1}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "there is no such baseline"),
        ("{", "is no baseline file"),
        ("[]", "is no baseline file"),
        ('{"a": 1}', "is no baseline file"),
        ('{"stepladder_baseline": 1, "accepted": []}', "is no baseline file"),
        ('{"stepladder_baseline": 99, "accepted": {}}', "another version"),
    ],
)
def test_a_file_that_is_no_baseline_is_told_before_any_work(
    content: str | None, told: str, write: Any, tmp_path: Path
) -> None:
    file = tmp_path / "ci.json"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match=told):
        curate([write(GOOD)], str(tmp_path / "out"), baseline=str(file))
    assert not (tmp_path / "out").exists()


def test_gates_speak_in_rates_and_end_with_code_3(
    write: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, out = write([*GOOD, EMPTY]), str(tmp_path / "out")
    assert main(["curate", data, "--out", out, "--fail-on", "empty"]) == 3
    assert "1 rows have empty (1 of 5: 20.0 %, 3.6 to 62.4 %)" in capsys.readouterr().err
    assert main(["curate", data, "--out", out, "--fail-under", "0.9"]) == 3
    assert main(["curate", data, "--out", out, "--fail-under", "90"]) == 2
    assert "90 is no share" in capsys.readouterr().err
    file = str(tmp_path / "ci.json")
    assert main(["curate", data, "--out", out, "--write-baseline", file]) == 0
    assert main(["curate", data, "--out", out, "--baseline", file]) == 0
    capsys.readouterr()
    assert main(["curate", write([*GOOD, EMPTY, REFUSED]), "--out", out, "--baseline", file, "--json"]) == 3
    assert "(r) refusal" in json.loads(capsys.readouterr().out)["error"]["what"]


def test_the_terminal_gives_each_reason_its_share_with_an_interval(
    write: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    curate([write([*GOOD, EMPTY])], str(tmp_path / "out"))
    said = capsys.readouterr().err
    assert "of 5, 95 % interval" in said
    assert "20.0 %, 3.6 to 62.4 %" in said


def test_the_queue_says_which_rows_to_read_and_in_which_order(write: Any, tmp_path: Path) -> None:
    both = {
        "id": "both",
        "prompt": "Name a nut.",
        "completion": "I'm sorry, but I can't assist with that request. <|im_end|>",
    }
    many = [{"id": f"m{n}", "prompt": f"What is {n} in words?", "completion": f"It is {n}."} for n in range(100, 190)]
    lost = {"id": "e", "prompt": " ", "completion": "It is open <|im_end|> all day."}
    data = write([*many, REFUSED, both, lost])
    summary = curate([data], str(tmp_path / "a"))
    queue = summary["queue"]
    assert queue["decide"] == ["both", "r"], "two reasons to ask come before one, and a dropped row is not asked about"
    assert len(queue["spot_check"]) == 59
    assert not {"both", "r", "e"} & set(queue["spot_check"])
    assert queue["rows"] == 61
    assert curate([data], str(tmp_path / "b"))["queue"] == queue
    assert curate([data], str(tmp_path / "c"), seed=1)["queue"]["spot_check"] != queue["spot_check"]
    assert curate([write(GOOD)], str(tmp_path / "d"))["queue"]["spot_check"] == ["g0", "g1", "g2", "g3"]


PROJECT = """
data: rows.jsonl
curate:
  patterns:
    no_greeting: {regex: "(?i)^hello", detail: our replies do not greet}
    shouts: {regex: "[A-Z]{5,}", where: prompt, action: note}
"""


def test_a_regular_expression_of_the_project_file_is_a_check_like_any_other(
    write: Any, read: Any, tmp_path: Path
) -> None:
    greets = {"id": "hello", "prompt": "WHERE is it?", "completion": "Hello! It is by the church."}
    bad = {"id": "bad", "prompt": "Is it open?", "completion": "Hello, no.", "label": False}
    data = write([*GOOD, greets, bad])
    (tmp_path / "project.yaml").write_text(PROJECT, encoding="utf-8")
    project = load_project(tmp_path / "project.yaml")
    summary = curate([data], str(tmp_path / "out"), config=project)
    reasons = {entry["id"]: entry["reasons"] for entry in read(tmp_path / "out" / "ledger.jsonl")}
    assert [(r["code"], r["action"], r["detail"]) for r in reasons["hello"]] == [
        ("no_greeting", "review", "our replies do not greet: 'Hello'"),
        ("shouts", "note", "the prompt matches [A-Z]{5,}: 'WHERE'"),
    ]
    assert not reasons["bad"], "an answer that is bad on purpose is not judged"
    assert summary["codes"]["shouts"]["rows"] == 1
    with pytest.raises(GateFailed, match="1 rows have shouts"):
        curate([data], str(tmp_path / "out"), config=project, fail_on=["shouts"])
    quiet = CurateConfig(patterns=project.curate.patterns, actions={"shouts": "off", "no_greeting": "drop"})
    summary = curate([data], str(tmp_path / "out"), config=Project(curate=quiet))
    assert (summary["dropped"], "shouts" in summary["skipped"]) == (1, True)
    assert "shouts" not in curate([data], str(tmp_path / "out"))["codes"], "patterns of one project stay there"


@pytest.mark.parametrize(("code", "told"), [("echo", "another check has that name"), ("No Good", "cannot be a reason")])
def test_a_pattern_needs_a_name_of_its_own(code: str, told: str, write: Any, tmp_path: Path) -> None:
    config = CurateConfig(patterns={code: PatternConfig("x")})
    with pytest.raises(UserError, match=told):
        curate([write(GOOD)], str(tmp_path / "out"), config=Project(curate=config))


def test_a_pattern_that_is_no_regular_expression_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "project.yaml").write_text(
        'data: a.jsonl\ncurate:\n  patterns:\n    bad: {regex: "("}\n', encoding="utf-8"
    )
    with pytest.raises(UserError, match=r"4:\d+.*patterns\.bad\.regex: is not a regular expression"):
        load_project(tmp_path / "project.yaml")


def test_a_plug_in_that_fails_on_a_row_is_told_with_the_row(write: Any, tmp_path: Path) -> None:
    plugin = tmp_path / "fails_on_v.py"
    plugin.write_text(
        "from stepladder.curate.check import check\n\n"
        "@check('fails', action='note')\ndef fails(row):\n    return {}[row.id] if 'violin' in row.prompt_text else None\n"
    )
    with pytest.raises(UserError, match=r"check 'fails' on .*rows\.jsonl:4: KeyError"):
        curate([write(GOOD)], str(tmp_path / "out"), config=Project(plugins=(str(plugin),)))
