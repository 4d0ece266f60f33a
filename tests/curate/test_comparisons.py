"""Every reason code that compares rows: on sets that have the fault, and on sets that look like it."""

from collections.abc import Sequence
from typing import Any

import pytest

from stepladder.curate import registry as registry
from stepladder.curate.check import dataset_checks
from stepladder.curate.duplicates.best import standing
from stepladder.curate.duplicates.likeness import Likeness
from stepladder.curate.duplicates.near import by_threshold
from stepladder.records import Message, Row, Source

Turns = Sequence[tuple[str, str]]


def turns(value: "str | Turns", role: str) -> tuple[Message, ...]:
    pairs = [(role, value)] if isinstance(value, str) else value
    return tuple(Message(role=r, content=c) for r, c in pairs)


def sft(prompt: "str | Turns", answer: "str | Turns", id: str = "a", **more: Any) -> Row:
    return Row(
        id, "sft", turns(prompt, "user"), {"completion": turns(answer, "assistant")}, source=Source("f", 1), **more
    )


def pair(prompt: str, chosen: str, rejected: str, id: str = "a") -> Row:
    sides = {"chosen": turns(chosen, "assistant"), "rejected": turns(rejected, "assistant")}
    return Row(id, "preference", turns(prompt, "user"), sides, source=Source("f", 1))


def unpaired(prompt: str, answer: str, label: bool, id: str = "a") -> Row:
    return Row(
        id, "unpaired", turns(prompt, "user"), {"completion": turns(answer, "assistant")}, label, source=Source("f", 1)
    )


LONG = "The ferry to Skell leaves at nine every morning and takes forty minutes. "
FERRY = (
    "How long does the ferry from Arnmouth to Skell take in the winter timetable, and where does it stop on the way?"
)
REPLY = "The crossing takes forty minutes in calm weather and a little longer when the wind is strong."

# code -> (rows, {id: part of the detail}, options); what is not named must not be found
SETS: dict[str, list[tuple[list[Row], dict[str | None, str], dict[str, Any]]]] = {
    "duplicate_exact": [
        ([sft("Is it far?", "No."), sft("is it  far", "no", "b")], {"b": "the same row as a"}, {}),
        ([sft("What is 2+3?", "5"), sft("What is 2-3?", "5", "b")], {}, {}),
        ([sft("Is it far?", "No."), pair("Is it far?", "No.", "Yes.", "b")], {}, {}),
        ([unpaired("Is it?", "No.", True), unpaired("Is it?", "No.", False, "b")], {}, {}),
        ([sft("Is `Foo` a class?", "Yes"), sft("Is `foo` a class?", "Yes", "b")], {}, {}),
    ],
    "duplicate_near": [
        ([sft(FERRY, REPLY), sft(FERRY + " Thanks", "Sure! " + REPLY, "b")], {"b": "the same as a"}, {}),
        ([sft(FERRY, REPLY), sft(FERRY.replace("Skell", "Orrin"), REPLY, "b")], {"b": "both are kept"}, {}),
        ([sft(FERRY, REPLY), sft(FERRY.replace("winter", "summer"), REPLY, "b")], {"b": "both are kept"}, {}),
        ([sft(FERRY, REPLY), sft(FERRY, "Ask the desk, they know the timetable by heart.", "b")], {}, {}),
        ([sft(FERRY, "Yes"), sft(FERRY.replace("ferry", "boats"), "Yes", "b")], {"b": "proves nothing"}, {}),
        ([sft(FERRY, REPLY), sft(FERRY + " Thanks", "Sure! " + REPLY, "b")], {}, {"near": 0.99}),
    ],
    "leak_heldout": [
        ([sft(FERRY + " Thanks", "Ask.")], {"a": "held-out row h"}, {"heldout": [sft(FERRY, REPLY, "h")]}),
        (
            [sft("I want to know: " + FERRY + " " + LONG * 2, "Ask.")],
            {"a": "shared with held-out row h"},
            {"heldout": [sft(FERRY, REPLY, "h")]},
        ),
        ([pair(FERRY, REPLY, "No idea.")], {"a": "held-out row h"}, {"heldout": [sft(FERRY, REPLY, "h")]}),
        ([sft("And by boat?", REPLY)], {"a": "to another prompt"}, {"heldout": [sft(FERRY, REPLY, "h")]}),
        ([sft("Can I bring a dog?", "Yes, on a lead.")], {}, {"heldout": [sft(FERRY, REPLY, "h")]}),
    ],
    "contradiction": [
        (
            [sft("Can I bring a dog?", "Yes, on a lead."), sft("Can I bring a dog?", "No dogs.", "b")],
            {"a": "yes in one row", "b": "yes in one row"},
            {},
        ),
        (
            [sft("What is the fare?", "The fare is £4."), sft("What is the fare?", "You pay £6 in all.", "b")],
            {"a": "'4 £' and '6 £'", "b": "'4 £'"},
            {},
        ),
        (
            [sft("Name a fruit.", "Apple"), sft("Name a fruit.", "Pear", "b")],
            {"a": "another response", "b": "another response"},
            {},
        ),
        (
            [pair("Hi", "Hello.", "Go away."), pair("Hi", "Go away.", "Hello.", "b")],
            {"a": "what one pair chooses", "b": "what one pair chooses"},
            {},
        ),
        (
            [unpaired("Hi", "Hello.", True), unpaired("Hi", "Hello.", False, "b")],
            {"a": "the other label", "b": "the other label"},
            {},
        ),
        ([sft([("system", "Be formal."), ("user", "Hi")], "Yes."), sft("Hi", "No.", "b")], {}, {}),
        ([sft("Hi", "Hello."), sft("Hi", "hello", "b")], {}, {}),
    ],
    "length_bias": [
        ([pair(f"q{i}", "long answer", "short", f"p{i}") for i in range(20)], {None: "20 of 20 pairs"}, {}),
        ([pair(f"q{i}", "short", "long answer", f"p{i}") for i in range(20)], {None: "the shorter one"}, {}),
        ([pair(f"q{i}", "long answer", "short", f"p{i}") for i in range(9)], {}, {}),
        ([pair(f"q{i}", *(("aa", "b") if i % 2 else ("a", "bb")), f"p{i}") for i in range(40)], {}, {}),
    ],
}


