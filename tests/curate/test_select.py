"""Selection, the coverage map and low diversity: what they find on sets made to have it, and on sets that look like it."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stepladder.config import CurateConfig, Project
from stepladder.curate.checks.low_diversity import low_diversity, vendi
from stepladder.curate.command import curate
from stepladder.curate.coverage import unasked
from stepladder.curate.knowledge import Knowledge
from stepladder.curate.select import BLOCK, facility_location
from stepladder.curate.topics import names, topics
from stepladder.curate.wordspace import WordSpace
from stepladder.errors import GateFailed, UserError
from stepladder.records import Message, Row, Source

Read = Callable[[Path], list[dict[str, Any]]]
Write = Callable[..., str]

_WORDS = """
bread: flour yeast dough oven crust sourdough loaf knead rise bake wheat rye salt crumb starter proof
bikes: chain brake saddle pedal gear wheel tyre pump spoke helmet frame fork lever cassette rim tube
stars: planet orbit comet galaxy telescope moon eclipse nebula meteor asteroid sunspot crater dwarf ring
law: contract clause court judge lease tenant landlord deposit notice appeal witness statute claim fine
"""
SUBJECTS = {line.split(": ")[0]: line.split(": ")[1].split() for line in _WORDS.strip().splitlines()}


def row_about(subject: str, number: int, rng: random.Random) -> dict[str, Any]:
    """A sound row on a subject; no other is near it."""
    asked, said = (rng.sample(SUBJECTS[subject], 5) for _ in range(2))
    own = [f"{rng.choice('bdfglmnprst')}{rng.choice('aeiou')}{rng.choice('lmnrst')}{number}{i}" for i in range(6)]
    return {
        "id": f"{subject}{number}",
        "prompt": f"What of {' '.join([*asked, *own[:3]])}?",
        "completion": f"{' '.join([*said, *own[3:]]).capitalize()}.",
    }


def rows_about(sizes: dict[str, int]) -> list[dict[str, Any]]:
    rng = random.Random(0)
    return [row_about(subject, number, rng) for subject, size in sizes.items() for number in range(size)]


def sft(prompt: str, answer: str, id: str = "a") -> Row:
    asked, said = (Message(role=role, content=text) for role, text in (("user", prompt), ("assistant", answer)))
    return Row(id, "sft", (asked,), {"completion": (said,)}, source=Source("f", 1))


def train_ids(out: Path, read: Read) -> set[str]:
    return {row["id"] for file in out.glob("*/train.jsonl") for row in read(file)}


def test_greedy_reaches_its_share_of_the_best_choice_and_takes_one_row_of_each_group() -> None:
    alike = np.kron(np.eye(3), np.full((4, 4), 0.8)).astype(np.float32)
    np.fill_diagonal(alike, 1)
    chosen = facility_location(alike, np.ones(12, dtype=np.float32), 3)
    assert {place // 4 for place in chosen} == {0, 1, 2}
    assert len(set(facility_location(alike, np.ones(12, dtype=np.float32), 12))) == 12


def test_lazy_greedy_chooses_what_plain_greedy_chooses() -> None:
    rng = np.random.default_rng(1)
    points = rng.random((40, 5)).astype(np.float32)
    alike, worth = points @ points.T, rng.uniform(0.5, 1, 40).astype(np.float32)
    best, plain = np.zeros(40, dtype=np.float32), []
    serves = alike * worth[:, None]
    for _ in range(8):
        gains = [-1.0 if j in plain else float(np.maximum(serves[j] - best, 0).sum()) for j in range(40)]
        plain.append(int(np.argmax(gains)))
        best = np.maximum(best, serves[plain[-1]])
    assert facility_location(alike, worth, 8) == plain


def test_of_two_rows_that_serve_alike_the_better_one_is_taken() -> None:
    alike = np.full((2, 2), 1, dtype=np.float32)
    assert facility_location(alike, np.array([0.5, 1], dtype=np.float32), 1) == [1]


def test_keep_fills_the_budget_from_every_subject_and_says_what_stands_for_a_row(
    write: Write, read: Read, tmp_path: Path
) -> None:
    file, out = write(rows_about({"bread": 60, "bikes": 8, "stars": 8, "law": 8})), tmp_path / "out"
    summary = curate([file], str(out), keep=8)
    kept = train_ids(out, read)
    assert len(kept) == 8
    assert {name.rstrip("0123456789") for name in kept} == set(SUBJECTS)
    ledger = {entry["id"]: entry for entry in read(out / "ledger.jsonl")}
    spared = [e for e in ledger.values() if any(r["code"] == "budget" for r in e["reasons"])]
    assert {e["verdict"] for e in spared} == {"drop"}
    assert {reason["other"] for e in spared for reason in e["reasons"] if reason["code"] == "budget"} <= kept
    assert summary["rows_in"] == sum(summary[name] for name in ("kept", "fixed", "review", "dropped"))
    assert len(spared) == summary["selection"]["left_out"] == summary["selection"]["of"] - 8
    dropped = {row["id"]: row["row"] for row in read(out / "dropped.jsonl")}
    originals = {row["id"]: row for row in read(Path(file))}
    assert all(dropped[e["id"]] == originals[e["id"]] for e in spared)


def test_dev_and_heldout_are_the_same_with_and_without_a_budget(write: Write, read: Read, tmp_path: Path) -> None:
    file = write(rows_about({"bread": 30, "law": 30}))
    curate([file], str(tmp_path / "all"))
    curate([file], str(tmp_path / "some"), keep=10)
    for place in ("dev", "heldout"):
        whole, some = ((tmp_path / name / "sft" / f"{place}.jsonl").read_bytes() for name in ("all", "some"))
        assert whole == some


def test_the_choice_covers_more_than_random_rows_and_the_longest(write: Write, tmp_path: Path) -> None:
    rng, rows = random.Random(0), []
    for theme in range(20):
        words = ["".join(rng.choices("abdegilmnoprstu", k=6)) for _ in range(16)]
        for number in range(30 if theme < 2 else 4):
            asked, said = (" ".join([*rng.sample(own, 6), f"{theme}x{number}"]) for own in (words[:8], words[8:]))
            rows.append({"id": f"{theme}-{number}", "prompt": f"Why {asked}?", "completion": f"{said.capitalize()}."})
    summary = curate([write(rows)], str(tmp_path / "out"), keep=20)
    far = summary["selection"]["distance"]
    assert far["selected"] < far["random_best"] <= far["random"]
    assert far["selected"] < far["longest"]


def test_a_second_selection_keeps_every_row(write: Write, read: Read, tmp_path: Path) -> None:
    curate([write(rows_about({"bread": 30, "law": 30}))], str(tmp_path / "first"), keep=15)
    again = curate([str(tmp_path / "first")], str(tmp_path / "second"), keep=15)
    assert again["dropped"] == 0
    assert again["selection"]["left_out"] == 0
    assert train_ids(tmp_path / "first", read) == train_ids(tmp_path / "second", read)


def test_the_same_rows_are_kept_again_and_a_project_file_can_ask_for_them(
    write: Write, read: Read, tmp_path: Path
) -> None:
    file = write(rows_about({"bread": 30, "law": 30}))
    curate([file], str(tmp_path / "a"), keep=9)
    curate([file], str(tmp_path / "b"), config=Project(curate=CurateConfig(keep=9)))
    assert train_ids(tmp_path / "a", read) == train_ids(tmp_path / "b", read)


def test_types_share_the_budget_in_proportion_and_none_vanishes(write: Write, read: Read, tmp_path: Path) -> None:
    rows = rows_about({"bread": 60, "law": 60})
    pairs = [
        {"id": f"p{i}", "prompt": r["prompt"], "chosen": r["completion"], "rejected": "I do not know that at all."}
        for i, r in enumerate(rows_about({"stars": 6}))
    ]
    curate([write([*rows, *pairs])], str(tmp_path / "out"), keep=10)
    kinds = {kind: len(read(tmp_path / "out" / kind / "train.jsonl")) for kind in ("sft", "preference")}
    assert kinds == {"sft": 9, "preference": 1}


def test_a_row_with_a_fault_gives_way_to_its_like_without_one(write: Write, read: Read, tmp_path: Path) -> None:
    rows = rows_about({"bread": 80})
    for row in rows[::2]:
        row["completion"] = row["completion"][:-1] + " and the"
    noted = Project(curate=CurateConfig(actions={"truncated": "note"}, dev=0, heldout=0))
    curate([write(rows)], str(tmp_path / "out"), keep=20, config=noted)
    kept = train_ids(tmp_path / "out", read)
    assert len(kept & {row["id"] for row in rows[::2]}) < 4


def test_more_rows_than_a_block_holds_are_chosen_from_in_blocks(
    monkeypatch: pytest.MonkeyPatch, write: Write, read: Read, tmp_path: Path
) -> None:
    assert BLOCK >= 500
    monkeypatch.setattr("stepladder.curate.select.BLOCK", 20)
    curate([write(rows_about({"bread": 40, "law": 40}))], str(tmp_path / "out"), keep=11)
    assert len(train_ids(tmp_path / "out", read)) == 11


def test_rows_left_out_by_the_budget_fail_no_gate(write: Write, tmp_path: Path) -> None:
    file = write(rows_about({"bread": 40}))
    curate([file], str(tmp_path / "out"), keep=5, fail_under=0.9)
    with pytest.raises(GateFailed):
        curate(
            [write([*rows_about({"bread": 8}), {"prompt": "x", "completion": ""}] * 3)],
            str(tmp_path / "b"),
            fail_under=0.9,
        )


def test_a_budget_of_nothing_is_refused(write: Write, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--keep"):
        curate([write(rows_about({"bread": 10}))], str(tmp_path / "out"), keep=0)


def test_a_larger_budget_than_rows_leaves_none_out(write: Write, tmp_path: Path) -> None:
    summary = curate([write(rows_about({"bread": 20}))], str(tmp_path / "out"), keep=500)
    assert summary["dropped"] == 0
    assert summary["selection"]["distance"] is None


def test_topics_are_the_subjects_and_bear_their_words() -> None:
    rows = rows_about(dict.fromkeys(SUBJECTS, 30))
    texts = [f"{row['prompt']}\n{row['completion']}" for row in rows]
    vectors = WordSpace(texts).encode(texts)
    found = topics(vectors, 0).tolist()
    for number, telling in enumerate(names(texts, found)):
        mine = [rows[place]["id"].rstrip("0123456789") for place, topic in enumerate(found) if topic == number]
        most = max(set(mine), key=mine.count)
        assert mine.count(most) >= 0.9 * len(mine)
        assert set(telling) <= set(SUBJECTS[most])
    assert found == topics(vectors, 0).tolist()


def test_the_map_names_heldout_subjects_that_training_lacks_and_crowded_ones(write: Write, tmp_path: Path) -> None:
    train = write(rows_about({"bread": 100, "bikes": 5, "law": 5}))
    heldout = write(rows_about({"stars": 30}), "heldout.jsonl")
    summary = curate([train], str(tmp_path / "out"), heldout=heldout)
    said = summary["coverage"]["suggestions"]
    lacking = [sentence for sentence in said if sentence.startswith("Write more about")]
    assert lacking
    assert all(any(word in sentence for word in SUBJECTS["stars"]) for sentence in lacking)
    assert sum(topic["rows"] for topic in summary["coverage"]["topics"]) == summary["kept"] + summary["fixed"]
    assert "Coverage" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_an_even_set_gets_no_suggestion(write: Write, tmp_path: Path) -> None:
    summary = curate([write(rows_about(dict.fromkeys(SUBJECTS, 30)))], str(tmp_path / "out"))
    assert summary["coverage"]["suggestions"] == []


def test_few_rows_get_no_map(write: Write, tmp_path: Path) -> None:
    summary = curate([write(rows_about({"bread": 12}))], str(tmp_path / "out"))
    assert summary["coverage"]["topics"] == []


def test_a_document_that_no_row_is_about_is_named() -> None:
    rng = random.Random(0)
    texts = [f"{r['prompt']} {r['completion']}" for r in rows_about({"bread": 30, "bikes": 30, "law": 30})]
    documents = {
        subject: "\n\n".join(["# Heading", *(" ".join(rng.sample(own, 10)) for _ in range(3))])
        for subject, own in SUBJECTS.items()
    }
    space = WordSpace(texts)
    found = unasked(space.encode(texts), space, Knowledge(tuple(documents.values()), tuple(documents)))
    assert found["documents"] == ["stars"]
    assert {one["document"] for one in found["listed"]} == {"stars"}


def test_the_effective_number_is_that_of_its_definition() -> None:
    assert vendi(np.eye(7, dtype=np.float32)) == pytest.approx(7)
    assert vendi(np.ones((7, 7), dtype=np.float32)) == pytest.approx(1)
    assert vendi(np.kron(np.eye(2), np.ones((3, 3))).astype(np.float32)) == pytest.approx(2)


def findings(rows: list[Row], **options: float) -> list[str]:
    return [finding.detail for _, finding in low_diversity(rows, **options)]


def test_rewordings_of_few_prompts_are_low_diversity_and_different_prompts_are_not() -> None:
    rows = rows_about(dict.fromkeys(SUBJECTS, 20))
    different = [sft(row["prompt"], row["completion"], row["id"]) for row in rows]
    assert findings(different) == []
    few = [
        sft(f"{rows[i % 5]['prompt']} {('Please!', 'Now.')[i % 2]}", r.completion_text, r.id)
        for i, r in enumerate(different)
    ]
    assert [told.split(" are as")[0] for told in findings(few)] == ["80 prompts"]


def test_an_instruction_before_every_prompt_and_one_word_labels_are_not_low_diversity() -> None:
    lead = "Sort the question below into one of the classes that our desk uses and say nothing else, since a program reads what "
    lead += "you write and can make nothing of a second word; when two classes fit, take the one that stands first in the list:"
    rows = [
        sft(f"{lead} {r['prompt']}", ("bread", "law")[i % 2], r["id"])
        for i, r in enumerate(rows_about({"bread": 40, "law": 40}))
    ]
    assert findings(rows) == []


def test_an_opening_that_many_responses_share_is_named_and_json_is_not() -> None:
    rows = rows_about(dict.fromkeys(SUBJECTS, 20))
    opened = [
        sft(r["prompt"], ("Great question! Well, " if i % 4 == 0 else "") + r["completion"], r["id"])
        for i, r in enumerate(rows)
    ]
    assert any("20 of 80 responses (25%) begin with 'great question well'" in told for told in findings(opened))
    assert findings(opened, opening=0.3) == []
    typed = [sft(r["prompt"], json.dumps({"the_answer_is": r["completion"]}), r["id"]) for r in rows]
    assert not any("begin with" in told for told in findings(typed))
