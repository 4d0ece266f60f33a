"""`stepladder export`: what other tools get, that it comes back as it was, and the hub up to a server on this machine."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from stepladder import cli
from stepladder.curate.command import curate
from stepladder.curate.exchange.command import TARGETS
from stepladder.errors import UserError
from stepladder.export import export
from stepladder.reading import read_files
from stepladder.records import Row

SYSTEM = {"role": "system", "content": "You answer in one sentence."}
PLACES = ("train", "dev", "heldout")


def u(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def a(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": text}


def made_rows() -> list[dict[str, Any]]:
    """Rows of every type that no two of which are alike: single and several turns, metadata of mixed shape."""
    import random

    rng = random.Random(7)

    def text(size: int) -> str:
        return " ".join("".join(rng.choices("abcdefghilmnoprstu", k=6)) for _ in range(size)).capitalize()

    rows: list[dict[str, Any]] = []
    for n in range(16):
        asked, answer = text(9) + "?", text(14) + "."
        rows.append({"id": f"s{n}", "prompt": [SYSTEM, u(asked)], "completion": [a(answer)], "topic": "x"})
        turns = [SYSTEM, u(text(8) + "?"), a(text(9) + "."), u(text(8) + "?")]
        rows.append({"id": f"m{n}", "prompt": turns, "completion": [a(text(12) + ".")], "documents": ["one", "two"]})
        pair = {"chosen": [a(text(15) + ".")], "rejected": [a(text(13) + ".")]}
        rows.append({"id": f"p{n}", "prompt": [SYSTEM, u(text(10) + "?")], **pair})
        rows.append(
            {"id": f"u{n}", "prompt": [u(text(11) + "?")], "completion": [a(text(12) + ".")], "label": n % 2 == 0}
        )
    return rows


@pytest.fixture(scope="module")
def curated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exchange")
    rows = made_rows()
    refused = a("I am sorry, but I cannot help with that.")
    rows.append({"id": "held", "prompt": [u("Where does the long road to the harbour end?")], "completion": [refused]})
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    curate([str(folder / "rows.jsonl")], str(folder / "curated"))
    return folder / "curated"


def rows_of(file: Path) -> dict[str, Row]:
    parsed = read_files([str(file)])
    assert not [one.fault for one in parsed if one.fault]
    return {one.row.id: one.row for one in parsed if one.row}


def said(row: Row) -> tuple[Any, ...]:
    return row.kind, row.prompt, dict(row.answers), row.label


def exported(curated: Path, to: str, tmp_path: Path) -> Path:
    export(str(curated), to=to, out=str(tmp_path / to))
    return tmp_path / to


KINDS_OF = {
    "axolotl": ("sft", "preference"),
    "llama-factory": ("sft", "preference", "unpaired"),
    "openai": ("sft", "preference"),
    "argilla": ("sft", "preference", "unpaired"),
    "label-studio": ("sft", "preference", "unpaired"),
}


@pytest.mark.parametrize("to", TARGETS)
def test_every_row_comes_back_as_it_was(curated: Path, to: str, tmp_path: Path) -> None:
    out = exported(curated, to, tmp_path)
    for kind in KINDS_OF[to]:
        for place in PLACES:
            before = rows_of(curated / kind / f"{place}.jsonl")
            (file,) = (out / kind).glob(f"{place}.json*")
            after = rows_of(file)
            if to == "openai":  # it documents no column for an id
                assert sorted(map(repr, map(said, after.values()))) == sorted(map(repr, map(said, before.values())))
                continue
            assert {id: said(row) for id, row in after.items()} == {id: said(row) for id, row in before.items()}
            if to != "argilla":  # its metadata are texts and numbers
                assert {id: row.metadata for id, row in after.items()} == {
                    id: row.metadata for id, row in before.items()
                }


@pytest.mark.parametrize("to", TARGETS)
def test_held_out_rows_are_in_no_other_file_and_no_configuration(curated: Path, to: str, tmp_path: Path) -> None:
    out = exported(curated, to, tmp_path)
    for kind in KINDS_OF[to]:
        secrets = [text for row in rows_of(curated / kind / "heldout.jsonl").values() for text in [row.prompt_text]]
        assert secrets
        for file in out.rglob("*"):
            if file.is_file() and file.stem != "heldout":
                text = json.dumps(file.read_text(encoding="utf-8"))
                assert not [secret for secret in secrets if json.dumps(secret)[1:-1] in text], file
    settings = [
        file for file in out.rglob("*") if file.suffix in (".yaml", ".xml", ".py") or file.name == "dataset_info.json"
    ]
    assert not [f for f in settings if "heldout" in yaml_without_comments(f)]


def yaml_without_comments(file: Path) -> str:
    return "\n".join(line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))


def test_axolotl_takes_the_loss_off_earlier_turns_only(curated: Path, tmp_path: Path) -> None:
    out = exported(curated, "axolotl", tmp_path)
    settings = yaml.safe_load((out / "sft.yaml").read_text(encoding="utf-8"))
    (train,) = settings["datasets"]
    assert (train["path"], train["type"], train["message_field_training"]) == (
        "sft/train.jsonl",
        "chat_template",
        "train",
    )
    assert settings["test_datasets"][0]["path"] == "sft/dev.jsonl"
    for line in (out / train["path"]).read_text(encoding="utf-8").splitlines():
        switches = [turn["train"] for turn in json.loads(line)["messages"]]
        assert switches == [False] * (len(switches) - 1) + [True]
    assert yaml.safe_load((out / "preference.yaml").read_text(encoding="utf-8"))["rl"] == "dpo"


def test_llama_factory_finds_every_file_and_column_that_dataset_info_names(curated: Path, tmp_path: Path) -> None:
    out = exported(curated, "llama-factory", tmp_path)
    info = json.loads((out / "dataset_info.json").read_text(encoding="utf-8"))
    assert set(info) == {f"{kind}_{place}" for kind in KINDS_OF["llama-factory"] for place in ("train", "dev")}
    for entry in info.values():
        for line in (out / entry["file_name"]).read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            assert row.keys() >= set(entry["columns"].values())
            turns = [turn["role"] for turn in row["messages"] if turn["role"] != "system"]
            assert turns == (["user", "assistant"] * len(turns))[: len(turns)]
            assert len(turns) % 2 == bool(entry.get("ranking"))
    assert yaml.safe_load((out / "sft.yaml").read_text(encoding="utf-8"))["mask_history"] is True


def test_openai_rows_have_documented_keys_and_no_others(curated: Path, tmp_path: Path) -> None:
    out = exported(curated, "openai", tmp_path)
    for line in (out / "sft" / "train.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        assert set(row) == {"messages"}
        answers = [turn for turn in row["messages"] if turn["role"] == "assistant"]
        assert [turn.get("weight") for turn in answers] == [0] * (len(answers) - 1) + [None]
    for line in (out / "preference" / "train.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        assert set(row) == {"input", "preferred_output", "non_preferred_output"}
        assert len(row["preferred_output"]) == len(row["non_preferred_output"]) == 1


def test_annotators_get_the_rows_that_are_held_and_the_reasons(curated: Path, tmp_path: Path) -> None:
    (record,) = json.loads((exported(curated, "argilla", tmp_path) / "sft" / "review.json").read_text(encoding="utf-8"))
    assert record["id"] == "held"
    assert "refusal" in record["metadata"]["held_because"]
    out = exported(curated, "label-studio", tmp_path)
    (task,) = json.loads((out / "sft" / "review.json").read_text(encoding="utf-8"))
    assert "refusal" in task["data"]["held_because"]
    assert "$held_because" in (out / "sft-review.xml").read_text(encoding="utf-8")
    assert "$held_because" not in (out / "sft.xml").read_text(encoding="utf-8")


def test_what_people_answered_comes_back(curated: Path, tmp_path: Path) -> None:
    file = exported(curated, "argilla", tmp_path) / "sft" / "review.json"
    (record,) = json.loads(file.read_text(encoding="utf-8"))
    record["responses"] = {"completion": [{"value": "It ends at the third pier.", "user_id": "1"}]}
    file.write_text(json.dumps([record]), encoding="utf-8")
    assert rows_of(file)["held"].completion_text == "It ends at the third pier."


def test_argillas_script_and_label_studios_configuration_are_whole(curated: Path, tmp_path: Path) -> None:
    from xml.etree import ElementTree

    for script in exported(curated, "argilla", tmp_path).glob("*.py"):
        compile(script.read_text(encoding="utf-8"), str(script), "exec")
    out = exported(curated, "label-studio", tmp_path)
    for kind in KINDS_OF["label-studio"]:
        tree = ElementTree.parse(out / f"{kind}.xml")
        names = {tag.get("name") for tag in tree.iter() if tag.get("name")}
        for task in json.loads((out / kind / "train.json").read_text(encoding="utf-8")):
            shown = {tag.get("value", "")[1:] for tag in tree.iter() if tag.get("value", "").startswith("$")}
            assert shown <= task["data"].keys()
            assert {task["predictions"][0]["result"][0][key] for key in ("from_name", "to_name")} <= names


TOOL = {"type": "function", "function": {"name": "now", "parameters": {}}}
CALL = {
    "role": "assistant",
    "content": "",
    "tool_calls": [{"type": "function", "function": {"name": "now", "arguments": {}}}],
}


@pytest.mark.parametrize(
    ("to", "kept"), [("axolotl", True), ("openai", True), ("llama-factory", False), ("argilla", False)]
)
def test_rows_that_a_form_cannot_hold_are_left_out_and_named(to: str, kept: bool, tmp_path: Path, capsys: Any) -> None:
    answer = [CALL, {"role": "tool", "content": "9:14"}, a("It is a quarter past nine.")]
    odd = {"id": "odd", "prompt": [u("What time is it by the tower clock?")], "completion": answer, "tools": [TOOL]}
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in [*made_rows(), odd]), encoding="utf-8")
    curate([str(file)], str(tmp_path / "curated"))
    done = export(str(tmp_path / "curated"), to=to)
    left_out = [id for ids in done["left_out"].values() for id in ids]
    assert ("odd" in left_out) is not kept
    assert done["out"] == str(tmp_path / f"curated-{to}")
    if not kept:
        assert "1 rows were left out" in capsys.readouterr().err
        assert "odd" in (tmp_path / f"curated-{to}" / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nowhere", "--to", "openai"], "there is no such directory"),
        (["CURATED", "--to", "opena"], "Did you mean 'openai'"),
        (["CURATED", "--to", "gguf"], "is no target for a curated directory"),
        (["CURATED", "--to", "openai", "--repo", "a/b"], "--repo: belongs to --to hub"),
        (["CURATED", "--to", "hub"], "Write --repo OWNER/NAME"),
        (["CURATED", "--to", "hub", "--repo", "a/b", "--out", "x"], "--out: nothing is written here"),
        (["ADAPTER", "--to", "axolotl"], "is no target for an adapter"),
        (["EMPTY", "--to", "hub"], "is neither a curated directory nor an adapter"),
    ],
)
def test_a_wrong_command_is_told_in_one_message(
    curated: Path, words: list[str], says: str, tmp_path: Path, capsys: Any
) -> None:
    (tmp_path / "adapter").mkdir()
    (tmp_path / "adapter" / "adapter_config.json").write_text("{}")
    (tmp_path / "empty").mkdir()
    places = {"CURATED": str(curated), "ADAPTER": str(tmp_path / "adapter"), "EMPTY": str(tmp_path / "empty")}
    assert cli.main(["export", *[places.get(word, word) for word in words]]) == 2
    assert says in capsys.readouterr().err


def test_an_export_replaces_an_older_one_and_nothing_else(curated: Path, tmp_path: Path) -> None:
    out = exported(curated, "openai", tmp_path)
    (out / "stray.txt").write_text("x")
    exported(curated, "openai", tmp_path)
    assert not (out / "stray.txt").exists()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("x")
    with pytest.raises(UserError, match="was not written by `stepladder export`"):
        export(str(curated), to="openai", out=str(tmp_path / "mine"))


class Hub(BaseHTTPRequestHandler):
    """As much of the hub's API as one upload of small files needs; keeps what it was told."""

    told: list[tuple[str, Any]]
    private: bool

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        type(self).told.append((self.path, body))
        base = f"http://{self.headers['Host']}/datasets/me/rows"
        if self.path.endswith("/preupload/main"):
            files = [
                {"path": f["path"], "uploadMode": "regular", "shouldIgnore": False} for f in json.loads(body)["files"]
            ]
            return self.answer({"files": files})
        if self.path.endswith("/commit/main"):
            return self.answer({"success": True, "commitUrl": f"{base}/commit/abc123", "commitOid": "abc123"})
        return self.answer({"url": base, "name": "me/rows", "errors": [], "warnings": []})

    def do_GET(self) -> None:
        self.answer({"id": "me/rows", "private": self.private, "sha": "abc123", "siblings": []})

    def answer(self, value: Any) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: Any) -> None:
        pass


