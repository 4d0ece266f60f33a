"""Small curated directories, and one trained SFT adapter that several tests look at."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stepladder.config import Project, overridden

Curated = Callable[..., Path]


def sft_row(number: int) -> dict[str, Any]:
    answer = f"the ferry leaves at {number % 10} . next step : bring your dog" + " on a lead" * (number % 3)
    return {
        "id": f"s{number}",
        "prompt": [{"role": "user", "content": f"when does ferry {number} leave ?"}],
        "completion": [{"role": "assistant", "content": answer}],
        "metadata": {"documents": ["pets" if number % 2 else "fares"]},
    }


def preference_row(number: int) -> dict[str, Any]:
    return {
        "id": f"p{number}",
        "prompt": [{"role": "user", "content": f"how many pounds for {number} ?"}],
        "chosen": [{"role": "assistant", "content": f"four pounds for {number} ."}],
        "rejected": [{"role": "assistant", "content": f"hello hello no {number} , hello"}],
    }


def unpaired_row(number: int) -> dict[str, Any]:
    liked = number % 4 != 3
    answer = f"four pounds for {number} ." if liked else f"hello hello no {number} , hello"
    return {
        "id": f"u{number}",
        "prompt": [{"role": "user", "content": f"how many pounds for {number} ?"}],
        "completion": [{"role": "assistant", "content": answer}],
        "label": liked,
    }


@pytest.fixture
def curated(tmp_path: Path) -> Curated:
    """A function that writes a curated directory: curated(sft=12, preference=0, unpaired=0, dev=4)."""

    def make(*, sft: int = 12, preference: int = 0, unpaired: int = 0, dev: int = 4, name: str = "curated") -> Path:
        for kind, count, row in (
            ("sft", sft, sft_row),
            ("preference", preference, preference_row),
            ("unpaired", unpaired, unpaired_row),
        ):
            if count:
                write(tmp_path / name / kind / "train.jsonl", [row(i) for i in range(count)])
                write(tmp_path / name / kind / "dev.jsonl", [row(i) for i in range(500, 500 + dev)])
        return tmp_path / name

    return make


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


@pytest.fixture
def project(tiny_model: Path) -> Callable[..., Project]:
    """A project on the tiny model; options as in `overridden`: project(train__quantize="none")."""

    def make(**options: Any) -> Project:
        options.setdefault("train__quantize", "none")
        options.setdefault("evaluate__embedder", "none")
        return overridden(Project(model=str(tiny_model)), **options)

    return make


@pytest.fixture
def knowledge(tmp_path: Path) -> Path:
    for name in ("pets", "fares", "routes", "food"):
        path = tmp_path / "knowledge" / f"{name}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"# {name}\n\nthe {name} of the ferry are four pounds . bring a lead .", encoding="utf-8")
    return tmp_path / "knowledge"
