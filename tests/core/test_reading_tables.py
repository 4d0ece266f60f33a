"""CSV, TSV, Parquet, Arrow and data sets that the datasets library saved."""

import datetime
import gzip
import json
import math
from pathlib import Path
from typing import Any

import pyarrow
import pytest
import zstandard
from pyarrow import feather, ipc, parquet

from stepladder.errors import UserError
from stepladder.reading import Parsed, read_files

TURNS = [{"role": "user", "content": "Q, or 'q'?"}, {"role": "assistant", "content": "A"}]


def read(path: Path, text: str | bytes) -> list[Parsed]:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_files([str(path)])


def texts(parsed: list[Parsed]) -> list[Any]:
    return [
        (one.source.line, one.row.prompt_text, one.row.completion_text) if one.row else one.source.line
        for one in parsed
    ]


CSV = [
    ("a.csv", "prompt,completion\nQ,A\n", [(2, "Q", "A")]),
    ("a.csv", "Prompt;Completion\r\nQ,q;A\r\n", [(2, "Q,q", "A")]),
    ("a.csv", "prompt;completion;x, y, z and more\nQ;A;1\n", [(2, "Q", "A")]),
    ("a.tsv", "prompt\tcompletion\nQ\tA\n", [(2, "Q", "A")]),
    ("a.csv", "prompt|completion\nQ|A", [(2, "Q", "A")]),
    ("a.csv", "\ufeffprompt,completion\nQ,A\n", [(2, "Q", "A")]),
    ("a.csv", "sep=;\nprompt;completion\nQ;A\n", [(3, "Q", "A")]),
    ("a.csv", '"prompt", "completion"\n"Q, q", "A"\n', [(2, "Q, q", "A")]),
    ("a.jsonl", "prompt,completion\nQ,A\n", [(2, "Q", "A")]),
    ("a.txt", "question;answer\nQ;A\n", [(2, "Q", "A")]),
    ("a", "instruction,output\rQ,A\r", [(2, "Q", "A")]),
    ("a.csv", 'prompt,completion\n"a\n\nb","say ""x"""\nQ,A\n', [(2, "a\n\nb", 'say "x"'), (5, "Q", "A")]),
    ("a.csv", "prompt,completion\nx\u2028y,A\n", [(2, "x\u2028y", "A")]),
    ("a.csv", "prompt,completion\n\nQ,A\n \n", [(3, "Q", "A"), 4]),
    ("a.csv", "prompt,completion\nQ\nQ,A,B\nQ,A\n", [2, 3, (4, "Q", "A")]),
    ("a.csv", 'prompt,completion\n"open,A\nQ,A\nR,B\n', [2, (3, "Q", "A"), (4, "R", "B")]),
    ("a.csv", 'prompt,completion\nQ,A\n"x" y,A\nR,B\n', [(2, "Q", "A"), 3, (4, "R", "B")]),
    ("a.csv", 'prompt,completion\n"open,A\nQ,A\n"R","B"\n', [2, (3, "Q", "A"), (4, "R", "B")]),
    ("a.csv", "prompt,completion\nQ,\n,A\n,\n", [(2, "Q", ""), (3, "", "A"), (4, "", "")]),
    ("a.csv", f"prompt,completion\nQ,{'a' * 200_000}\n", [(2, "Q", "a" * 200_000)]),
    ("a.csv", 'prompt,completion\nQ,"{""category"": ""delay""}"\n', [(2, "Q", '{"category": "delay"}')]),
    ("a.csv", 'prompt,completion\nQ,"[1] is a source"\n', [(2, "Q", "[1] is a source")]),
]


@pytest.mark.parametrize(("name", "text", "found"), CSV, ids=lambda value: repr(value)[:40])
def test_csv(tmp_path: Path, name: str, text: str, found: list[Any]) -> None:
    """`found`: line, prompt and completion of the rows, the line alone of faults."""
    assert texts(read(tmp_path / name, text)) == found


@pytest.mark.parametrize(
    ("line", "fault", "raw"),
    [
        ("Q", "has 1 cells, but the header names 2 columns", "Q"),
        ("Q,A,", "has 3 cells, but the header names 2 columns", "Q,A,"),
        ('"open,A', "a quote opens in this record and is never closed", '"open,A'),
        ('"a"b,A', "a quote inside a quoted cell is not doubled", '"a"b,A'),
        ("\"[{'role': array()}]\",A", "column 'prompt' begins like a list of turns but cannot", None),
    ],
)
def test_csv_faults(tmp_path: Path, line: str, fault: str, raw: str | None) -> None:
    parsed = read(tmp_path / "a.csv", f"prompt,completion\nQ,A\n{line}\n")
    assert [one.row is None for one in parsed] == [False, True]
    assert fault in (parsed[1].fault or "")
    assert raw in (None, parsed[1].raw)


