"""Files, folders and stdin in: every row once, in order, with its place and an id of its own."""

import io
import json
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from stepladder.errors import UserError
from stepladder.reading import Parsed, read_files, read_rows
from stepladder.records import Message, Row, Source, content_id
from stepladder.writing import write_jsonl

ROW = {"prompt": "Q", "completion": "A"}


def lines(*rows: Any) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def read(path: Path, data: bytes, **options: Any) -> list[Parsed]:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return read_files([str(path)], **options)


def ids(parsed: list[Parsed]) -> list[str | None]:
    return [one.row.id if one.row else None for one in parsed]


def test_every_line_comes_once_in_order_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    broken = b'{"prompt": "Q"'
    parsed = read(file, lines({**ROW, "id": "a"}) + b"\n \n" + broken + b"\n" + lines({"foo": 1}, {**ROW, "id": "b"}))
    assert [one.source for one in parsed] == [Source(str(file), line) for line in (1, 4, 5, 6)]
    assert ids(parsed) == ["a", None, None, "b"]
    assert [one.fault is None for one in parsed] == [True, False, False, True]
    assert [one.raw for one in parsed] == [{**ROW, "id": "a"}, broken.decode(), {"foo": 1}, {**ROW, "id": "b"}]
    assert parsed[0].row == Row(
        "a", "sft", (Message(role="user", content="Q"),), {"completion": (Message(role="assistant", content="A"),)},
        source=Source(str(file), 1),
    )  # fmt: skip


def test_rows_of_all_shapes_in_one_file(tmp_path: Path) -> None:
    rows = [
        ROW,
        {"messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}]},
        {"prompt": "Q", "chosen": "A", "rejected": "B"},
        {"instruction": "Q", "output": "A"},
        {"prompt": "Q", "completion": "A", "label": False},
    ]
    parsed = read(tmp_path / "a.jsonl", lines(*rows))
    assert [one.row.kind for one in parsed if one.row] == ["sft", "sft", "preference", "sft", "unpaired"]


def test_format_forces_one_shape(tmp_path: Path) -> None:
    both = {**ROW, "question": "R", "answer": "B"}
    with pytest.raises(UserError) as caught:
        read(tmp_path / "a.jsonl", lines(ROW, both))
    assert caught.value.where.endswith("a.jsonl:2")
    assert "'prompt_completion' and 'question_answer'" in caught.value.what
    assert "--format prompt_completion" in caught.value.todo
    forced = read(tmp_path / "a.jsonl", lines(ROW, both), format="question_answer")
    assert [one.fault is None for one in forced] == [False, True]
    with pytest.raises(UserError, match=r"'alpacca' is not a format. Did you mean 'alpaca'"):
        read(tmp_path / "a.jsonl", lines(ROW), format="alpacca")


def test_ids_come_from_the_content_where_there_are_none(tmp_path: Path) -> None:
    parsed = read(tmp_path / "a.jsonl", lines(ROW, {**ROW, "note": "x"}, {**ROW, "completion": "B"}))
    first = content_id(
        {"prompt": [{"role": "user", "content": "Q"}], "completion": [{"role": "assistant", "content": "A"}]}
    )
    assert ids(parsed)[:2] == [first, f"{first}#2"]
    assert len(set(ids(parsed))) == 3
    assert not any(one.duplicate_id for one in parsed)  # nobody gave the ids, so nobody gave one twice


@pytest.mark.parametrize(
    ("given", "become", "flagged"),
    [
        (["a", "a", "b", "a"], ["a", "a#2", "b", "a#3"], [1, 3]),
        (["a", "a", "a#2"], ["a", "a#3", "a#2"], [1]),
        (["a#2", "a", "a"], ["a#2", "a", "a#3"], [2]),
        ([1, "1", 1.0], ["1", "1#2", "1.0"], [1]),
    ],
)
def test_two_rows_with_one_id_are_kept_apart(
    tmp_path: Path, given: list[Any], become: list[str], flagged: list[int]
) -> None:
    parsed = read(tmp_path / "a.jsonl", lines(*({**ROW, "id": one} for one in given)))
    assert ids(parsed) == become
    assert [index for index, one in enumerate(parsed) if one.duplicate_id] == flagged


def test_an_id_from_the_content_never_takes_a_given_one(tmp_path: Path) -> None:
    derived = ids(read(tmp_path / "a.jsonl", lines(ROW)))[0]
    parsed = read(tmp_path / "a.jsonl", lines(ROW, {**ROW, "id": derived}))
    assert ids(parsed) == [f"{derived}#2", derived]
    assert not any(one.duplicate_id for one in parsed)


def test_folders_are_read_sorted_and_whole(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    for name in ("b.jsonl", "a/z.json", "a/y.jsonl.gz", "c", "d.txt", ".hidden.jsonl", ".git/x.jsonl"):
        data = lines({**ROW, "id": name})
        read(folder / name, data)
    (folder / "README.md").write_text("# Data\n")
    (folder / "LICENSE").write_text("Apache\n")
    (folder / "notes.txt").write_text("not rows\n")
    (folder / "empty.jsonl").touch()
    (folder / "dataset_info.json").write_text("{}")
    parsed = read_files([str(folder)])
    assert ids(parsed) == ["a/y.jsonl.gz", "a/z.json", "b.jsonl", "c", "d.txt"]
    assert parsed[0].source == Source(str(folder / "a/y.jsonl.gz"), 1)


def test_what_is_named_twice_is_read_once(tmp_path: Path) -> None:
    read(tmp_path / "data/a.jsonl", lines({**ROW, "id": "a"}))
    names = [str(tmp_path / "data"), str(tmp_path / "data/a.jsonl"), str(tmp_path / "data/../data/a.jsonl")]
    assert ids(read_files(names)) == ["a"]
    assert ids(read_files([names[1], names[1]])) == ["a"]


@pytest.mark.parametrize("mark", [{"ledger.jsonl": "{}\n"}, {"manifest.json": '{"stage": "curate"}'}])
def test_of_a_curated_directory_only_the_splits_are_data(tmp_path: Path, mark: dict[str, str]) -> None:
    for name in ("sft/train.jsonl", "sft/dev.jsonl", "preference/heldout.jsonl", "review.jsonl", "dropped.jsonl"):
        read(tmp_path / "run/curate" / name, lines({**ROW, "id": name}))
    for name, text in {**mark, "summary.json": "{}"}.items():
        (tmp_path / "run/curate" / name).write_text(text)
    wanted = ["preference/heldout.jsonl", "sft/dev.jsonl", "sft/train.jsonl"]
    assert ids(read_files([str(tmp_path / "run/curate")])) == wanted
    assert ids(read_files([str(tmp_path / "run")])) == wanted


def test_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines(ROW))))
    assert [one.source for one in read_files(["-"])] == [Source("stdin", 1)]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    with pytest.raises(UserError, match="stdin: there are no rows in it"):
        read_files(["-"])
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    with pytest.raises(UserError, match="nothing is piped in"):
        read_files(["-"])


