"""Preference pairs: what sets two sides apart, which way round they stand, and how many of a set are wrong."""

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stepladder.answer_format import FormatRule
from stepladder.config import FormatConfig
from stepladder.curate import registry as registry
from stepladder.curate.check import Finding, checks, dataset_checks
from stepladder.curate.command import curate
from stepladder.curate.flips import flips
from stepladder.curate.knowledge import Knowledge
from stepladder.curate.pair_signals import Signal, signals
from stepladder.curate.tokens import tokens_of
from stepladder.records import Message, Row
from tests.curate.test_meaning import angles, meaning_of

HOURS = "The shop opens at nine every morning, and on Sundays the side door near the garden stays closed."


def turns(text: str, role: str = "assistant") -> tuple[Message, ...]:
    return (Message(role=role, content=text),)


def pair(chosen: str, rejected: str, name: str = "a", prompt: str = "Hours?", **metadata: Any) -> Row:
    answers = {"chosen": turns(chosen), "rejected": turns(rejected)}
    return Row(name, "preference", turns(prompt, "user"), answers, metadata=metadata)


def sft(prompt: str, text: str, name: str) -> Row:
    return Row(name, "sft", turns(prompt, "user"), {"completion": turns(text)})


def found(code: str, row: Row, **given: Any) -> Finding | None:
    result = checks[code].function(row, **given)
    return Finding(result) if isinstance(result, str) else result


# Almost the same


@pytest.mark.parametrize(
    "other",
    [
        HOURS.replace("morning, and", "morning and"),
        HOURS.replace("nine", "9"),
        HOURS.replace("on Sundays the side door", "the side door on Sundays"),
        "Certainly, the" + HOURS[3:],
        HOURS.replace("The shop", "Our shop"),
    ],
)
def test_sides_that_say_the_same_are_held(other: str) -> None:
    near = found("near_identical_pair", pair(HOURS, other))
    assert near is not None
    assert near.action is None
    assert "nothing between them that decides" in near.detail


@pytest.mark.parametrize(
    ("other", "says"),
    [
        (HOURS.replace("nine", "ten"), "'9' against '10'"),
        (HOURS.replace("stays", "never stays"), "'never'"),
        (HOURS.replace("closed", "open"), "'closed' against 'open'"),
        (HOURS.replace("garden", "kitchen"), "'garden'"),
    ],
)
def test_sides_that_differ_in_what_matters_are_noted_with_it(other: str, says: str) -> None:
    near = found("near_identical_pair", pair(HOURS, other))
    assert near is not None
    assert near.action == "note"
    assert says in near.detail


def test_labels_and_other_answers_are_not_near_identical() -> None:
    assert found("near_identical_pair", pair("a refund", "the refund")) is None
    assert found("near_identical_pair", pair(HOURS, "Ask at the counter, where the hours hang on the wall.")) is None
    assert found("near_identical_pair", pair(HOURS, HOURS.upper())) is None, "identical_pair owns it"


def test_typographic_marks_are_no_difference() -> None:
    same = found("identical_pair", pair('It\'s open - "now"', "It’s open – “now”"))
    assert same is not None
    assert same.action == "review"
    assert "quotation marks or dashes alone" in same.detail
    both = found("identical_pair", pair("it's open", "It’s Open"))
    assert both is not None
    assert "capitals and the kind" in both.detail
    assert found("identical_pair", pair("It's 3-4", "It's 3+4")) is None


def test_sides_that_the_real_tokenizer_cuts_to_the_same_are_dropped(tiny_model: Path) -> None:
    start = "the ferry leaves at four . " * 12
    row = pair(start + "bring a dog .", start + "hello hello .")
    rendered = tokens_of(str(tiny_model), None, 4096)
    ids = rendered.fitting(row)["chosen"].ids
    assert found("identical_pair", row, tokens=rendered) is None
    cut = found("identical_pair", row, tokens=tokens_of(str(tiny_model), None, len(ids) - 12))
    assert cut is not None
    assert "the same once they are cut" in cut.detail


def test_the_format_rule_looks_at_the_chosen_side_alone() -> None:
    rule = FormatRule.from_config(FormatConfig(lines=("Source: .+",)))
    assert found("format", pair("It is nine.", "It is nine.\nSource: hours"), rule=rule) is not None
    assert found("format", pair("It is nine.\nSource: hours", "It is nine."), rule=rule) is None


