"""What is no data is refused in one message that says where, what and what to do."""

import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
import zstandard

from stepladder.errors import UserError
from stepladder.inputs import hub
from stepladder.reading import read_files

ROW = b'{"prompt": "Q", "completion": "A"}\n'
COLUMNS = "Name the columns prompt + completion"


def archive(name: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as opened:
        opened.writestr(name, "x")
    return data.getvalue()


REFUSED: list[tuple[str, bytes, str, str]] = [
    ("a.jsonl", b"", "there are no rows in it", "at least one row"),
    ("a.jsonl", b"\n \r\n\n", "there are no rows in it", "at least one row"),
    ("a.jsonl", b"\xef\xbb\xbf", "there are no rows in it", "at least one row"),
    ("a.json", b"[]", "there are no rows in it", "at least one row"),
    ("a.csv", b"prompt,completion\n", "there are no rows in it", "at least one row"),
    ("a.jsonl.gz", gzip.compress(b""), "there are no rows in it", "at least one row"),
    ("a.pdf", b"%PDF-1.7 ...", "is a PDF", "CSV or JSONL"),
    ("a.xlsx", archive("xl/workbook.xml"), "is an Excel workbook", "save the sheet as CSV"),
    ("a.docx", archive("word/document.xml"), "is a Word document", "Give JSONL"),
    ("a.zip", archive("rows.jsonl"), "is a zip archive", "Unpack it"),
    ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1", "is an old Word or Excel file", "save it as CSV"),
    ("a.jsonl", b"version https://git-lfs.github.com/spec/v1\n", "is a Git LFS pointer", "git lfs pull"),
    ("a.jsonl", b"<!DOCTYPE html><html>", "is a web page", "Give JSONL"),
    ("a.gguf", b"GGUF\x03\x00", "is a GGUF model", "--model"),
    ("a.jsonl.xz", b"\xfd7zXZ\x00", "is compressed with xz", "Unpack it"),
    ("a.bin", bytes(range(256)) * 10, "is a binary file", "Give JSONL"),
    ("a.jsonl", ROW.decode().encode("utf-16-le"), "UTF-16 without a byte order mark", "Save it as UTF-8"),
    ("a.jsonl", b"\xff\xfea", "cannot be read as that", "UTF-8"),
    ("a.tar.gz", gzip.compress(b"x" * 257 + b"ustar" + b"x" * 500), "is a tar archive", "Unpack it"),
    ("a.jsonl.gz", gzip.compress(ROW * 99)[:-9], "damaged or cut off", "Get the file again"),
    ("a.jsonl.zst", zstandard.compress(ROW * 99)[:-2], "damaged or cut off", "Get the file again"),
    ("a.parquet", b"PAR1 and no more", "is a damaged Parquet file", "Get the file again"),
    ("a.arrow", b"ARROW1 and no more", "is a damaged Arrow file", "Get the file again"),
    ("a.txt", b"Once upon a time\nthere was a ferry.\n", "begins with 'Once upon a time'", COLUMNS.lower()[5:]),
    ("a.jsonl", b"question;reply\nQ;A\n", "begins with 'question;reply'", "prompt + completion"),
    ("a.csv", b"question;reply\nQ;A\n", "'question', 'reply' make no known format", COLUMNS),
    ("a.csv", b"Q1,A1\nQ2,A2\n", "'Q1', 'A1' make no known format", COLUMNS),
    ("a.csv", b"text\nA story\n", "no row of it can be read: it is in no known format; its fields are 'text'", COLUMNS),
    ("a.csv", b"prompt,completion,prompt\nQ,A,R\n", "the column 'prompt' stands twice", "Rename"),
    (
        "a.json",
        b'[{"prompt": "Q",\n "completion": "A"},\n {"prompt": "R"\n]',
        "broken JSON at column 1: expecting ',' del",
        "JSONL",
    ),
    ("a.json", b'[{"prompt": "Q", "completion": "A"},', "the JSON is cut off at column 37", "Mend the JSON"),
    ("a.json", b'[{"prompt": "Q", "completion": "A"}] x', "more text follows the JSON value, from column 38", "Mend"),
    ("a.json", b'{"prompt": "Q', "the JSON is cut off at column 14", "Mend the JSON"),
    ("a.json", b"[" * 5000, "nested more than 100 levels deep", "Mend the JSON"),
]


@pytest.mark.parametrize(("name", "data", "what", "todo"), REFUSED, ids=lambda value: str(value)[:30])
def test_refuses(tmp_path: Path, name: str, data: bytes, what: str, todo: str) -> None:
    file = tmp_path / name
    file.write_bytes(data)
    with pytest.raises(UserError) as caught:
        read_files([str(file)])
    assert caught.value.where.startswith(str(file))
    assert what in caught.value.what
    assert todo in caught.value.todo


def test_broken_json_says_the_line(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(b'[{"prompt": "Q",\n "completion": "A"},\n {"prompt": "R"\n]\n')
    with pytest.raises(UserError) as caught:
        read_files([str(file)])
    assert caught.value.where == f"{file}:4"


def test_missing_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "train.jsonl").write_bytes(ROW)
    monkeypatch.chdir(tmp_path)
    for name, todo in {
        "trian.jsonl": "Did you mean 'train.jsonl'",
        "zzz": "Check the path",
        "no/such/file.jsonl": "There is no folder 'no/such' either",
        "owner/rows.jsonl": "There is no folder 'owner' either",
    }.items():
        with pytest.raises(UserError) as caught:
            read_files([name])
        assert (caught.value.where, caught.value.what) == (name, "there is no such file or folder")
        assert todo in caught.value.todo


def test_a_folder_without_data(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# nothing")
    with pytest.raises(UserError, match="this folder holds no data files"):
        read_files([str(tmp_path)])
    (tmp_path / "a.jsonl").touch()
    with pytest.raises(UserError, match="there are no rows in it"):
        read_files([str(tmp_path)])


def test_a_data_set_that_cannot_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub

    def unreachable(*_: Any, **__: Any) -> None:
        raise ConnectionError("Name or service not known")

    monkeypatch.setattr(huggingface_hub.HfApi, "dataset_info", unreachable)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    with pytest.raises(UserError) as caught:
        read_files(["nobody/no-such-set"])
    assert caught.value.where == "nobody/no-such-set"
    assert "there is no network, or no such data set" in caught.value.what


def test_a_data_set_on_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets
    import huggingface_hub

    asked: list[Any] = []

    def load(name: str, config: str | None, split: str | None) -> Any:
        asked.append((name, config, split))
        made = datasets.Dataset.from_list([json.loads(ROW)])
        return made if split else datasets.DatasetDict({"train": made, "test": made})

    monkeypatch.setattr(huggingface_hub.HfApi, "dataset_info", lambda *_, **__: None)
    monkeypatch.setattr(datasets, "load_dataset", load)
    assert [str(one.source) for one in read_files(["o/n"])] == ["o/n:train:1", "o/n:test:1"]
    assert [str(one.source) for one in read_files(["o/n:train", "o/n:c:test[:5%]"])] == [
        "o/n:train:1",
        "o/n:c:test[:5%]:1",
    ]
    assert asked == [("o/n", None, None), ("o/n", None, "train"), ("o/n", "c", "test[:5%]")]


@pytest.mark.parametrize(
    ("name", "is_id"),
    [
        ("o/n", True),
        ("o/n:s", True),
        ("o/n:c:s", True),
        ("n", False),
        ("a/b/c", False),
        ("/o/n", False),
        ("o/n:", False),
    ],
)
def test_the_form_of_an_id(name: str, is_id: bool) -> None:
    assert hub.looks_like_id(name) is is_id
