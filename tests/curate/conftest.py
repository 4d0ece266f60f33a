"""Rows for the tests of the curate stage: sound ones, and seeded mixes with every kind of damage."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

_NAMES = """
harbour lantern meadow copper violin garden puzzle winter basket thunder orchard marble pepper candle island
bridge saddle ribbon walnut feather anchor planet forest mirror button cactus desert engine fabric glacier
hammer insect jungle kettle ladder magnet needle ocean pillow quartz rocket silver tunnel umbrella valley window
yogurt zebra cotton dragon eagle flute grape helmet iris jacket kiwi lemon mango nectar olive parrot quilt
radish salmon tulip urchin velvet wagon xylophone yarn zipper acorn bamboo cherry dahlia ember falcon ginger
hazel ivory jasmine
"""
WORDS = _NAMES.split()
HOSTILE = [
    "😀👩‍👩‍👧",
    "a\x00b",
    "\u202eright to left\u202c",
    "שלום עולם",
    "\ud800",
    "日本語のテキストです。",
    "\u200b",
    "ﬁ",
    "a\u2028b",
    "'\"\\",
]


def sentence(rng: random.Random, size: int = 14) -> str:
    """A sentence that no other is like."""
    return " ".join(rng.sample(WORDS, size)).capitalize() + "."


def sound(rng: random.Random, number: int) -> dict[str, Any]:
    """A sound SFT row."""
    return {
        "id": f"s{number}",
        "prompt": sentence(rng),
        "completion": sentence(rng),
        "slice": rng.choice(["one", "two"]),
    }


def damaged(rng: random.Random, number: int, earlier: list[Any]) -> Any:
    """A line of some other kind: damage, duplicates, other formats, hostile text."""
    row: dict[str, Any] = {"prompt": sentence(rng), "completion": sentence(rng)}
    twin = dict(rng.choice(earlier))
    match rng.randrange(14):
        case 0:
            return "{broken"
        case 1:
            return {**row, "completion": ""}
        case 2:
            return {**row, "completion": row["completion"][:-1] + "  \n\n\n\n\nschÃ¶n. "}
        case 3:
            return {**twin, "id": f"d{number}"}
        case 4:
            return {**twin, "id": f"d{number}", "prompt": f"Please: {twin['prompt']}"}
        case 5:
            return {**twin, "id": f"d{number}", "completion": sentence(rng)}
        case 6:
            return {**row, "id": "same"}
        case 7:
            text = " ".join(rng.choices(HOSTILE, k=3))
            return {**row, "completion": f"{sentence(rng)} {text}."}
        case 8:
            return {
                "messages": [
                    {"role": "user", "content": row["prompt"]},
                    {"role": "assistant", "content": row["completion"]},
                ]
            }
        case 9 | 10:
            return {"id": f"p{number}", "prompt": row["prompt"], "chosen": row["completion"], "rejected": sentence(rng)}
        case 11:
            return {"prompt": twin["prompt"], "chosen": twin["completion"], "rejected": sentence(rng)}
        case 12:
            return {
                "id": f"u{number}",
                "prompt": row["prompt"],
                "completion": row["completion"],
                "label": rng.random() < 0.5,
            }
        case _:
            return {**row, "completion": f"{row['completion'][:-1]} and the"}


@pytest.fixture
def mix(tmp_path: Path) -> Callable[..., Path]:
    """mix(seed, size) -> a JSONL file, a third of it damaged in some way."""

    def write(seed: int, size: int = 60) -> Path:
        rng = random.Random(seed)
        rows: list[Any] = [sound(rng, number) for number in range(5)]
        while len(rows) < size:
            good = [row for row in rows if isinstance(row, dict) and str(row.get("id", "")).startswith("s")]
            rows.append(sound(rng, len(rows)) if rng.random() < 0.66 else damaged(rng, len(rows), good))
        file = tmp_path / f"mix-{seed}.jsonl"
        file.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in rows), encoding="utf-8")
        return file

    return write


def lines(file: Path) -> list[dict[str, Any]]:
    """The rows of a JSONL file."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").split("\n") if line]


@pytest.fixture
def read() -> Callable[[Path], list[dict[str, Any]]]:
    """Read a JSONL file."""
    return lines


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., str]:
    """write(rows, name) -> the path of a JSONL file."""

    def to_file(rows: list[Any], name: str = "rows.jsonl") -> str:
        (tmp_path / name).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return str(tmp_path / name)

    return to_file


@pytest.fixture(autouse=True)
def only_built_in_checks_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plug-in that one test loads does not run in the next one."""
    from stepladder.curate.check import checks, dataset_checks, repairs

    for table in (checks, dataset_checks, repairs):
        monkeypatch.setattr(table, "_parts", dict(table._parts))
