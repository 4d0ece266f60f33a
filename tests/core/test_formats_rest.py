"""What a row holds beside prompt and answers: ids, tools, metadata, content in parts."""

from typing import Any

import pytest

from stepladder import formats
from stepladder.errors import UserError
from stepladder.formats import recognise


def u(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def a(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": text}


@pytest.mark.parametrize(
    ("extra", "metadata"),
    [
        ({"slice": "x", "n": 3}, {"slice": "x", "n": 3}),
        ({"Slice Name": "x"}, {"Slice Name": "x"}),
        ({"metadata": {"k": 1}, "n": 3}, {"k": 1, "n": 3}),
        ({"metadata": {"n": 1}, "n": 3}, {"n": 3, "metadata.n": 1}),
        ({"metadata": {"n": 3}, "n": 3}, {"n": 3}),
        ({"metadata": '{"k": 1}', "n": 3}, {"k": 1, "n": 3}),
        ({"metadata": "plain", "n": 3}, {"metadata": "plain", "n": 3}),
        ({"metadata": None, "n": None}, {}),
        ({"metadata": {"k": None}}, {"k": None}),
        ({"text": "the rendered row"}, {"text": "the rendered row"}),
        ({"source": "web", "tools": None}, {"source": "web"}),
    ],
)
def test_other_columns_ride_along(extra: dict[str, Any], metadata: dict[str, Any]) -> None:
    assert recognise({"prompt": "Q", "completion": "A", **extra})[1].metadata == metadata


def test_openai_keeps_what_else_stands_in_the_input() -> None:
    asked = {"messages": [u("Q")], "parallel_tool_calls": True}
    _, rest = recognise({"input": asked, "preferred_output": [a("A")], "non_preferred_output": [a("B")], "n": 3})
    assert rest.metadata == {"parallel_tool_calls": True, "n": 3}


@pytest.mark.parametrize(
    ("value", "own"),
    [("r1", "r1"), (7, "7"), (0, "0"), (1.5, "1.5"), (None, None), ("", None), (" ", None), ([1], "[1]")],
)
def test_ids_are_text(value: Any, own: str | None) -> None:
    assert recognise({"ID": value, "prompt": "Q", "completion": "A"})[1].id == own


@pytest.mark.parametrize(
    ("value", "tools"),
    [([{"a": 1}], [{"a": 1}]), ('[{"a": 1}]', [{"a": 1}]), ("[]", None), ("", None), ([], []), (None, None)],
)
def test_tools_stay(value: Any, tools: Any) -> None:
    assert recognise({"tools": value, "messages": [u("Q"), a("A")]})[1].tools == tools


@pytest.mark.parametrize(
    ("content", "becomes"),
    [
        ([{"type": "text", "text": "a"}], "a"),
        ([{"type": "text", "text": "a"}, {"type": "input_text", "text": "b"}], "a\nb"),
        (["a", {"type": "output_text", "text": "b"}], "a\nb"),
        ([{"type": "text", "text": "a", "image_url": None}], "a"),
        ([], ""),
        (None, ""),
        *[
            (parts, parts)
            for parts in ([{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": "x"}}],)
        ],
    ],
)
def test_content_in_parts(content: Any, becomes: Any) -> None:
    draft, _ = recognise({"messages": [{"role": "user", "content": content}, a("A")]})
    assert draft.prompt == ({"role": "user", "content": becomes},)


def test_the_name_of_a_format_is_checked() -> None:
    formats.check_name(None)
    formats.check_name("alpaca")
    with pytest.raises(UserError, match="Did you mean 'alpaca'"):
        formats.check_name("alpacca")
    with pytest.raises(UserError, match="Take one of prompt_completion"):
        formats.check_name("zzz")


@pytest.mark.parametrize(
    ("columns", "known"),
    [
        (["Prompt", "completion"], True),
        (["prompt"], False),
        (["a", "b"], False),
        (["messages", "x"], True),
        ([], False),
    ],
)
def test_fits(columns: list[str], known: bool) -> None:
    assert formats.fits(columns) is known
