"""Every reason code on rows that have its fault, rows that look like it, and rows at its limit."""

from collections.abc import Sequence
from typing import Any

import pytest

from stepladder.answer_format import FormatRule
from stepladder.config import FormatConfig
from stepladder.curate import registry as registry
from stepladder.curate.check import Finding, all_checks, checks, repairs
from stepladder.reading import Parsed
from stepladder.records import Message, Row, Source
from stepladder.rendering import Rendered, TemplateFault

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


class FakeTokens:
    """One token a word; a prompt with "refused" in it is refused by the template."""

    def __init__(self, max_length: int = 8) -> None:
        self.max_length = max_length

    def rendered(self, row: Row) -> dict[str, Rendered]:
        if "refused" in row.prompt_text:
            raise TemplateFault("the template refuses the row: no")
        known: dict[str, int] = {}
        ids = lambda text: [known.setdefault(word, len(known)) for word in text.split()]  # noqa: E731
        return {name: Rendered(ids(row.prompt_text), ids(answer[0]["content"])) for name, answer in row.answers.items()}

    def fitting(self, row: Row) -> dict[str, Rendered]:
        return {} if "refused" in row.prompt_text else self.rendered(row)


RULE = FormatRule.from_config(FormatConfig(max_sentences=1, lines=("Source: .+",), except_when={"slice": "ticket"}))
OTHER = "Children under five travel free with an adult, and a bicycle needs a ticket of its own. "
LONG = "The ferry to Skell leaves at nine every morning and takes forty minutes. "

