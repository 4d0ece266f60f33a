"""RAFT: which passages stand in the prompts, and that the wording is that of evaluation."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stepladder.config import Project
from stepladder.records import Row
from stepladder.retrieval import Retriever, load_documents, with_passages
from stepladder.train.command import train
from stepladder.train.methods import raft


def row(number: int, *documents: str, question: str = "are dogs on the ferry four pounds ?") -> Row:
    said = {"role": "assistant", "content": "yes ."}
    return Row(
        f"r{number}",
        "sft",
        ({"role": "user", "content": question},),
        {"completion": (said,)},
        metadata={"documents": list(documents)},
    )  # type: ignore[arg-type]


@pytest.fixture
def index(knowledge: Path) -> Retriever:
    return Retriever.build(load_documents(knowledge), None)


def shown(index: Retriever, rows: list[Row], **how: Any) -> raft.Shown:
    return raft.show(rows, index, **{"passages": 2, "gold_share": 1.0, "seed": 0} | how)


def documents_in(row: Row) -> list[str]:
    lines = row.prompt[-1]["content"].split("\n\n")
    return [line[1 : line.index("]")] for line in lines if line.startswith("[")]


def test_the_right_document_is_always_shown_beside_a_hard_one(index: Retriever) -> None:
    made = shown(index, [row(i, "food") for i in range(20)])
    assert made.gold == 20
    for one in made.rows:
        assert len(documents_in(one)) == 2
        assert "food" in documents_in(one)
    assert {documents_in(one).index("food") for one in made.rows} == {0, 1}  # the place says nothing


def test_about_the_share_of_rows_sees_it_and_the_others_never_do(index: Retriever) -> None:
    made = shown(index, [row(i, "food") for i in range(500)], gold_share=0.8)
    seen = sum("food" in documents_in(one) for one in made.rows)
    assert seen == made.gold
    assert 360 <= seen <= 440  # 400 expected; four standard deviations are 36


def test_rows_that_need_two_documents_get_both(index: Retriever) -> None:
    (one,) = shown(index, [row(1, "food", "pets")]).rows
    assert sorted(documents_in(one)) == ["food", "pets"]


@pytest.mark.parametrize("named", [(), ("nowhere",)])
def test_rows_without_a_known_document_get_what_retrieval_finds(index: Retriever, named: tuple[str, ...]) -> None:
    made = shown(index, [row(1, *named, question="pets ?")])
    assert made.unknown == 1
    assert "pets" in documents_in(made.rows[0])


def test_rows_that_came_with_passages_keep_them(index: Retriever) -> None:
    bare = [row(0, "food"), row(1, "food"), row(2)]
    with_them = shown(index, bare[:1]).rows[0]
    made = shown(index, [with_them, *bare[1:]])
    assert made.rows[0] == with_them
    assert [one.id for one in made.rows] == ["r0", "r1", "r2"]
    assert (made.gold, made.unknown, made.given) == (1, 1, 1)


def test_a_question_that_shares_no_word_still_gets_all_its_passages(index: Retriever) -> None:
    (one,) = shown(index, [row(1, "food", question="zzz")]).rows
    assert len(documents_in(one)) == 2


def test_passages_depend_on_seed_and_id_alone(index: Retriever) -> None:
    rows = [row(i, "food") for i in range(30)]
    assert shown(index, rows).rows == shown(index, rows).rows
    assert shown(index, rows[10:]).rows == shown(index, rows).rows[10:]
    assert shown(index, rows, seed=1).rows != shown(index, rows).rows


def test_the_wording_is_that_of_evaluation(index: Retriever) -> None:
    (one,) = shown(index, [row(1, "food")]).rows
    by_document = {p.document: p for p in index.passages}
    assert list(one.prompt) == with_passages(row(1).prompt, [by_document[d] for d in documents_in(one)])


def test_raft_trains_and_records_what_it_showed(
    curated: Callable[..., Path], project: Callable[..., Project], knowledge: Path, tmp_path: Path
) -> None:
    import json

    given = project(train__epochs=1)
    train(str(curated()), str(tmp_path / "out"), method="raft", knowledge=str(knowledge), config=given)
    found = json.loads((tmp_path / "out" / "training.json").read_text())
    assert found["method"] == "raft"
    assert found["settings"]["passages"]["value"] == 2
    assert found["data"]["rows_with_right_document"] + found["data"]["rows_naming_no_document"] <= 12
    assert Counter(found["data"]["inputs"].keys()) == Counter(["rows", "model", "knowledge"])