@pytest.mark.parametrize("dump", [json.dumps, repr])
def test_turns_in_a_cell(tmp_path: Path, dump: Any) -> None:
    cell = dump(TURNS).replace('"', '""')
    (parsed,) = read(tmp_path / "a.csv", f'messages,n\n"{cell}",3\n')
    assert parsed.row is not None
    assert (parsed.row.prompt, parsed.row.metadata) == ((TURNS[0],), {"n": "3"})


def test_csv_of_several_kinds_and_a_column_without_a_name(tmp_path: Path) -> None:
    parsed = read(
        tmp_path / "a.csv", ",prompt,completion,chosen,rejected,label,note\n0,Q,A,,,,x\n1,Q,,A,B,,\n2,Q,A,,,good,\n"
    )
    assert [one.row.kind for one in parsed if one.row] == ["sft", "preference", "unpaired"]
    assert parsed[0].row is not None
    assert parsed[0].row.metadata == {"column 1": "0", "note": "x"}


def table() -> pyarrow.Table:
    day = datetime.date(2026, 11, 24)
    rows = [
        {
            "id": 1,
            "prompt": "Q",
            "completion": "A",
            "score": math.nan,
            "day": day,
            "data": b"\xc3\xb6",
            "other": b"\xff",
        },
        {"id": 2, "prompt": "Q", "chosen": "A", "rejected": "B", "score": math.inf},
        {"id": 3, "messages": [{**TURNS[0], "name": "n"}, TURNS[1]], "tags": ["x"]},
        {"id": 4, "prompt": "Q", "completion": "A", "label": False},
    ]
    columns = {key: None for row in rows for key in row}
    return pyarrow.Table.from_pylist([{**columns, **row} for row in rows])


def write_stream(made: pyarrow.Table, path: Path) -> None:
    with ipc.new_stream(str(path), made.schema) as writer:
        writer.write_table(made, max_chunksize=1)


WRITERS: dict[str, Any] = {
    "a.parquet": lambda made, path: parquet.write_table(made, path),
    "a.feather": lambda made, path: feather.write_feather(made, path),
    "a.arrow": write_stream,
    "data": lambda made, path: parquet.write_table(made, path),
}


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress])
def test_columnar_files(tmp_path: Path, name: str, pack: Any) -> None:
    WRITERS[name](table(), tmp_path / name)
    parsed = read(tmp_path / name, pack((tmp_path / name).read_bytes()))
    rows = [one.row for one in parsed if one.row]
    assert [(row.id, row.kind, row.source.line) for row in rows] == [
        ("1", "sft", 1), ("2", "preference", 2), ("3", "sft", 3), ("4", "unpaired", 4),
    ]  # fmt: skip
    assert rows[0].metadata == {"day": "2026-11-24", "data": "ö", "other": "/w=="}
    assert rows[1].metadata == {"score": "inf"}
    assert rows[2].prompt == ({**TURNS[0], "name": "n"},)
    assert rows[2].answers["completion"] == (TURNS[1],)
    json.dumps([one.raw for one in parsed], allow_nan=False)


def test_damage_inside_a_table_is_found_before_its_rows_are_used(tmp_path: Path) -> None:
    write_stream(pyarrow.Table.from_pylist([{"prompt": "Grüße", "completion": "A"}]), tmp_path / "a.arrow")
    whole = (tmp_path / "a.arrow").read_bytes()
    for damaged in (whole.replace("Grüße".encode(), b"Gr\xff\xff\xff\xffe"), whole.replace(b"prompt", b"pr\xffmpt")):
        with pytest.raises(UserError, match="is a damaged Arrow file"):
            read(tmp_path / "b.arrow", damaged)


def test_packed_text(tmp_path: Path) -> None:
    data = b'{"prompt": "Q", "completion": "A"}\n'
    frames = zstandard.compress(data) + zstandard.compress(data)
    for name, packed in {
        "a.jsonl.gz": gzip.compress(data) * 2,
        "b.zst": frames,
        "c": gzip.compress(data + data),
    }.items():
        assert len(read(tmp_path / name, packed)) == 2


def test_saved_data_sets(tmp_path: Path) -> None:
    from datasets import Dataset, DatasetDict

    rows = [{"id": f"r{n}", "prompt": "Q", "completion": "A"} for n in range(3)]
    both = DatasetDict({"train": Dataset.from_list(rows[:2]).select([1, 0]), "test": Dataset.from_list(rows[2:])})
    both.save_to_disk(str(tmp_path / "saved"))
    parsed = read_files([str(tmp_path / "saved")])
    assert [one.row.id for one in parsed if one.row] == ["r1", "r0", "r2"]
    assert [str(one.source) for one in parsed] == [
        f"{tmp_path}/saved/{place}" for place in ("train:1", "train:2", "test:1")
    ]
    assert len(read_files([str(tmp_path / "saved/test")])) == 1
    assert len(read_files([str(tmp_path)])) == 3
