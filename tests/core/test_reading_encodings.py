"""Encodings: UTF-8, marks, older ones where a whole file is in one, and a fault where one line is damaged."""

import json
from pathlib import Path

import pytest

from stepladder.reading import Parsed, read_files

GERMAN = [
    "Wo fährt die Fähre ab?",
    "Die Größe des Gepäcks ist auf 20 kg beschränkt; größere Stücke – vorher melden.",
    "4 m³ für 5 €",
]
FRENCH = ["Où est le café près de l’église ?", "À côté de l’hôtel « Étoile », derrière la gare.", "Ça coûte 3 €."]
ENGLISH = ["What’s the fare?", "It’s £4.50 – the “saver” fare…", "A café in Zürich, 20 °C."]
POLISH = ["Gdzie jest źródło łąki?", "Źródło leży pod mostem, żółta łódź płynie w górę rzeki.", "Dziękuję, już idę."]
POLISH_2 = [
    "Gdzie odpływa prom?",
    "Prom odpływa co godzinę, bilet kosztuje pięć złotych.",
    "Łódź czeka już przy moście.",
]
RUSSIAN = ["Где причал?", "Причал находится у моста, паром отходит каждый час.", "Сколько стоит билет?"]
JAPANESE = ["港はどこですか。", "港は橋の近くにあります。フェリーは一時間ごとに出ます。", "切符はいくらですか。"]
CHINESE = ["码头在哪里？", "码头在桥边，渡轮每小时一班。", "票价是多少？请告诉我。"]


def lines(texts: list[str], encoding: str, times: int = 2) -> bytes:
    rows = [json.dumps({"prompt": text, "completion": text}, ensure_ascii=False) for text in texts * times]
    return "".join(f"{row}\n" for row in rows).encode(encoding)


def read(path: Path, data: bytes) -> list[Parsed]:
    path.write_bytes(data)
    return read_files([str(path)])


def prompts(parsed: list[Parsed]) -> list[str | None]:
    return [one.row.prompt_text if one.row else None for one in parsed]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.json"])
def test_unicode_with_its_mark(tmp_path: Path, encoding: str, name: str) -> None:
    texts = [*GERMAN, *JAPANESE, "🚢"]
    mark = "\ufeff" if encoding.endswith(("le", "be")) else ""
    made = {
        "a.jsonl": lines(texts, "utf-8", times=1).decode(),
        "a.csv": "prompt;completion\n" + "".join(f'"{text}";x\n' for text in texts),
        "a.json": json.dumps([{"prompt": text, "completion": text} for text in texts], ensure_ascii=False),
    }[name]
    assert prompts(read(tmp_path / name, (mark + made).encode(encoding))) == texts


@pytest.mark.parametrize(
    ("texts", "encoding"),
    [
        (GERMAN, "cp1252"), (FRENCH, "cp1252"), (ENGLISH, "cp1252"), (POLISH, "cp1250"),
        (POLISH_2, "cp1250"), (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8_r"), (JAPANESE, "cp932"), (CHINESE, "gb18030"),
    ],
)  # fmt: skip
def test_a_file_in_an_older_encoding(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], texts: list[str], encoding: str
) -> None:
    assert prompts(read(tmp_path / "a.jsonl", lines(texts, encoding))) == texts * 2
    assert f"is not UTF-8 and was read as {encoding}" in capsys.readouterr().err


def test_csv_in_an_older_encoding(tmp_path: Path) -> None:
    table = "prompt;completion\n" + "".join(f"{text.replace(';', ',')};Ja, natürlich\n" for text in GERMAN * 2)
    parsed = read(tmp_path / "a.csv", table.encode("cp1252"))
    assert prompts(parsed) == [text.replace(";", ",") for text in GERMAN * 2]


@pytest.mark.parametrize(
    "bad",
    [b'{"prompt": "caf\xe9", "completion": "A"}\n', b'{"prompt": "\xff\xfe", "completion": "A"}\n', b"\x80\x81\n"],
)
def test_one_damaged_line_is_a_fault_of_that_line(
    tmp_path: Path, bad: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    for good in (lines(GERMAN, "utf-8"), lines(["plain", "text", "of some length, to be long enough"], "utf-8")):
        parsed = read(tmp_path / "a.jsonl", good + bad + good)
        assert [one.row is None for one in parsed] == [False] * 6 + [True] + [False] * 6
        assert "is not UTF-8: byte 0x" in (parsed[6].fault or "")
    assert capsys.readouterr().err == ""


def test_damaged_lines_in_a_file_that_is_utf8(tmp_path: Path) -> None:
    parsed = read(tmp_path / "a.jsonl", lines(GERMAN, "utf-8") + lines(FRENCH, "cp1252"))
    assert [one.row is None for one in parsed] == [False] * 6 + [True] * 6


def test_several_damaged_lines_that_no_encoding_explains(tmp_path: Path) -> None:
    parsed = read(tmp_path / "a.jsonl", lines(["plain text " * 9], "utf-8") + b'{"prompt": "\xff\xfe\x81"}\n' * 2)
    assert [one.row is None for one in parsed] == [False, False, True, True]


def test_a_short_file_is_not_guessed_at(tmp_path: Path) -> None:
    parsed = read(tmp_path / "a.jsonl", '{"prompt": "é", "completion": "ü"}\n'.encode("cp1252") * 2)
    assert [one.fault for one in parsed] == ["is not UTF-8: byte 0xE9 at position 13"] * 2


def test_a_damaged_cell_is_a_fault_of_its_record(tmp_path: Path) -> None:
    parsed = read(tmp_path / "a.csv", "prompt,completion\nö,A\n".encode() + b"\xff,A\nQ,A\n")
    assert [one.fault for one in parsed] == [None, "is not UTF-8: byte 0xFF", None]
