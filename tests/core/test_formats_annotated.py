"""Exports of annotation tools, each with the row that it must become."""

from typing import Any

import pytest

from stepladder.formats import UnknownShape, is_row, recognise
from stepladder.inputs.item import RowFault


def u(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def a(text: str) -> tuple[dict[str, Any], ...]:
    return ({"role": "assistant", "content": text},)


def record(
    fields: dict[str, Any], suggested: dict[str, Any], answered: dict[str, list[Any]] | None = None
) -> dict[str, Any]:
    suggestions = {name: {"value": value, "score": None, "agent": None} for name, value in suggested.items()}
    responses = {
        name: [{"value": value, "user_id": str(n)} for n, value in enumerate(values)]
        for name, values in (answered or {}).items()
    }
    return {"id": "r1", "fields": fields, "metadata": {"topic": "fares"}, "suggestions": suggestions, "responses": responses,
            "vectors": {}, "status": "completed", "_server_id": None}  # fmt: skip


def result(name: str, kind: str, **value: Any) -> dict[str, Any]:
    return {"id": "x", "from_name": name, "to_name": name, "type": kind, "value": value}


def task(data: dict[str, Any], *annotations: list[dict[str, Any]], predictions: Any = ()) -> dict[str, Any]:
    done = [{"id": n, "result": results, "was_cancelled": False} for n, results in enumerate(annotations)]
    return {"id": 7, "data": data, "annotations": done, "predictions": list(predictions)}


SFT = [
    (record({"prompt": [u("Q")]}, {"completion": "A"}), "A"),
    (record({"prompt": [u("Q")]}, {"completion": "A"}, {"completion": ["B"]}), "B"),
    (record({"prompt": [u("Q")]}, {}, {"completion": ["A", "B", "B"]}), "B"),
    (record({"instruction": "Q"}, {}, {"response": ["A"]}), "A"),
    ({"prompt": "Q", "completion.suggestion": "A", "completion.suggestion.agent": "m"}, "A"),
    (
        {
            "prompt": "Q",
            "completion.suggestion": "A",
            "completion.responses": ["B"],
            "completion.responses.users": ["1"],
        },
        "B",
    ),
    (task({"prompt": [u("Q")]}, [result("completion", "textarea", text=["A"])]), "A"),
    (task({"prompt": "Q", "completion": "A"}, predictions=[286]), "A"),
    (task({"prompt": "Q"}, predictions=[{"result": [result("completion", "textarea", text=["A"])]}]), "A"),
    (
        task(
            {"prompt": "Q"},
            [result("completion", "textarea", text=["B"])],
            predictions=[{"result": [result("completion", "textarea", text=["A"])]}],
        ),
        "B",
    ),
]


@pytest.mark.parametrize(("row", "answer"), SFT)
def test_what_people_answered_wins_over_what_was_suggested(row: Any, answer: str) -> None:
    draft, _ = recognise(row)
    assert (draft.kind, draft.prompt, draft.answers["completion"]) == ("sft", (u("Q"),), a(answer))


PAIRS = [
    (record({"prompt": "Q", "chosen": "A", "rejected": "B"}, {"preferred": "chosen"}), "A", "B"),
    (
        record({"prompt": "Q", "chosen": "A", "rejected": "B"}, {"preferred": "chosen"}, {"preferred": ["rejected"]}),
        "B",
        "A",
    ),
    (record({"prompt": "Q", "answer_1": "A", "answer_2": "B"}, {}, {"best": ["answer_2"]}), "B", "A"),
    (
        task(
            {"prompt": "Q", "chosen": "A", "rejected": "B", "note": "x"}, [result("p", "choices", choices=["rejected"])]
        ),
        "B",
        "A",
    ),
    (task({"prompt": "Q", "text1": "A", "text2": "B"}, [result("pw", "pairwise", selected="left")]), "A", "B"),
    (task({"prompt": "Q", "text2": "B", "text1": "A"}, [result("pw", "pairwise", selected="right")]), "B", "A"),
]


@pytest.mark.parametrize(("row", "chosen", "rejected"), PAIRS)
def test_the_answer_that_was_picked_is_the_chosen_one(row: Any, chosen: str, rejected: str) -> None:
    draft, rest = recognise(row)
    assert (draft.kind, draft.answers) == ("preference", {"chosen": a(chosen), "rejected": a(rejected)})
    assert not rest.metadata.keys() & {"chosen", "rejected", "answer_1", "answer_2", "text1", "text2"}


def test_a_verdict_makes_an_unpaired_row() -> None:
    draft, rest = recognise(record({"prompt": "Q", "completion": "A"}, {"label": "good"}, {"label": ["bad"]}))
    assert (draft.kind, draft.label, rest.id, rest.metadata) == ("unpaired", False, "r1", {"topic": "fares"})


def test_an_id_in_the_data_wins_over_the_number_of_the_task() -> None:
    assert recognise(task({"id": "mine", "prompt": "Q", "completion": "A"}, predictions=[1]))[1].id == "mine"
    assert recognise(task({"prompt": "Q", "completion": "A"}, predictions=[1]))[1].id == "7"


def test_an_annotation_that_was_cancelled_does_not_count() -> None:
    row = task({"prompt": "Q", "completion": "A"}, [result("completion", "textarea", text=["B"])])
    row["annotations"][0]["was_cancelled"] = True
    assert recognise(row)[0].answers["completion"] == a("A")


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (record({"prompt": "Q"}, {}, {"completion": ["A", "B"]}), "2 people answered 'completion' in different ways"),
        (task({"prompt": "Q", "one": "A", "two": "B"}, [result("pw", "pairwise", selected="left")]), "nobody knows"),
    ],
)
def test_what_nobody_can_tell_is_a_fault_of_the_row(row: Any, says: str) -> None:
    with pytest.raises(RowFault, match=says):
        recognise(row)


@pytest.mark.parametrize(
    "row",
    [
        {"fields": {"x": 1}, "responses": {"y": "text"}},
        {"fields": {"prompt": "Q"}, "responses": {"completion": ["text"]}},
        {"data": {"x": 1}, "annotations": ["text", 3]},
        {"data": {"x": 1}, "annotations": [{"result": "text"}], "predictions": [{"result": [{"value": 3}]}]},
        {"data": [1], "annotations": []},
    ],
)
def test_rows_that_only_look_annotated_are_of_no_known_form(row: Any) -> None:
    with pytest.raises(UnknownShape):
        recognise(row)


def test_a_file_of_one_record_is_a_row_and_no_wrapper() -> None:
    assert is_row(record({"prompt": "Q"}, {"completion": "A"}))
    assert is_row(task({"prompt": "Q", "completion": "A"}, [result("x", "choices", choices=["a"])]))


def test_axolotls_switch_takes_the_loss_off_a_turn() -> None:
    turns = [
        {**u("Q"), "train": False},
        {**a("A")[0], "train": True},
        {**u("R"), "train": False},
        {**a("B")[0], "train": False},
    ]
    draft, _ = recognise({"messages": turns})
    assert (draft.prompt, draft.answers["completion"]) == ((u("Q"),), a("A"))
    with pytest.raises(RowFault, match="train false"):
        recognise({"messages": [u("Q"), {**a("A")[0], "train": False}]})
