"""JSONL and JSON: what is read exactly, what is a fault of one line, and which of the two a file is."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from stepladder.inputs import json_lines
from stepladder.inputs.item import RowFault
from stepladder.inputs.json_value import parse
from stepladder.reading import read_files
from stepladder.writing import dumps

ROW = '{"prompt": "Q", "completion": "A"}'


def deep(levels: int) -> str:
    return "[" * levels + "]" * levels


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (ROW, {"prompt": "Q", "completion": "A"}),
        ('\ufeff{"a": 1}', {"a": 1}),
        ('{"a": NaN}', {"a": None}),
        ('{"a": [Infinity, -Infinity, 1e400]}', {"a": ["Infinity", "-Infinity", "1e400"]}),
        ('{"a": 123456789012345678901234567890}', {"a": 123456789012345678901234567890}),
        ("18446744073709551616", 18446744073709551616),
        ("[1e300, 9007199254740993]", [1e300, 9007199254740993]),
        ('"\\ud800"', "\ud800"),
        ('"\\ud83d\\udea2"', "🚢"),
        ('{"a": "x\u2028y\x85"}', {"a": "x\u2028y\x85"}),
        ('{"a": "say \\"b\\": c", "b" : 1}', {"a": 'say "b": c', "b": 1}),
        ('{"a\\\\":1,"b": {"a\\\\": 2}}', {"a\\": 1, "b": {"a\\": 2}}),
        (deep(100), json.loads(deep(100))),
    ],
)
def test_values_are_exact(text: str, value: Any) -> None:
    assert parse(text.encode()) == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"a": 1', "the JSON is cut off at column 8"),
        ('{"a": "bc', "the JSON is cut off at column 10"),
        ('{"a": 1,', "the JSON is cut off at column 9"),
        ('{"a" 1}', "broken JSON at column 6: expecting ':' delimiter"),
        ("{'a': 1}", "broken JSON at column 2: expecting property name enclosed in double quotes"),
        ('{"a": 1} {"b": 2}', "more text follows the JSON value, from column 10"),
        ('{"a": "\t"}', "broken JSON at column 8: invalid control character at"),
        ("hello", "broken JSON at column 1: expecting value"),
        ('{"a": 1, "a": 2}', "the key 'a' stands twice in one object"),
        ('{"a": 1, "b": {"c":1,"c":1}}', "the key 'c' stands twice in one object"),
        ('{"a" :1,"b":2,"a":3}', "the key 'a' stands twice in one object"),
        ('{"a\\\\":1,"a\\\\":2}', "the key 'a\\' stands twice in one object"),
        ('{"a": "\\":", "b":1, "b":2}', "the key 'b' stands twice in one object"),
        ('{"a\\\\":1,"b":1,"b":2}', "the key 'b' stands twice in one object"),
        (f"[NaN, {deep(101)}]", "is nested more than 100 levels deep"),
        (deep(101), "is nested more than 100 levels deep"),
        (deep(2000), "is nested more than 100 levels deep"),
        (deep(100_000), "is nested more than 100 levels deep"),
        ("9" * 5000, "holds a number of more than 4300 digits"),
    ],
)
def test_faults_have_a_reason(text: str, reason: str) -> None:
    with pytest.raises(RowFault) as caught:
        parse(text.encode())
    assert str(caught.value) == reason


def test_what_is_read_can_be_written() -> None:
    value = parse(b'{"a": [NaN, Infinity, 1e400, "\\ud800"]}')
    assert json.loads(dumps(value)) == value
    assert not any(isinstance(item, float) and not math.isfinite(item) for item in value["a"])


def test_lines_end_at_newline_alone() -> None:
    data = 'null\r\n"a\u2028b\x85\x0cc"\n\n  \n[1]'.replace("\x0c", "\\f").encode()
    assert [(item.line, item.value) for item in json_lines.read(data)] == [
        (1, None),
        (2, "a\u2028b\x85\x0cc"),
        (5, [1]),
    ]


def test_a_line_that_is_not_utf8_is_its_own_fault() -> None:
    items = list(json_lines.read(b'"a"\n"\xff"\n"b"\n'))
    assert [item.fault for item in items] == [None, "is not UTF-8: byte 0xFF at position 2", None]
    assert items[1].value == '"\\xff"'


def test_a_line_over_the_cap_is_its_own_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    long = '"' + "a" * json_lines.MAX_LINE + '"'
    items = list(json_lines.read(f"1\n{long}\n2".encode()))
    assert [(item.line, item.fault) for item in items] == [(1, None), (2, "the line is longer than 16 MB"), (3, None)]
    assert len(items[1].value) == 1000


PRETTY = json.dumps(
    [{"id": "a", "prompt": "Q", "completion": "A"}, {"id": "b", "prompt": "Q", "completion": "B"}], indent=1
)


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("a.jsonl", f"{ROW}\n{ROW}\n", [1, 2]),
        ("a.jsonl", f"\n\n{ROW}", [3]),
        ("a", f"{ROW}\r\n{ROW}\r\n", [1, 2]),
        ("a.txt", f"\ufeff{ROW}\n", [1]),
        ("a.json", f"{ROW}\n{ROW}\n", [1, 2]),
        ("a.csv", f"{ROW}\n{ROW}\n", [1, 2]),
        ("a.json", f"[{ROW},\n{ROW}]", [1, 2]),
        ("a.jsonl", f"[{ROW}, {ROW}]", [1, 1]),
        ("a.json", PRETTY, [2, 7]),
        ("a.json", ROW, [1]),
        ("a.json", json.dumps({"prompt": "Q", "completion": "A"}, indent=2), [1]),
        ("a.json", f'{{"version": 1,\n "data": [{ROW},\n{ROW}], "n": 2}}', [2, 3]),
        ("a.jsonl", f'{{"rows": [{ROW}]}}', [1]),
        ("a.json", '{"messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}]}', [1]),
        ("a.json", "\n".join([json.dumps({"prompt": "Q", "completion": "A"}, indent=2)] * 2), [1, 5]),
        ("a.jsonl", f'{{"prompt": "Q", "com\n{ROW}\n{ROW}', ["1", 2, 3]),
        ("a.json", f'{{"prompt": "Q", "com\n{ROW}\n{ROW}', ["1", 2, 3]),
        ("a.json", f'[{ROW},\n{{"a": {deep(150)}}}]', [1, "2"]),
        ("a.jsonl", '{"prompt": "Q", "com', ["1"]),
        ("a.jsonl", '{"prompt": "Q", "com\n{"prompt": "Q", "comp\n', ["1", "2"]),
        ("a.jsonl", f"# a comment\n{ROW}", ["1", 2]),
        ("a.jsonl", f'{ROW}\nprompt,completion\nnull\n[]\n"x"\n', [1, "2", "3", "4", "5"]),
        ("a.json", '[{"prompt": "Q", "completion": "A"},\n{"prompt": "Q", "prompt": "R"},\n3]', [1, "2", "3"]),
        ("a.jsonl", ROW + "\n" + "\x00" * 300, [1, "2"]),
        ("a.json", '{"data": [1, 2]}', ["1"]),
        ("a.json", f'{{"a": [{ROW}], "b": [{ROW}]}}', ["1"]),
    ],
)
def test_the_content_tells_what_a_file_is(tmp_path: Path, name: str, text: str, found: list[int | str]) -> None:
    """`found`: the lines of the rows; those of faults as text."""
    (tmp_path / name).write_bytes(text.encode())
    parsed = read_files([str(tmp_path / name)])
    assert [one.source.line if one.row else str(one.source.line) for one in parsed] == found


def test_a_part_of_a_json_file_that_is_not_utf8_is_the_fault_of_its_row(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(
        b'[{"prompt": "\xc3\xb6", "completion": "A"},\n{"prompt": "\xff", "completion": "A"}]'
    )
    parsed = read_files([str(tmp_path / "a.json")])
    assert [one.fault for one in parsed] == [None, "is not UTF-8: byte 0xFF"]


def test_an_escaped_surrogate_is_no_encoding_fault(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('[{"prompt": "\\udcff", "completion": "A"}]')
    (parsed,) = read_files([str(tmp_path / "a.json")])
    assert parsed.row is not None
    assert parsed.row.prompt_text == "\udcff"
