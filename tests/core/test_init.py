"""`stepladder init`: what it understands of other people's files, and that its file is one that every command takes."""

import json
import random
import shutil
from pathlib import Path
from typing import Any

import pytest

from stepladder import cli
from stepladder.config import CurateConfig, EvaluateConfig, Project, TrainConfig, load_project
from stepladder.errors import UserError
from stepladder.init.command import init
from stepladder.init.documented import documented

SAMPLE = Path(__file__).parents[2] / "samples" / "tern-ferries"


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def jsonl(name: str, rows: list[dict[str, Any]]) -> str:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return name


def rows(count: int = 60, answer: Any = None, **columns: Any) -> list[dict[str, Any]]:
    """Rows that no two are alike; `answer` and each column are functions of the row's number."""
    rng = random.Random(3)
    text = lambda size: " ".join("".join(rng.choices("abdeghiklmnorstu", k=6)) for _ in range(size))  # noqa: E731
    return [
        {
            "question": text(8) + "?",
            "answer": answer(n) if answer else text(12) + ".",
            **{k: of(n) for k, of in columns.items()},
        }
        for n in range(count)
    ]


def test_the_sample_is_understood_and_its_file_runs(inside: Path, capsys: Any) -> None:
    for name in ("raw/desk_export.csv", "raw/desk_chat.json", "raw/desk_pairs.jsonl", "heldout.jsonl"):
        shutil.copy(SAMPLE / name, inside)
    shutil.copytree(SAMPLE / "knowledge", inside / "knowledge")
    done = init(["desk_export.csv", "desk_chat.json", "desk_pairs.jsonl", "heldout.jsonl", "knowledge"])
    assert done["data"] == ["desk_export.csv", "desk_chat.json", "desk_pairs.jsonl"]
    assert (done["heldout"], done["knowledge"]) == ("heldout.jsonl", "knowledge")
    assert done["columns"] == {"slice": "slice", "documents": "documents", "fault": "other"}
    rule = done["format"]["rule"]
    assert (rule["lines"], rule["except_when"]) == (["Next step: .+", "Source: .+"], {"slice": "ticket"})
    assert set(rule["otherwise"]["json_schema"]["required"]) >= {"category", "route", "urgent", "summary"}
    project = load_project(Path("project.yaml"))
    assert project.format is not None
    assert project.curate == CurateConfig()
    assert "405 examples (question_answer)" in capsys.readouterr().err
    assert done["next"][0] == "stepladder curate --config project.yaml --out curated"
    assert cli.main(done["next"][0].split()[1:]) == 0
    summary = json.loads(Path("curated/summary.json").read_text(encoding="utf-8"))
    assert summary["splits"]["sft"]["heldout"]["rows"] == 120


def test_a_minimal_file_is_enough(inside: Path) -> None:
    init([jsonl("one.jsonl", rows(3))])
    project = load_project(Path("project.yaml"))
    assert (project.name, [Path(file).name for file in project.data]) == ("one", ["one.jsonl"])
    assert (project.train, project.evaluate) == (TrainConfig(), EvaluateConfig())


def test_paths_are_relative_to_the_project_file(inside: Path) -> None:
    file = jsonl("data/rows.jsonl", rows(3))
    init([file], out="projects/mine.yaml") if Path("projects").mkdir() is None else None
    assert [Path(name).resolve() for name in load_project(Path("projects/mine.yaml")).data] == [Path(file).resolve()]


def test_a_project_file_is_never_overwritten_without_force(inside: Path) -> None:
    file = jsonl("rows.jsonl", rows(3))
    Path("project.yaml").write_text("mine", encoding="utf-8")
    with pytest.raises(UserError, match="overwrites nothing"):
        init([file])
    assert Path("project.yaml").read_text(encoding="utf-8") == "mine"
    init([file], force=True)
    assert Path("project.yaml").read_text(encoding="utf-8") != "mine"


@pytest.mark.parametrize(
    ("column", "of", "role"),
    [
        ("ticket", lambda n: f"T-{n}", "id"),
        ("customer_id", lambda n: f"C{n // 3}", "group"),
        ("kind", lambda n: ["how", "where", "why"][n % 3], "slice"),
        ("note", lambda n: "the same" if n else "another", "other"),
        ("remark", lambda n: f"a remark of its own, number {n}", "other"),
        ("score", lambda n: n / 7, "other"),
    ],
)
def test_the_role_of_a_column_is_in_its_values(inside: Path, column: str, of: Any, role: str) -> None:
    assert init([jsonl("rows.jsonl", rows(**{column: of}))])["columns"] == {column: role}


def test_a_column_whose_name_says_that_it_groups_is_set_and_another_is_offered(inside: Path) -> None:
    init([jsonl("rows.jsonl", rows(customer_id=lambda n: f"C{n // 3}"))])
    assert load_project(Path("project.yaml")).curate.group_by == ("customer_id",)
    init([jsonl("rows.jsonl", rows(batch=lambda n: f"C{n // 3}"))], force=True)
    assert load_project(Path("project.yaml")).curate.group_by == ()
    assert "# group_by: [batch]" in Path("project.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("answer", "rule"),
    [
        (lambda n: ["yes", "no", "it depends"][n % 3], {"regex": r"it\ depends|no|yes"}),
        (lambda n: f"{n} apples.\nBecause: of {n}", {"lines": ["Because: .+"]}),
        (lambda n: f"{n} apples.\nBecause: of {n}" if n % 20 else f"{n} pears.", {"lines": ["Because: .+"]}),
        (lambda n: f"{n} apples.\nBecause: of {n}" if n % 5 else f"{n} pears.", None),
        (lambda n: f"Note: {n} apples.", None),
        (lambda n: f"{n} apples.\nline {n}: of it", None),
    ],
)
def test_a_format_is_declared_only_when_nearly_all_answers_keep_it(inside: Path, answer: Any, rule: Any) -> None:
    found = init([jsonl("rows.jsonl", rows(answer=answer))])["format"]
    assert (found and found["rule"]) == rule
    assert (load_project(Path("project.yaml")).format is None) == (rule is None)


