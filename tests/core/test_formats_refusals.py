"""Rows that must be refused, with the words of the refusal."""

from typing import Any

import pytest

from stepladder.formats import AmbiguousShape, UnknownShape, recognise
from stepladder.inputs.item import RowFault


def s(text: str) -> dict[str, Any]:
    return {"role": "system", "content": text}


def u(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def a(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": text}


FAULTS: list[tuple[Any, str | None, str]] = [
    ({"prompt": "Q", "completion": 3}, None, "'completion' is a number (3)"),
    ({"prompt": 2.5, "completion": "A"}, None, "'prompt' is a number (2.5)"),
    ({"prompt": "Q", "completion": True}, None, "'completion' is true, not text"),
    ({"prompt": "Q", "completion": ["A", "B"]}, None, "turn 1 of 'completion' is text, not an object"),
    ({"instruction": 3, "output": "A"}, None, "'instruction' is a number (3)"),
    ({"instruction": "Q", "output": "A", "history": "x"}, None, "'history' is not a list of pairs"),
    ({"messages": "Q"}, None, "'messages' is text, not a list of turns"),
    (
        {"messages": [u("Q"), {"role": "assistant", "content": 3}]},
        None,
        "content of turn 2 of 'messages' is a number (3)",
    ),
    ({"messages": [{"content": "Q"}]}, None, "turn 1 of 'messages' has no role; its keys are 'content'"),
    ({"messages": [{"role": "user"}]}, None, "turn 1 of 'messages' has no content"),
    ({"messages": [u("Q"), {**a("A"), "weight": 0}]}, None, "weight 0"),
    ({"messages": [s("T"), u("Q"), a("A")], "system": "S"}, None, "'system' and a system turn say different things"),
    ({"prompt": "Q", "completion": "A", "tools": "none"}, None, "'tools' is text that is not JSON"),
    ({"chosen": "Paris ", "rejected": "London"}, None, "texts without turns"),
    ({"chosen": [a("A")], "rejected": [a("B")]}, None, "share no first turn"),
    ({"chosen": [u("Q"), a("A")], "rejected": [u("R"), a("B")]}, None, "share no first turn"),
    ({"prompt": "Q", "completion": "A", "label": "spam"}, None, "'label' is 'spam', no verdict"),
    ({"prompt": "Q", "completion": "A", "label": 2}, None, "'label' is a number (2), no verdict"),
    ({"prompt": "Q", "completion": "A", "label": None}, None, "'label' is empty"),
    ({"input": {"text": "Q"}, "preferred_output": [], "non_preferred_output": []}, None, "'input.messages' is null"),
    ({"prompt": "Q", "Prompt": "R", "completion": "A"}, None, "'prompt' and 'Prompt' are one and the same"),
    ({"prompt": "Q", "completion": None, "chosen": None, "rejected": None}, None, "only 'prompt' holds a value"),
    ([u("Q"), a("A")], None, "the row is a list, not an object"),
    (None, None, "the row is null"),
    ("text", None, "the row is text"),
    (7, None, "the row is a number (7)"),
    ({"foo": 1, "bar": 2}, None, "no known format; its fields are 'foo', 'bar'"),
    ({"Ideal response": "A", "prompt": "Q"}, None, "its fields are 'Ideal response', 'prompt'"),
    ({"text": "Once upon a time"}, None, "its fields are 'text'"),
    ({}, None, "it has no fields"),
    ({"prompt": "Q", "completion": "A"}, "alpaca", "does not have the form 'alpaca'"),
]


@pytest.mark.parametrize(("row", "name", "words"), FAULTS)
def test_refuses_with_the_reason(row: Any, name: str | None, words: str) -> None:
    with pytest.raises(RowFault) as caught:
        recognise(row, name)
    assert words in str(caught.value)


def test_an_unknown_shape_is_told_from_a_broken_row() -> None:
    with pytest.raises(UnknownShape):
        recognise({"foo": "x"})
    with pytest.raises(RowFault) as caught:
        recognise({"prompt": "Q", "completion": 3})
    assert not isinstance(caught.value, UnknownShape)


@pytest.mark.parametrize(
    ("row", "names"),
    [
        ({"prompt": "Q", "completion": "A", "messages": [u("R"), a("B")]}, ("prompt_completion", "messages")),
        ({"instruction": "Q", "output": "A", "question": "R", "answer": "B"}, ("question_answer", "alpaca")),
        ({"prompt": "Q", "chosen": "A", "rejected": "B", "response": "A"}, ("prompt_response", "preference")),
        (
            {"prompt": "Q", "messages": [u("Q"), a("A")], "chosen": [u("Q"), a("A")], "rejected": [u("Q"), a("B")]},
            ("messages", "preference"),
        ),  # UltraFeedback
    ],
)
def test_two_readings_are_an_error_that_names_them(row: dict[str, Any], names: tuple[str, ...]) -> None:
    with pytest.raises(AmbiguousShape) as caught:
        recognise(row)
    assert set(caught.value.args) == set(names)
    for name in names:
        recognise(row, name)