def test_pairs_that_contradict_each_other_are_held() -> None:
    rows = [pair("Nine.", "Some time.", "a"), pair("Some time.", "Nine.", "b"), pair("Nine.", "No idea.", "c")]
    named = {name for name, one in dataset_checks["contradiction"].function(rows) if one.action == "review"}
    assert {"a", "b"} <= named
    apart = [pair("Nine.", "Some time.", "a"), pair("Some time.", "Nine.", "b", "When?")]
    assert not list(dataset_checks["contradiction"].function(apart))


def test_a_pair_is_weak_or_near_identical_and_not_both() -> None:
    near = pair(HOURS, HOURS.replace("closed", "open"))
    texts = {HOURS: 0.0, HOURS.replace("closed", "open"): 0.0}
    assert not list(dataset_checks["weak_pair"].function([near], meaning=angles(texts)))
    weak = pair("Ask at the desk for a key.", "A key is what you get from our counter.", "b")
    told = {"Ask at the desk for a key.": 0.0, "A key is what you get from our counter.": 0.0}
    assert [name for name, _ in dataset_checks["weak_pair"].function([weak], meaning=angles(told))] == ["b"]


# Which way round


def levels(rows: Sequence[Row], name: str, **given: Any) -> list[int]:
    pairs = [row for row in rows if row.kind == "preference"]
    every: dict[str, list[int]] = {signal.name: signal.levels.tolist() for signal in signals(pairs, rows, **given)}
    return every.get(name, [0] * len(pairs))


def test_the_text_of_another_row_backs_one_side() -> None:
    answer = sft("Hours?", "From nine on.", "s")
    assert levels([pair("From nine on.", "No idea."), answer], "known") == [1]
    assert levels([pair("No idea.", "From nine on."), answer], "known") == [-1]
    assert levels([pair("No idea.", "From nine on.", prompt="Where?"), answer], "known") == [0]
    assert levels([pair("Nine.", "Ten."), pair("Ten.", "Nine.", "b")], "known") == [-1, -1]


def test_a_source_counts_where_it_is_cited() -> None:
    told = Knowledge(("Dogs ride free.", "Bikes cost four."), ("pets", "bikes"))
    places = {"Dogs ride free.": 0.0, "Bikes cost four.": 90.0, "Dog?": 0.0}
    sides = {f"Free.\nSource: {name}": 10.0 for name in ("pets", "bikes")} | {"Free, as all pets.": 10.0}
    meaning = angles({**places, **sides})

    def level(chosen: str, rejected: str) -> int:
        return levels([pair(chosen, rejected, prompt="Dog?")], "source", knowledge=told, meaning=meaning)[0]

    assert level("Free.\nSource: pets", "Free.\nSource: bikes") == 2
    assert level("Free.\nSource: bikes", "Free.\nSource: pets") == -2
    assert level("Free.\nSource: bikes", "Free, as all pets.") == 0, "a sentence that has the word cites nothing"


def test_one_strong_signal_is_noted_and_two_are_held() -> None:
    told = Knowledge(("Rice takes 15 minutes.",))
    good = [pair(f"Take 15 minutes, cook {i}.", f"Take 99 of {i} minutes<|im_end|>", f"g{i}") for i in range(30)]
    wrong = pair("Take 98 minutes<|im_end|>", "Take 15 minutes.", "w")
    held = dict(dataset_checks["swapped_pair"].function([*good, wrong], knowledge=told))
    assert set(held) == {"w"}
    assert held["w"].action is None
    assert "special_token" in held["w"].detail
    assert "98" in held["w"].detail


# How many


def simulated(pairs: int, flipped: int, signals_of: int, *, hit: float, miss: float) -> tuple[list[Signal], set[int]]:
    """Independent signals that are right with chance `hit`, wrong with `miss`, silent else."""
    rng = np.random.default_rng(7)
    turned = set(rng.permutation(pairs)[:flipped].tolist())
    sign = np.array([-1 if i in turned else 1 for i in range(pairs)])
    made = [rng.choice([1, -1, 0], size=pairs, p=[hit, miss, 1 - hit - miss]) * sign for _ in range(signals_of)]
    return [Signal(str(k), values.astype(np.int8), {}) for k, values in enumerate(made)], turned