def test_json_answers_become_a_schema(inside: Path) -> None:
    def answer(n: int) -> str:
        odd = {"x": True} if n % 2 else {}
        damaged = {"kind": 7, "stray": 1} if n == 5 else {}
        return json.dumps({"kind": "ab"[n % 2], "n": n, "left": None if n % 2 else 1.5, **odd, **damaged})

    schema = init([jsonl("rows.jsonl", rows(answer=answer))])["format"]["rule"]["json_schema"]
    assert schema["required"] == ["kind", "n", "left"]
    types = {
        "kind": {"enum": ["a", "b"]},
        "n": {"type": "integer"},
        "left": {"type": ["null", "number"]},
        "x": {"type": "boolean"},
    }
    assert schema["properties"] == {key: types[key] for key in schema["properties"]}
    assert set(schema["properties"]) == set(types)


def talk(system: str | None, n: int) -> dict[str, Any]:
    turns = [{"role": "user", "content": f"question {n}?"}, {"role": "assistant", "content": f"answer {n}."}]
    return {"messages": [*([{"role": "system", "content": system}] if system else []), *turns]}


@pytest.mark.parametrize(
    ("systems", "text", "says"),
    [
        (['Be "brief":\n- and\u2028kind #1'] * 4, 'Be "brief":\n- and\u2028kind #1', "All rows start with"),
        (["S", "S", None, None], "S", "2 of 4 rows start with"),
        (["S", "S", "T", None], None, "2 different system turns"),
        ([None] * 4, None, "No row has a system turn"),
    ],
)
def test_a_system_turn_that_all_rows_share_is_set(
    inside: Path, systems: Any, text: Any, says: str, capsys: Any
) -> None:
    init([jsonl("rows.jsonl", [talk(system, n) for n, system in enumerate(systems)])])
    assert load_project(Path("project.yaml")).system == text
    assert says in capsys.readouterr().err


@pytest.mark.parametrize("name", ["heldout", "held-out", "my_test", "eval", "HoldOut-2"])
def test_a_file_that_is_named_like_a_held_out_one_is_taken_as_one(inside: Path, name: str) -> None:
    done = init([jsonl("train.jsonl", rows(6)), jsonl(f"{name}.jsonl", rows(4))])
    assert (done["data"], done["heldout"]) == (["train.jsonl"], f"{name}.jsonl")


@pytest.mark.parametrize("names", [["contest"], ["latest", "attestation"], ["test"], ["test", "eval", "rows"]])
def test_no_other_file_is(inside: Path, names: list[str]) -> None:
    done = init([jsonl(f"{name}.jsonl", rows(4)) for name in names])
    assert (done["heldout"], len(done["data"])) == (None, len(names))


def test_a_folder_is_looked_through(inside: Path) -> None:
    jsonl("all/rows.jsonl", rows(5))
    Path("all/broken.jsonl").write_text('{"a": 1}\n', encoding="utf-8")
    Path("all/docs").mkdir()
    Path("all/docs/fares.md").write_text("# Fares\nFour pounds.", encoding="utf-8")
    Path("all/README.md").write_text("# About", encoding="utf-8")
    done = init(["all"])
    assert (done["data"], done["knowledge"]) == (["all/rows.jsonl"], "all/docs")
    assert any("all/broken.jsonl is left out" in remark for remark in done["remarks"])
    for n in range(20):
        jsonl(f"many/{n}.jsonl", rows(2))
    assert init(["many"], force=True)["data"] == ["many"]


def test_the_splits_of_a_curated_directory_stand(inside: Path) -> None:
    from stepladder.curate.command import curate

    curate([jsonl("rows.jsonl", rows(30))], "curated")
    done = init(["curated"])
    assert (done["data"], done["heldout"], done["remarks"]) == (["curated"], None, [])


@pytest.mark.parametrize(
    ("named", "says"),
    [(["-"], "cannot name stdin"), (["nowhere.csv"], "no such file"), (["broken.jsonl"], "no rows to learn from")],
)
def test_what_cannot_be_read_is_told_and_nothing_is_written(inside: Path, named: list[str], says: str) -> None:
    Path("broken.jsonl").write_text('{"a": 1}\n', encoding="utf-8")
    with pytest.raises(UserError, match=says):
        init(named)
    assert not Path("project.yaml").exists()


@pytest.mark.parametrize("section", [Project, CurateConfig, TrainConfig, EvaluateConfig])
def test_every_key_with_a_default_has_its_docstring(section: type) -> None:
    found = documented(section)
    assert [name for name, (_, said) in found.items() if not said] == []


def test_defaults_are_told_as_the_classes_have_them(inside: Path) -> None:
    init([jsonl("rows.jsonl", rows(3))])
    text = Path("project.yaml").read_text(encoding="utf-8")
    uncommented = text.replace("\n  # near: 0.8", "\n  near: 0.8").replace("\n    # rank: 16", "\n    rank: 16")
    Path("project.yaml").write_text(uncommented, encoding="utf-8")
    assert uncommented.count("\n  near: ") == uncommented.count("\n    rank: ") == 1
    assert load_project(Path("project.yaml")).curate == CurateConfig()