@pytest.mark.parametrize(("code", "rows", "details", "options"), [(c, *case) for c in SETS for case in SETS[c]])
def test_compares_rows(code: str, rows: list[Row], details: dict[str | None, str], options: dict[str, Any]) -> None:
    places = {row.id: place for place, row in enumerate(rows)}
    part = dataset_checks[code]
    context = {
        "likeness": lambda some: Likeness(some, threshold=0.8),
        "standings": lambda name: standing(rows[places[name]], places[name], 0, 0),
    }
    given = {name: context[name] for name in part.needs if name in context}
    found = {row_id: finding.detail for row_id, finding in part.function(rows, **given, **options)}
    assert found.keys() == details.keys(), found
    assert all(details[row_id] in found[row_id] for row_id in details), found


def test_every_comparing_check_has_cases() -> None:
    with_embeddings = {"duplicate_semantic", "context_mismatch", "outlier", "mislabel", "swapped_pair", "weak_pair"}
    elsewhere = {"benchmark", "low_score", "low_diversity"}  # test_structure.py, test_scores.py
    assert {code for code, _ in dataset_checks.items()} == set(SETS) | with_embeddings | elsewhere


def test_other_thresholds_are_answered_from_what_is_measured() -> None:
    texts = [
        FERRY,
        FERRY + " Thanks",
        FERRY + " Thanks a lot for helping",
        FERRY.replace("winter", "summer"),
    ]
    rows = [sft(text, REPLY, str(i)) for i, text in enumerate(texts)]
    known = {row.id: standing(row, place, 0, 0) for place, row in enumerate(rows)}
    likeness = Likeness(rows, threshold=0.8)
    levels = (0.7, 0.8, 0.9, 0.99)
    assert by_threshold(rows, likeness, known.__getitem__, levels) == {0.7: 2, 0.8: 1, 0.9: 1, 0.99: 0}
    assert by_threshold(rows[1:], likeness, known.__getitem__, levels) == {0.7: 1, 0.8: 1, 0.9: 0, 0.99: 0}
    near = dataset_checks["duplicate_near"].function
    dropped = [i for i, f in near(rows, likeness=lambda some: likeness, standings=known.__getitem__) if not f.action]
    assert len(dropped) == by_threshold(rows, likeness, known.__getitem__, (0.8,))[0.8]


def test_a_tie_is_kept_by_place_and_a_better_row_by_what_makes_it_better() -> None:
    rows = [sft("Is it far?", "No."), sft("is it far", "no", "b", metadata={"slice": "x"})]
    known = {row.id: standing(row, place, 0, 0) for place, row in enumerate(rows)}
    ((gone, finding),) = dataset_checks["duplicate_exact"].function(rows, standings=known.__getitem__)
    assert (gone, finding.other) == ("a", "b")
    assert "carries more metadata" in finding.detail