@pytest.fixture
def hub() -> Iterator[str]:
    Hub.told, Hub.private = [], True
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def push(curated: Path, endpoint: str, tmp_path: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own: huggingface_hub reads its address when it is imported."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.lower().endswith("_proxy") and name != "HF_HUB_OFFLINE"
    }
    environment = {**clean, "HF_ENDPOINT": endpoint, "HF_TOKEN": "hf_test", "HF_HOME": str(tmp_path / "hf"), **more}
    command = [
        sys.executable,
        "-P",
        "-m",
        "stepladder",
        "export",
        str(curated),
        "--to",
        "hub",
        "--repo",
        "me/rows",
        "--json",
    ]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_the_hub_gets_rows_and_card_and_nothing_that_was_dropped(curated: Path, hub: str, tmp_path: Path) -> None:
    done = push(curated, hub, tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["commit"] == "abc123"
    created = json.loads(next(body for path, body in Hub.told if path == "/api/repos/create"))
    assert created["visibility"] == "private"
    commit = next(body for path, body in Hub.told if path.endswith("/commit/main"))
    files = {line["value"]["path"] for line in map(json.loads, commit.splitlines()) if line["key"] == "file"}
    assert files == {
        "README.md",
        *(f"{kind}/{place}.jsonl" for kind in ("sft", "preference", "unpaired") for place in PLACES),
    }


def test_rows_go_to_a_public_data_set_only_when_asked_to(curated: Path, hub: str, tmp_path: Path) -> None:
    Hub.private = False
    done = push(curated, hub, tmp_path)
    assert "is there already, and public" in done.stderr
    assert not [path for path, _ in Hub.told if path.endswith("/commit/main")]


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"HF_TOKEN": ""}, "nobody is logged in"),
        ({}, "could not be pushed"),
        ({"HF_HUB_OFFLINE": "1"}, "could not be pushed"),
    ],
)
def test_a_hub_that_cannot_be_reached_is_told_in_one_message(
    curated: Path, tmp_path: Path, more: Any, says: str
) -> None:
    done = push(curated, "http://127.0.0.1:9", tmp_path, **more)
    assert done.returncode == 2, done.stderr
    assert says in json.loads(done.stdout)["error"]["what"]
