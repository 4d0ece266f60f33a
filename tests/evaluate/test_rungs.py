import pytest

import stepladder.evaluate.rungs  # noqa: F401  registers the built-in rungs
from stepladder.errors import UserError
from stepladder.evaluate.rung import Material, Settings, ladder, promptings
from stepladder.evaluate.rungs.few_shot import example_turns
from stepladder.records import Row
from stepladder.retrieval import Document, Retriever

PROMPT = (
    {"role": "system", "content": "Be short."},
    {"role": "user", "content": "May my dog sit beside me on the boat?"},
)


def row(number: int, slice_: str = "fact") -> Row:
    prompt = ({"role": "system", "content": "Be short."}, {"role": "user", "content": f"question {number}"})
    return Row(
        f"r{number}",
        "sft",
        prompt,
        {"completion": ({"role": "assistant", "content": f"answer {number}"},)},
        metadata={"slice": slice_},
    )


@pytest.fixture(scope="module")
def material() -> Material:
    from pathlib import Path

    documents = [
        Document("pets", "Pets", "# Pets\nA dog travels on a lead and may sit beside you.", Path("pets.md")),
        Document("fares", "Fares", "# Fares\nAn adult pays ten pounds.", Path("fares.md")),
    ]
    return Material([row(i, "ab"[i % 2]) for i in range(8)], Retriever.build(documents, None))


def test_the_ladder_holds_what_can_be_run_in_its_order() -> None:
    names = [r.name for r in ladder((), ["raft", "dpo", "sft"], documents=True, examples=True)]
    assert names == ["base", "zero_shot", "few_shot", "rag", "rag_few_shot", "sft", "dpo", "sft_rag", "dpo_rag", "raft"]
    assert [r.name for r in ladder((), ["sft"], documents=False, examples=False)] == ["base", "zero_shot", "sft"]


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (("rag",), "needs a folder of documents"),
        (("few_shot",), "needs training rows"),
        (("sft",), "cannot be run here"),
    ],
)
def test_a_wanted_rung_that_cannot_be_run_is_an_error(wanted, says) -> None:
    with pytest.raises(UserError, match=says):
        ladder(wanted, [], documents=False, examples=False)


def test_base_is_raw_text_that_ends_open(material) -> None:
    (ask,) = promptings["base"]().ask([PROMPT], material)
    assert ask.raw == "Be short.\n\nQuestion: May my dog sit beside me on the boat?\n\nAnswer:"


def test_few_shot_puts_the_same_examples_from_every_slice_behind_the_system_turn(material) -> None:
    first, second = promptings["few_shot"](shots=2).ask([PROMPT, PROMPT], material)
    assert first.messages == second.messages
    assert [m["role"] for m in first.messages] == ["system", "user", "assistant", "user", "assistant", "user"]
    assert first.messages[-1] == PROMPT[-1]
    slices = {r.prompt_text: r.metadata["slice"] for r in material.examples}
    assert {slices[m["content"]] for m in first.messages[1:5:2]} == {"a", "b"}


def test_more_shots_than_examples_is_all_of_them(material) -> None:
    assert len(example_turns(material.examples, 99)) == 16


def test_rag_names_what_it_retrieved_and_shows_it_to_the_model(material) -> None:
    (ask,) = promptings["rag"](passages=1).ask([PROMPT], material)
    assert [h.passage.document for h in ask.retrieved] == ["pets"]
    assert "[pets]" in ask.messages[-1]["content"]
    assert ask.messages[-1]["content"].endswith(PROMPT[-1]["content"])


def test_variants_follow_the_settings() -> None:
    settings = Settings(shots=(1, 3), passages=(2,))
    assert [v.shots for v in promptings["few_shot"]().variants(settings)] == [1, 3]
    assert [v.passages for v in promptings["rag"]().variants(settings)] == [2]