def message(text: str, role: str) -> Message:
    return Message(role=role, content=text)


def random_row(rng: random.Random, kind: Any, number: int) -> Row:
    def text() -> str:
        return "".join(
            rng.choice(["a", " ", "\n", '"', "\\", "ö", "\u2028", "船", "\ud800", "\x00", "':", '":']) for _ in range(9)
        )

    prompt = tuple(
        message(text(), role) for role in rng.choice([("user",), ("system", "user"), ("user", "assistant", "user"), ()])
    )
    fields = ("chosen", "rejected") if kind == "preference" else ("completion",)
    answers = {name: (message(text(), "assistant"),) for name in fields}
    metadata = rng.choice([{}, {"n": rng.random(), "deep": {"k": [None, True, 10**30]}, text(): text()}])
    tools = rng.choice([None, [{"type": "function", "function": {"name": text()}}]])
    label = rng.random() < 0.5 if kind == "unpaired" else None
    return Row(f"{kind} {number}", kind, prompt, answers, label, tools, metadata)


@pytest.mark.parametrize("kind", ["sft", "preference", "unpaired"])
def test_what_is_written_reads_back_the_same(tmp_path: Path, kind: Any) -> None:
    rng = random.Random(f"rows {kind}")
    file = tmp_path / "train.jsonl"
    rows = [random_row(rng, kind, number) for number in range(300)]
    write_jsonl(file, rows)
    for back in (read_rows(file), [one.row for one in read_files([str(file)])]):
        assert [row.to_json() for row in back if row] == [row.to_json() for row in rows]
        assert [row.kind for row in back if row] == [kind] * len(rows)
        assert [row.source.line for row in back if row] == list(range(1, len(rows) + 1))


@pytest.mark.parametrize(
    ("data", "where", "what"),
    [
        (lines(ROW) + b"{", ":2", "the JSON is cut off at column 2"),
        (lines(ROW, {"foo": 1}), ":2", "no known format"),
        (lines({**ROW, "id": "a"}, {**ROW, "id": "a"}), ":2", "an earlier row has the same id 'a'"),
    ],
)
def test_splits_are_read_strictly(tmp_path: Path, data: bytes, where: str, what: str) -> None:
    (tmp_path / "a.jsonl").write_bytes(data)
    with pytest.raises(UserError) as caught:
        read_rows(tmp_path / "a.jsonl")
    assert caught.value.where.endswith(f"a.jsonl{where}")
    assert what in caught.value.what


def test_an_empty_split_is_no_error_and_a_missing_one_is(tmp_path: Path) -> None:
    (tmp_path / "dev.jsonl").touch()
    assert read_rows(tmp_path / "dev.jsonl") == []
    with pytest.raises(UserError, match="there is no such file"):
        read_rows(tmp_path / "train.jsonl")


def test_importing_is_light() -> None:
    heavy = {"torch", "pandas", "datasets", "pyarrow", "numpy", "charset_normalizer"}
    code = f"import sys, stepladder.reading; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_hundred_thousand_rows_take_seconds(tmp_path: Path) -> None:
    row = {
        "prompt": [{"role": "user", "content": "a word " * 25}],
        "completion": [{"role": "assistant", "content": "ö" * 150}],
    }
    file = tmp_path / "a.jsonl"
    file.write_text("".join(json.dumps({"id": n, **row}) + "\n" for n in range(20_000)))
    start = time.process_time()
    assert len(read_files([str(file)])) == 20_000
    assert time.process_time() - start < 3  # 0.4 s on an idle core; five times the rows are to take less than 3 s
