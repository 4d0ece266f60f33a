"""Files out: the JSON form, and that nobody ever meets half a file."""

import json
import math
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stepladder.records import Row
from stepladder.writing import append_jsonl, dumps, write_json, write_jsonl, write_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [True, None]}, '{"b": 1, "a": [true, null]}'),
        ("Größe 船 🚢 \u2028", '"Größe 船 🚢 \u2028"'),
        ('"\n\t\\', '"\\"\\n\\t\\\\"'),
        ("\ud800 ö", '"\\ud800 ö"'),
        ({"\udc80": "a\udfffb"}, '{"\\udc80": "a\\udfffb"}'),
        (10**40, "1" + "0" * 40),
    ],
)
def test_one_json_form_that_reads_back(value: Any, text: str) -> None:
    assert dumps(value) == text
    assert json.loads(dumps(value).encode("utf-8")) == value


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (math.nan, "the value is nan"),
        ({"a": {"b": [1.0, -math.inf]}}, r"a\.b\[1\] is -inf"),
        ([{"x": (math.nan,)}], r"\[0\]\.x\[0\] is nan"),
    ],
)
def test_what_json_does_not_know_is_refused_with_its_path(value: Any, path: str) -> None:
    with pytest.raises(ValueError, match=path):
        dumps(value)


def test_a_value_that_contains_itself_is_refused() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(ValueError, match="Circular"):
        dumps(value)


def test_text_is_utf8_with_plain_line_ends(tmp_path: Path) -> None:
    write_text(tmp_path / "new" / "a.txt", "ö\nb\r\n\ud800")
    assert (tmp_path / "new" / "a.txt").read_bytes() == b"\xc3\xb6\nb\r\n\\ud800"


def test_json_is_indented_and_ends_a_line(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"a": [1]})
    assert (tmp_path / "a.json").read_bytes() == b'{\n  "a": [\n    1\n  ]\n}\n'


def test_jsonl_takes_rows_and_values(tmp_path: Path) -> None:
    row = Row(
        "r", "sft", ({"role": "user", "content": "Q\u2028"},), {"completion": ({"role": "assistant", "content": "A"},)}
    )
    assert write_jsonl(tmp_path / "a.jsonl", iter([row, {"a": 1}])) == 2
    lines = (tmp_path / "a.jsonl").read_bytes().split(b"\n")
    assert [json.loads(line) for line in lines[:2]] == [row.to_json(), {"a": 1}]
    assert lines[2:] == [b""]


def test_no_rows_make_an_empty_file(tmp_path: Path) -> None:
    assert write_jsonl(tmp_path / "a.jsonl", []) == 0
    assert (tmp_path / "a.jsonl").read_bytes() == b""


def failing() -> Iterator[Any]:
    yield {"a": 1}
    raise KeyboardInterrupt


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.jsonl"
    write_jsonl(file, [{"old": 1}])
    with pytest.raises(KeyboardInterrupt):
        write_jsonl(file, failing())
    with pytest.raises(ValueError, match="b is nan"):
        write_jsonl(file, [{"a": 1}, {"b": math.nan}])

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            write_jsonl(file, [{"new": 1}])
    assert file.read_bytes() == b'{"old": 1}\n'
    assert [p.name for p in tmp_path.iterdir()] == ["a.jsonl"]


def test_a_reader_sees_the_old_file_until_the_new_one_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    write_jsonl(file, [{"n": 0}])
    seen = []

    def rows() -> Iterator[Any]:
        for n in range(3):
            seen.append(file.read_bytes())
            yield {"n": n}

    write_jsonl(file, rows())
    assert set(seen) == {b'{"n": 0}\n'}
    assert len(file.read_bytes().splitlines()) == 3


def test_the_new_file_has_the_usual_rights_and_a_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "target.json", tmp_path / "link.json"
    target.write_text("old")
    link.symlink_to(target)
    write_json(link, 1)
    assert link.is_symlink()
    assert target.read_text() == "1\n"
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(target.stat().st_mode) == 0o666 & ~mask


def test_lines_are_appended_and_a_torn_one_is_closed(tmp_path: Path) -> None:
    file = tmp_path / "new" / "a.jsonl"
    append_jsonl(file, {"a": 1})
    append_jsonl(file, {"a": 2})
    with open(file, "ab") as torn:
        torn.write(b'{"a": 3')
    append_jsonl(file, {"a": 4})
    assert file.read_bytes() == b'{"a": 1}\n{"a": 2}\n{"a": 3\n{"a": 4}\n'


def test_a_line_that_cannot_be_written_leaves_the_file_alone(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    append_jsonl(file, {"a": 1})
    with pytest.raises(ValueError, match="a is inf"):
        append_jsonl(file, {"a": math.inf})
    assert file.read_bytes() == b'{"a": 1}\n'