@pytest.mark.parametrize("flipped", [0, 60, 180])
def test_the_flip_rate_is_found_with_an_interval_that_holds_it(flipped: int) -> None:
    made, turned = simulated(600, flipped, 4, hit=0.6, miss=0.1)
    told = flips(made, 600)
    assert told.low <= flipped / 600 <= told.high
    assert told.share == pytest.approx(flipped / 600, abs=0.05)
    assert told.high - told.low < 0.2
    assert (told.low > 0) == bool(flipped)
    if turned:
        inside = np.isin(np.arange(600), sorted(turned))
        assert told.chances[inside].mean() > 0.6 > 0.1 > told.chances[~inside].mean()


def test_one_signal_and_no_signal_tell_no_rate() -> None:
    made, _ = simulated(200, 20, 1, hit=0.6, miss=0.1)
    assert flips(made, 200).low == 0
    nothing = flips([], 5)
    assert (nothing.low, nothing.high > 0.4, nothing.chances.tolist()) == (0.0, True, [0.0] * 5)


def test_more_signals_against_a_pair_make_a_swap_likelier() -> None:
    made, _ = simulated(300, 30, 3, hit=0.6, miss=0.1)
    told = flips(made, 300)
    against = sum((signal.levels < 0).astype(int) for signal in made)
    means = [told.chances[against == k].mean() for k in range(3)]
    assert means[0] < means[1] < means[2]


# What a curated directory says


def test_the_summary_hands_the_flip_rate_on(write: Callable[..., str], tmp_path: Path) -> None:
    rng = random.Random(0)
    words = [f"{a}{b}{c}" for a in "bdfg" for b in "aeiou" for c in "klmn"]

    def row(i: int) -> dict[str, Any]:
        texts = [" ".join(rng.sample(words, 8)).capitalize() + "." for _ in range(3)]
        return {"id": f"p{i}", "prompt": texts[0], "chosen": texts[1], "rejected": texts[2]}

    summary = curate([write([row(i) for i in range(12)])], str(tmp_path / "out"))
    rate = summary["preference"]["flip_rate"]
    assert rate["pairs"] == summary["kept"] + summary["fixed"] == 12
    assert rate["low"] == 0 <= rate["share"] <= rate["high"]
    assert "may be none" in summary["preference"]["sentence"]


def test_without_pairs_there_is_no_flip_rate(write: Callable[..., str], tmp_path: Path) -> None:
    summary = curate([write([{"prompt": "Hi?", "completion": "Hello there."}])], str(tmp_path / "out"))
    assert summary["preference"] is None


def test_both_sides_off_the_prompt_or_the_rejected_one_nearer_to_it() -> None:
    rows: list[Row] = []
    for i in range(60):
        rows.append(pair(f"c{i} {i % 3}", f"r{i} {i % 3}", str(i), f"q{i} {i % 3}"))
    rows[7] = pair("c7 2", "r7 1", "7", "q7 1")

    def vector(text: str) -> list[float]:
        place = np.zeros(4)
        place[int(text.split()[1])] = 1
        rng = np.random.default_rng([ord(text[0]), int(text[1:].split()[0])])
        return [float(v) for v in place + rng.normal(scale=0.1, size=4)]

    def run(**limits: float) -> dict[str | None, Finding]:
        given = {"far": 1e6, "both_far": 1e6, "apart": 9.0} | limits
        return dict(dataset_checks["context_mismatch"].function(rows, meaning=meaning_of(vector), better=10, **given))

    assert set(run(apart=0.4)) == {"7"}
    assert "the rejected one fits" in run(apart=0.4)["7"].detail
    assert not run()
    rows[7] = pair("c7 2", "r7 2", "7", "q7 1")
    assert not run(apart=0.4)
    assert set(run(both_far=10.0)) == {"7"}


def test_length_bias_says_how_much_and_what_to_do() -> None:
    rows = [pair("a" * 30, "b" * 10, str(i)) for i in range(18)] + [pair("a" * 8, "b" * 10, f"s{i}") for i in range(2)]
    ((_, bias),) = dataset_checks["length_bias"].function(rows)
    for said in ("18 of 20 pairs (70% to 97%)", "3.0 times as long", "r = 0.93", "in 18 pairs", "shorter one, or"):
        assert said in bias.detail
    turned = [pair("a" * 10, "b" * 30, str(i)) for i in range(18)]
    ((_, bias),) = dataset_checks["length_bias"].function(turned)
    assert "the shorter one in 18 of 18" in bias.detail
    assert "r = -1.00" in bias.detail
    assert not list(dataset_checks["length_bias"].function(rows[8:]))