# code -> (row, part of the detail or None, options)
CASES: dict[str, list[tuple[Any, str | None, dict[str, Any]]]] = {
    "malformed": [
        (Parsed(Source("f", 3), None, "{", "is not JSON"), "is not JSON", {}),
        (Parsed(Source("f", 3), sft("a", "b"), {}), None, {}),
    ],
    "empty": [
        (sft("", "Yes."), "the prompt is blank", {}),
        (sft("Is it?", " \u200b\n"), "'completion' is blank", {}),
        (sft([("system", "Be kind.")], "Yes."), "the prompt is blank", {}),
        (sft([("user", "Hi"), ("assistant", "Hello"), ("user", " ")], "Yes."), "the last turn", {}),
        (pair("Is it?", "Yes.", ""), "'rejected' is blank", {}),
        (sft("?", "0"), None, {}),
        (sft("Call it.", (), tools=[{}]), "'completion' is blank", {}),
    ],
    "roles": [
        (sft([("wizard", "Hi")], "Yes."), "'wizard'", {}),
        (sft("Hi", [("user", "Yes.")]), "turn of the user", {}),
        (sft([("user", "Hi"), ("system", "Be kind.")], "Yes."), "turn 2 is a system turn", {}),
        (sft([("user", "Hi"), ("user", "Hello?")], "Yes."), "turns 1 and 2", {}),
        (sft([("assistant", "Welcome"), ("user", "Hi")], "Yes."), "begins with the assistant", {}),
        (sft([("user", "Hi"), ("assistant", "The answer is")], "yes."), "ends with the assistant", {}),
        (sft([("system", "Be kind.")], "Yes."), "no user turn", {}),
        (sft([("system", "Be kind."), ("user", "Hi"), ("assistant", "Hello"), ("user", "Go on")], "Yes."), None, {}),
        (sft([("user", "Add"), ("assistant", ""), ("tool", "4")], [("assistant", "4")]), None, {}),
    ],
    "placeholder": [
        (sft("What is it?", "N/A"), "'N/A'", {}),
        (sft("What is it?", "<nooutput>"), "nooutput", {}),
        (sft("Make a poster.", "[Insert poster here]"), "Insert poster", {}),
        (sft("Which people are named?", "None"), None, {"allow": ("none",)}),
        (sft("Write a letter to a landlord.", "Dear [insert name], I am leaving."), None, {}),
        (sft("Draw a smiley.", ":-)"), None, {}),
        (sft("Who wrote it?", "Nan Shepherd"), None, {}),
    ],
    "special_token": [
        (sft("Hi", "Hello<|im_end|>"), "<|im_end|>", {}),
        (sft("Say [INST] hi [/INST]", "Hi"), "[INST]", {}),
        (sft("Hi", "Bye</s>"), "</s>", {}),
        (pair("Hi", "Hello", "Hello<end_of_turn>"), "<end_of_turn>", {}),
        (sft("Hi", "A <mask> word"), "<mask>", {"special_tokens": frozenset({"<mask>", " "})}),
        (sft("Hi", "A <mask> word"), None, {}),
        (sft("Hi", "The <s>old</s> price"), None, {}),
        (sft("In F#?", "f <| g |> h"), None, {}),
        (sft("Hi", "Hello<|im_end|>"), None, {"allow": ("<|im_end|>",)}),
    ],
    "echo": [
        (sft("Name a fruit that grows on trees.", "Name a fruit that grows on trees."), "word for word", {}),
        (
            sft("Name a fruit that grows on trees in gardens.", "name a fruit that grows on trees in gardens, ok"),
            "%",
            {},
        ),
        (sft("Hello", "Hello!"), None, {}),
        (sft("Correct it: He goes home by train each day.", "He goes home by train each day."), None, {}),
        (sft("Name a fruit.", "Apple, pear or plum."), None, {}),
        (sft("Name a fruit.", ""), None, {}),
    ],
    "refusal": [
        (sft("Tell a joke.", "I'm sorry, but I can't assist with that request."), "can't assist with that", {}),
        (sft("Tell a joke.", "As an AI language model, I have no humour."), "As an AI", {}),
        (sft("Erzähl einen Witz.", "Als KI habe ich keinen Humor."), "Als KI", {}),
        (sft("What do chatbots say?", 'They often say "As an AI language model, I cannot help with that".'), None, {}),
        (sft("What do they say?", "Like this:\n> I can't help with that.\nThat is all."), None, {}),
        (sft("Can I bring a dog?", "No, we cannot take dogs on the fast boat."), None, {}),
        (sft("What is GPT?", "GPT is a large language model."), None, {}),
    ],
    "truncated": [
        (sft("How?", LONG + "After that you open"), "without an end mark", {}),
        (sft("How?", "First you open the valve and then turn the"), "ends with 'the'", {}),
        (sft("How?", "Open the valve, then, after the pressure has dropped,"), "ends with ','", {}),
        (sft("Code?", "```python\nprint(1)\n"), "inside a code block", {}),
        (sft("Ticket?", '{"category": "delay", "route": "A'), "JSON is not closed", {}),
        (sft("Steps?", "1. Open it.\n2. Turn it.\n3."), "empty list item", {}),
        (sft("Table?", "| a | b |\n|---|---|\n| 1 |\n| 2"), "table row", {}),
        (sft("Why?", " ".join(["word"] * 10)), "10 words", {"unended": 0.05}),
        (sft("Why?", " ".join(["word"] * 9)), None, {"unended": 0.05}),
        (sft("Why?", " ".join(["word"] * 20)), "20 words", {"unended": 0.1}),
        (sft("Why?", " ".join(["word"] * 19)), None, {"unended": 0.1}),
        (sft("Why?", " ".join(["word"] * 30)), None, {"unended": 0.21}),
        (sft("How?", LONG + "Fresh bread is baked on board"), None, {"after": 20}),
    ],
    "repetition": [
        (sft("Why?", "no " * 8), "8 times in a row", {}),
        (sft("Why?", "no " * 7), None, {}),
        (sft("Why?", f"{LONG}{LONG}{LONG}"), "three times", {}),
        (
            sft(
                "Why?",
                "The cat sat on the mat and " * 5 + "the dog.",
            ),
            "four-word runs",
            {},
        ),
        (sft("Why?", "a" * 30), "the letter 'a'", {}),
        (
            sft(
                "Sing.", "Row, row, row your boat\nGently down the stream\nMerrily, merrily\nLife is but a dream\n" * 2
            ),
            None,
            {},
        ),
        (sft("Why?", f"{LONG}It is a short trip over calm water, and most people enjoy it."), None, {}),
        (sft("Draw.", "-" * 60), None, {}),
    ],
    "missing_reference": [
        (sft("Summarize this article: https://example.org/a", "It is about ferries."), "no model can open", {}),
        (sft("<image>\nWhat is this?", "A boat."), "<image>", {}),
        (sft("Describe the attached picture.", "A boat."), "attachment", {}),
        (sft("Summarize the following article.", "It is short."), "announces a text", {}),
        (sft("Classify the text below.", "Positive"), "not there", {}),
        (sft("Classify the text below.\n\nIt was a lovely crossing.", "Positive"), None, {}),
        (sft("Summarize the following article:\nThe boat was late.", "A boat was late."), None, {}),
        (sft("How do I open an attached file?", "Tap it."), None, {}),
        (sft("I could not pay on https://example.org/pay, why?", "Try again."), None, {}),
        (sft([("user", "Hi"), ("assistant", "A text."), ("user", "Summarize the text above.")], "A."), None, {}),
    ],
    "format": [
        (sft("Fare?", "It is 4 pounds."), "Source", {"rule": RULE}),
        (sft("Fare?", "It is 4 pounds.\nSource: fares"), None, {"rule": RULE}),
        (sft("Fare?", "{}", metadata={"slice": "ticket"}), None, {"rule": RULE}),
    ],
    "encoding": [
        (sft("Wie?", "Sch\ufffdn."), "1 letters are lost", {}),
        (sft("Wie?", "Schön."), None, {}),
    ],
    "identical_pair": [
        (pair("Hi", "Hello  there.", "Hello there."), "the same text", {}),
        (pair("Hi", "Hello there.", "HELLO THERE."), "capitals alone", {}),
        (pair("a b c d", "e f g h i", "e f g h j"), "once they are cut", {"tokens": FakeTokens(8)}),
        (pair("a b c d", "e f g h i", "e f g h j"), None, {"tokens": FakeTokens(9)}),
        (pair("Hi", "Hello there.", "Hello there!"), None, {}),
    ],
    "near_identical_pair": [
        (pair("Hi", LONG + "Enjoy it.", LONG + "enjoy it!"), "nothing between them", {}),
        (pair("Hi", LONG + OTHER + "It costs 4 pounds.", LONG + OTHER + "It costs 5 pounds."), "'4' against '5'", {}),
        (pair("Hi", LONG, LONG.upper()), None, {}),
        (pair("Hi", LONG, "Ask the desk."), None, {}),
    ],
    "template": [
        (sft("refused", "Yes."), "refuses", {"tokens": FakeTokens()}),
        (sft("Is it?", "Yes."), None, {"tokens": FakeTokens()}),
    ],
    "too_long": [
        (sft("a b c d", "e f g h i"), "1 of the 5 tokens", {"tokens": FakeTokens(8)}),
        (sft("a b c d", "e f g h"), None, {"tokens": FakeTokens(8)}),
        (sft("refused", "e f g h"), None, {"tokens": FakeTokens(8)}),
    ],
    "no_loss": [
        (sft("a b c d e f g h", "i"), "8 tokens", {"tokens": FakeTokens(8)}),
        (sft("a b c d e f g", "h i"), None, {"tokens": FakeTokens(8)}),
    ],
}


@pytest.mark.parametrize(("code", "row", "detail", "options"), [(c, *case) for c in CASES for case in CASES[c]])
def test_finds_exactly_its_fault(code: str, row: Any, detail: str | None, options: dict[str, Any]) -> None:
    found = checks[code].function(row, **options)
    said = found.detail if isinstance(found, Finding) else found
    assert (said is None) == (detail is None), said
    assert detail is None or detail in said


def test_every_check_has_cases() -> None:
    assert {code for code, _ in checks.items()} == set(CASES)
    assert {code for code, _ in repairs.items()} == {"encoding", "whitespace"}  # tests/curate/test_repairs.py


def test_every_check_says_what_it_does_and_where_its_threshold_comes_from() -> None:
    for part in all_checks():
        assert part.says, part.code
        has_limit = any(isinstance(value, int | float) for value in (part.function.__kwdefaults__ or {}).values())
        sources = ("research/", "et al.", "curate.", "modelbrew", "TRL", "trl", "Gopher", "Rc-BT")
        assert not has_limit or any(name in (part.function.__doc__ or "") for name in sources), part.code
