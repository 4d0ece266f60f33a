"""Every shape of a preference row, each with what it must become."""

from typing import Any

import pytest

from stepladder.formats import pairs, recognise


def s(text: str) -> dict[str, Any]:
    return {"role": "system", "content": text}


def u(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def a(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": text}


def sg(who: str, text: str) -> dict[str, Any]:
    return {"from": who, "value": text}


HH = "\n\nHuman: Hi\n\nAssistant: Hello\n\nHuman: Bye\n\nAssistant:"

PAIRS: dict[str, list[tuple[dict[str, Any], list[Any], list[Any], list[Any]]]] = {
    "preference": [
        ({"prompt": "Q", "chosen": "A", "rejected": "B"}, [u("Q")], [a("A")], [a("B")]),
        ({"prompt": [u("Q")], "chosen": [a("A")], "rejected": [a("B")]}, [u("Q")], [a("A")], [a("B")]),
        ({"prompt": "Q", "chosen": [u("Q"), a("A")], "rejected": [u("Q"), a("B")]}, [u("Q")], [a("A")], [a("B")]),
        (
            {"system": "S", "prompt": "Q", "chosen": [u("Q"), a("A")], "rejected": [u("Q"), a("B")]},
            [s("S"), u("Q")],
            [a("A")],
            [a("B")],
        ),
        ({"prompt": [a("A")], "chosen": [a("A")], "rejected": [a("B")]}, [a("A")], [a("A")], [a("B")]),
        ({"prompt": "Q", "chosen": [u("Q")], "rejected": [a("B")]}, [u("Q")], [], [a("B")]),
        ({"system": "S", "question": "Q", "chosen": "A", "rejected": "B"}, [s("S"), u("Q")], [a("A")], [a("B")]),
        ({"instruction": "Q", "input": "x", "chosen": "A", "rejected": "B"}, [u("Q\n\nx")], [a("A")], [a("B")]),
        (
            {"conversations": [sg("human", "Q")], "chosen": sg("gpt", "A"), "rejected": sg("gpt", "B")},
            [u("Q")],
            [a("A")],
            [a("B")],
        ),
        ({"messages": [u("Q")], "chosen": a("A"), "rejected": a("B")}, [u("Q")], [a("A")], [a("B")]),
        (
            {"prompt": "\n\nHuman: Q\n\nAssistant:", "chosen": " A", "rejected": " B"},
            [u("Q")],
            [a(" A")],
            [a(" B")],
        ),
        (
            {"prompt": "\n\nHuman: Q\n\nAssistant:", "chosen": "\n\nHuman: Q\n\nAssistant: A", "rejected": "B"},
            [u("Q")],
            [a("A")],
            [a("B")],
        ),
    ],
    "implicit": [
        ({"chosen": [u("Q"), a("A")], "rejected": [u("Q"), a("B")]}, [u("Q")], [a("A")], [a("B")]),
        ({"chosen": [u("Q"), a("A")], "rejected": [u("Q"), a("A")]}, [u("Q")], [a("A")], [a("A")]),
        (
            {"chosen": [u("Q"), a("A"), u("R"), a("C")], "rejected": [u("Q"), a("A"), u("R"), a("D")]},
            [u("Q"), a("A"), u("R")],
            [a("C")],
            [a("D")],
        ),
        (
            {"chosen": [u("Q"), a("A")], "rejected": [u("Q"), a("A"), u("R"), a("D")]},
            [u("Q")],
            [a("A")],
            [a("A"), u("R"), a("D")],
        ),
        ({"chosen": [u("Q"), a("A"), a("C")], "rejected": [u("Q"), a("A")]}, [u("Q")], [a("A"), a("C")], [a("A")]),
        ({"chosen": [u("Q")], "rejected": [u("Q"), a("B")]}, [u("Q")], [], [a("B")]),
        ({"chosen": [u("Q"), a("Paris ")], "rejected": [u("Q"), a("Pa")]}, [u("Q")], [a("Paris ")], [a("Pa")]),
        (
            {"system": "S", "chosen": [u("Q"), a("A")], "rejected": [u("Q"), a("B")]},
            [s("S"), u("Q")],
            [a("A")],
            [a("B")],
        ),
    ],
    "hh": [
        (
            {"chosen": HH + " See you ", "rejected": HH + " See"},
            [u("Hi"), a("Hello"), u("Bye")],
            [a("See you ")],
            [a("See")],
        ),
        ({"chosen": HH, "rejected": HH + " See"}, [u("Hi"), a("Hello"), u("Bye")], [], [a("See")]),
        (
            {
                "chosen": "\n\nHuman: Q\n\nAssistant: A",
                "rejected": "\n\nHuman: Q\n\nAssistant: A\n\nHuman: R\n\nAssistant: B",
            },
            [u("Q")],
            [a("A")],
            [a("A"), u("R"), a("B")],
        ),
    ],
    "openai_preference": [
        (
            {
                "input": {"messages": [u("Q")], "tools": [], "parallel_tool_calls": True},
                "preferred_output": [a("A")],
                "non_preferred_output": [a("B")],
            },
            [u("Q")],
            [a("A")],
            [a("B")],
        ),
    ],
}


@pytest.mark.parametrize(
    ("name", "row", "prompt", "chosen", "rejected"), [(n, *case) for n in PAIRS for case in PAIRS[n]]
)
@pytest.mark.parametrize("forced", [False, True])
def test_pairs(
    name: str, row: dict[str, Any], prompt: list[Any], chosen: list[Any], rejected: list[Any], forced: bool
) -> None:
    draft, _ = recognise(row, name if forced else None)
    assert (draft.kind, list(draft.prompt)) == ("preference", prompt)
    assert {f: list(turns) for f, turns in draft.answers.items()} == {"chosen": chosen, "rejected": rejected}


def test_every_format_has_cases() -> None:
    assert set(PAIRS) == {one.name for one in pairs.formats()}
