"""The sample holds what its card says."""

import json
from pathlib import Path

import pytest

from stepladder.answer_format import FormatRule
from stepladder.config import load_project
from stepladder.evaluate.metrics.facts import facts_share

SAMPLE = Path(__file__).parent.parent / "samples" / "tern-ferries"
DOCUMENTS = {p.stem for p in (SAMPLE / "knowledge").glob("*.md")}


def rows(name: str) -> list[dict]:
    return [json.loads(line) for line in (SAMPLE / name).read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def rule() -> FormatRule:
    config = load_project(SAMPLE / "project.yaml").format
    assert config
    return FormatRule.from_config(config)


@pytest.mark.parametrize(
    ("name", "answer", "least"),
    [("sft.jsonl", "completion", 120), ("preferences.jsonl", "chosen", 40), ("heldout.jsonl", "completion", 40)],
)
def test_every_good_answer_follows_the_house_style_and_names_documents_that_exist(rule, name, answer, least) -> None:
    found = rows(name)
    assert len(found) >= least
    assert len({r["id"] for r in found}) == len(found)
    for row in found:
        text = row[answer][-1]["content"]
        assert not rule.faults(text, row), (row["id"], rule.faults(text, row))
        assert set(row["documents"]) <= DOCUMENTS, row["id"]


def test_every_reference_passes_its_own_checks_and_an_empty_answer_does_not() -> None:
    for row in rows("heldout.jsonl"):
        passed, total, failures = facts_share(
            row["completion"][0]["content"], row["must_contain"], row["must_not_contain"]
        )
        assert (passed, failures) == (total, []), row["id"]
        assert facts_share("", row["must_contain"], row["must_not_contain"])[0] < total


def test_preferences_cannot_be_won_on_length() -> None:
    pairs = rows("preferences.jsonl")
    longer = sum(len(p["chosen"][0]["content"]) > len(p["rejected"][0]["content"]) for p in pairs)
    assert 0.45 <= longer / len(pairs) <= 0.55


def test_documents_are_short_and_refer_only_to_documents_that_exist() -> None:
    import re

    assert len(DOCUMENTS) >= 15
    for path in (SAMPLE / "knowledge").glob("*.md"):
        text = path.read_text(encoding="utf-8")
        assert 60 <= len(text.split()) <= 250, path.name
        assert set(re.findall(r"`([a-z-]+)`", text)) <= DOCUMENTS, path.name


def test_the_answer_key_names_every_row_of_the_raw_twin_once() -> None:
    key = rows("raw/answer_key.jsonl")
    places = [(k["file"], k["line"]) for k in key]
    assert len(places) == len(set(places))
    assert {k["file"] for k in key} == {p.name for p in (SAMPLE / "raw").iterdir()} - {"answer_key.jsonl"}


def test_the_generated_rows_are_2000_of_the_same_domain_and_none_was_taken_out() -> None:
    found = rows("generated/rows.jsonl")
    assert [r["id"] for r in found] == [f"tx-{number:04}" for number in range(1, 2001)]
    assert any(not r["completion"][0]["content"] for r in found)  # a sample that gave no answer is a row too
