"""Every shape of an SFT row and of one with a verdict, each with what it must become."""

from typing import Any

import pytest

from stepladder.formats import conversations, examples, recognise


def s(text: str) -> dict[str, Any]:
    return {"role": "system", "content": text}


def u(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def a(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": text}


def sg(who: str, text: str) -> dict[str, Any]:
    return {"from": who, "value": text}


CALL = {"role": "assistant", "content": "", "tool_calls": [{"type": "function", "function": {"name": "f"}}]}
TOOL = {"role": "tool", "content": "3", "tool_call_id": "c1"}
HH = "\n\nHuman: Hi\n\nAssistant: Hello\n\nHuman: Bye\n\nAssistant:"

SFT: dict[str, list[tuple[dict[str, Any], list[Any], list[Any]]]] = {
    "prompt_completion": [
        ({"prompt": "Q", "completion": "A"}, [u("Q")], [a("A")]),
        ({"prompt": [s("S"), u("Q")], "completion": [a("A")]}, [s("S"), u("Q")], [a("A")]),
        ({"prompt": [u("Q")], "completion": "A"}, [u("Q")], [a("A")]),
        ({"prompt": "Q", "completion": a("A")}, [u("Q")], [a("A")]),
        ({"Prompt": "Q", " COMPLETION ": "A"}, [u("Q")], [a("A")]),
        ({"system": "S", "prompt": "Q", "completion": "A"}, [s("S"), u("Q")], [a("A")]),
        ({"system_prompt": "S", "prompt": [s("S"), u("Q")], "completion": "A"}, [s("S"), u("Q")], [a("A")]),
        ({"System Prompt": "S", "prompt": "Q", "completion": "A"}, [s("S"), u("Q")], [a("A")]),
        ({"system": "  ", "prompt": "Q", "completion": "A"}, [u("Q")], [a("A")]),
        ({"prompt": "Q", "completion": None}, [u("Q")], [a("")]),
        ({"prompt": "Q", "completion": ""}, [u("Q")], [a("")]),
        ({"prompt": None, "completion": None}, [u("")], [a("")]),
        ({"prompt": [], "completion": []}, [], []),
        ({"prompt": HH, "completion": " So long"}, [u("Hi"), a("Hello"), u("Bye")], [a(" So long")]),
        ({"prompt": "Q", "completion": [CALL, TOOL, a("3")]}, [u("Q")], [CALL, TOOL, a("3")]),
    ],
    "prompt_response": [({"prompt": "Q", "response": "A"}, [u("Q")], [a("A")])],
    "question_answer": [({"Question": "Q", "ANSWER": "A"}, [u("Q")], [a("A")])],
    "question_response": [({"system_prompt": "S", "question": "Q", "response": "A"}, [s("S"), u("Q")], [a("A")])],
    "query_response": [({"query": "Q", "response": "A"}, [u("Q")], [a("A")])],
    "input_output": [({"input": "Q", "output": "A"}, [u("Q")], [a("A")])],
    "alpaca": [
        ({"instruction": "Q", "output": "A"}, [u("Q")], [a("A")]),
        ({"instruction": "Q", "input": "", "output": "A"}, [u("Q")], [a("A")]),
        ({"instruction": "Q", "input": None, "output": "A"}, [u("Q")], [a("A")]),
        ({"instruction": "Q", "input": "x\n", "output": "A"}, [u("Q\n\nx\n")], [a("A")]),
        ({"instruction": " ", "input": "x", "output": "A"}, [u("x")], [a("A")]),
        ({"instruction": " ", "input": " ", "output": "A"}, [u(" ")], [a("A")]),
        (
            {"instruction": "Q", "output": "A", "system": "S", "history": [["q", "r"]]},
            [s("S"), u("q"), a("r"), u("Q")],
            [a("A")],
        ),
    ],
    "dolly": [({"instruction": "Q", "context": "C", "response": "A"}, [u("Q\n\nC")], [a("A")])],
    "messages": [
        ({"messages": [s("S"), u("Q"), a("A")]}, [s("S"), u("Q")], [a("A")]),
        ({"messages": [u("Q"), a("A"), u("R"), a("B")]}, [u("Q"), a("A"), u("R")], [a("B")]),
        ({"messages": [u("Q"), a("A"), a("B")]}, [u("Q")], [a("A"), a("B")]),
        ({"messages": [u("Q"), a("A"), u("R")]}, [u("Q"), a("A"), u("R")], []),
        ({"messages": [u("Q"), CALL, TOOL, a("3")]}, [u("Q"), CALL, TOOL], [a("3")]),
        ({"messages": [u("Q"), {**CALL, "content": None}]}, [u("Q")], [CALL]),
        ({"messages": [u("Q"), {k: v for k, v in CALL.items() if k != "content"}]}, [u("Q")], [CALL]),
        ({"messages": [u("Q"), {**a("A"), "weight": 1}]}, [u("Q")], [a("A")]),
        ({"messages": [u("Q"), {**a("A"), "weight": 0}, u("R"), a("B")]}, [u("Q"), a("A"), u("R")], [a("B")]),
        ({"messages": [u("Q"), a("A"), u("R"), {**a("B"), "weight": 0}]}, [u("Q")], [a("A")]),
        ({"messages": [{**u("Q"), "name": None, "tool_calls": None}, a("A")]}, [u("Q")], [a("A")]),
        ({"messages": [sg("human", "Q"), sg("gpt", "A")]}, [u("Q")], [a("A")]),
        ({"messages": [{"role": "User ", "content": "Q"}, a("A")]}, [u("Q")], [a("A")]),
        (
            {"messages": [{"role": "customer", "content": "Q"}, a("A")]},
            [{"role": "customer", "content": "Q"}],
            [a("A")],
        ),
        ({"messages": [], "tools": []}, [], []),
    ],
    "sharegpt": [
        (
            {"conversations": [sg("system", "S"), sg("human", "Q"), sg("gpt", "A")], "system": "S"},
            [s("S"), u("Q")],
            [a("A")],
        ),
        ({"conversations": [u("Q"), a("A")]}, [u("Q")], [a("A")]),
        (
            {"conversations": [sg("human", "Q"), sg("bot", "A"), sg("observation", "3"), sg("model", "B")]},
            [u("Q"), a("A"), {"role": "tool", "content": "3"}],
            [a("B")],
        ),
        ({"conversation": [sg("human", "Q"), sg("function", "3")]}, [u("Q"), {"role": "tool", "content": "3"}], []),
    ],
    "hh": [({"text": HH + " So long"}, [u("Hi"), a("Hello"), u("Bye")], [a("So long")])],
}


@pytest.mark.parametrize(("name", "row", "prompt", "completion"), [(n, *case) for n in SFT for case in SFT[n]])
@pytest.mark.parametrize("forced", [False, True])
def test_sft(name: str, row: dict[str, Any], prompt: list[Any], completion: list[Any], forced: bool) -> None:
    draft, _ = recognise(row, name if forced else None)
    assert (draft.kind, list(draft.prompt)) == ("sft", prompt)
    assert {field: list(turns) for field, turns in draft.answers.items()} == {"completion": completion}
    assert draft.label is None


def test_every_format_has_cases() -> None:
    assert set(SFT) == {one.name for one in (*examples.formats(), *conversations.formats())}


GOOD = [True, 1, 1.0, "true", "True ", "1", "1.0", "good", "thumbs up", "Thumbs-Up", "thumbs_up", "👍"]
BAD = [False, 0, 0.0, "false", "FALSE", "0", "0.0", "bad", "thumbs down", "thumbs_down", "👎"]


@pytest.mark.parametrize(("value", "good"), [*((one, True) for one in GOOD), *((one, False) for one in BAD)])
@pytest.mark.parametrize("column", ["label", "kto_tag", "Label"])
@pytest.mark.parametrize("name", [n for n in SFT if n != "hh"])
def test_a_verdict_makes_any_sft_row_unpaired(value: Any, good: bool, column: str, name: str) -> None:
    row, prompt, completion = SFT[name][0]
    draft, rest = recognise({**row, column: value})
    assert (draft.kind, draft.label, list(draft.prompt)) == ("unpaired", good, prompt)
    assert list(draft.answers["completion"]) == completion
    assert rest.metadata == {}
    forced, kept = recognise({**row, column: value}, name)
    assert (forced.kind, kept.metadata) == ("sft", {column: value})


def test_two_readings_that_agree_are_one() -> None:
    draft, rest = recognise({"prompt": "Q", "completion": "A", "messages": [u("Q"), a("A")], "score": 3})
    assert draft.answers == {"completion": (a("A"),)}
    assert rest.metadata == {"score": 3}


def test_a_table_of_rows_of_several_kinds_is_read_though_all_have_all_columns() -> None:
    empty = dict.fromkeys(["prompt", "completion", "chosen", "rejected", "label", "messages", "note"])
    kinds = [
        recognise({**empty, **row})
        for row in (
            {"prompt": "Q", "completion": "A"},
            {"prompt": "Q", "chosen": "A", "rejected": "B"},
            {"prompt": "Q", "completion": "A", "label": False},
            {"messages": [u("Q"), a("A")]},
        )
    ]
    assert [draft.kind for draft, _ in kinds] == ["sft", "preference", "unpaired", "sft"]
    assert all(rest.metadata == {} for _, rest in kinds)
