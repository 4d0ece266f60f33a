"""Splits: shares, slices, families, groups, and kinds with a held-out file of their own."""

import random
from collections import Counter
from typing import Any

import pytest

from stepladder.config import CurateConfig, Project
from stepladder.curate.command import curate
from stepladder.curate.duplicates.likeness import Likeness
from stepladder.curate.duplicates.signatures import candidates, jaccard, shingles
from stepladder.curate.duplicates.template import Template
from stepladder.curate.leaks import _joined
from stepladder.curate.ledger import SPLITS
from stepladder.curate.split import split
from stepladder.errors import UserError
from stepladder.records import Row


def row(number: int, kind: Any = "sft", **metadata: Any) -> Row:
    prompt = ({"role": "user", "content": f"question {number}"},)
    return Row(
        f"{kind}{number}", kind, prompt, {"completion": ({"role": "assistant", "content": "x"},)}, metadata=metadata
    )


def alone(rows: list[Row]) -> dict[str, list[Row]]:
    return {r.id: [r] for r in rows}


def test_shares_are_exact_by_kind_and_fair_by_slice() -> None:
    rows = [row(i, slice="big" if i % 4 else "small") for i in range(100)]
    found = split(alone(rows), dev=0.1, heldout=0.2, seed=0)
    assert Counter(found.values()) == {"train": 70, "dev": 10, "heldout": 20}
    small = Counter(found[r.id] for r in rows if r.metadata["slice"] == "small")
    assert small["heldout"] == 5
    assert small["dev"] in (2, 3)


def test_the_draw_ignores_order_and_ids() -> None:
    rows = [row(i) for i in range(50)]
    renamed = [Row(f"x{r.id}", r.kind, r.prompt, r.answers) for r in reversed(rows)]
    first, second = (
        split(alone(rows), dev=0.1, heldout=0.2, seed=0),
        split(alone(renamed), dev=0.1, heldout=0.2, seed=0),
    )
    assert {f"x{name}": place for name, place in first.items()} == second


@pytest.mark.parametrize("size", [3, 4, 10])
def test_a_small_set_still_has_every_split(size: int) -> None:
    found = split(alone([row(i) for i in range(size)]), dev=0.1, heldout=0.2, seed=0)
    assert set(found.values()) == {"train", "dev", "heldout"}


def test_two_rows_are_both_for_training() -> None:
    assert set(split(alone([row(0), row(1)]), dev=0.1, heldout=0.2, seed=0).values()) == {"train"}


def test_families_stay_whole_and_large_ones_go_to_training() -> None:
    families = {"a": [row(i) for i in range(40)], **alone([row(i) for i in range(40, 100)])}
    found = split(families, dev=0.1, heldout=0.2, seed=0)
    assert {found[r.id] for r in families["a"]} == {"train"}
    assert Counter(found.values()) == {"train": 70, "dev": 10, "heldout": 20}


def test_settled_rows_decide_for_their_family() -> None:
    families = {"a": [row(0), row(1)], **alone([row(i) for i in range(2, 9)])}
    found = split(families, dev=0.1, heldout=0.2, seed=0, settled={"sft1": "dev"})
    assert found["sft0"] == found["sft1"] == "dev"


def test_a_kind_with_its_own_file_gives_no_held_out_rows() -> None:
    rows = [row(i) for i in range(20)] + [row(i, "unpaired") for i in range(20, 40)]
    found = split(alone(rows), dev=0.1, heldout=0.2, seed=0, without_heldout=frozenset({"sft"}))
    assert Counter(found[r.id] for r in rows if r.kind == "sft") == {"train": 18, "dev": 2}
    assert Counter(found[r.id] for r in rows if r.kind == "unpaired") == {"train": 14, "dev": 2, "heldout": 4}


def test_groups_stay_together(write: Any, read: Any, tmp_path: Any) -> None:
    rows = [
        {"prompt": f"{w} {w[::-1]}?", "completion": f"{w}.", "customer": n // 3}
        for n, w in enumerate(map(chr, range(97, 123)))
    ]
    config = Project(curate=CurateConfig(group_by=("customer",)))
    summary = curate([write(rows)], str(tmp_path / "out"), config=config)
    places: dict[int, set[str]] = {}
    for place in ("train", "dev", "heldout"):
        for found in read(tmp_path / "out" / "sft" / f"{place}.jsonl"):
            places.setdefault(found["metadata"]["customer"], set()).add(place)
    assert all(len(found) == 1 for found in places.values())
    assert set().union(*places.values()) == {"train", "dev", "heldout"}
    assert summary["leaks"]["groups_straddling"] == 0
    with pytest.raises(UserError, match="Did you mean 'customer'"):
        curate([write(rows)], str(tmp_path / "no"), config=Project(curate=CurateConfig(group_by=("custmer",))))


def test_signatures_find_what_is_alike_and_the_exact_join_finds_the_same() -> None:
    rng = random.Random(0)
    base = ["".join(rng.choices("abcdefghij ", k=80)) for _ in range(40)]
    texts = [*base, *(text[:70] + "".join(rng.choices("xyz", k=3)) + text[70:] for text in base), "", "", "ab", "ab"]
    truth = {
        (i, j)
        for i in range(len(texts))
        for j in range(i + 1, len(texts))
        if jaccard(shingles(texts[i]), shingles(texts[j])) >= 0.8
    }
    found, crowded = candidates(texts)
    assert truth <= set(found)
    assert not crowded
    names = {str(i): text for i, text in enumerate(texts)}
    apart = {name: SPLITS[int(name) % 3] for name in names}
    joined = {tuple(sorted((int(a), int(b)))) for a, b in _joined(names, 0.8, apart)}
    assert joined == {(i, j) for i, j in truth if i % 3 != j % 3}
    assert candidates(texts) == (found, crowded)
    assert candidates([], seed=1) == ([], False)


def test_a_crowd_of_copies_stays_linear_and_connected() -> None:
    found, crowded = candidates(["the same text for all of them"] * 500)
    assert crowded
    assert len(found) <= 500 * 32
    assert {(i, i + 1) for i in range(499)} <= set(found)


def test_an_instruction_around_many_prompts_is_not_the_prompt() -> None:
    order = (
        "Say whether the following review of a restaurant is positive or negative, in one word only and in lower case: "
    )
    reviews = [
        f"{a} {b} {c}"
        for a in ("soup", "fish", "bread")
        for b in ("was cold", "came late", "tasted fine")
        for c in ("again", "today")
    ]
    rows = [
        Row(
            str(i),
            "sft",
            ({"role": "user", "content": order + text},),
            {"completion": ({"role": "assistant", "content": "negative"},)},
        )
        for i, text in enumerate(reviews)
    ]
    likeness = Likeness(rows, threshold=0.8)
    assert likeness.template.found
    assert len([p for p in likeness.pairs if likeness.same_family(p, 0.8)]) < 10
    copies = Template([f"{order} {i}" for i in range(20)], ["It is the same long answer for all of them."] * 20)
    assert not copies.found, "near-copies of one prompt are no template"


def test_a_set_of_templated_prompts_loses_no_row_and_can_be_split(write: Any, tmp_path: Any) -> None:
    order = "Read this review of a restaurant with care and answer with one word, positive or negative, in lower case: "
    menu = [
        a + b for a in ("soup", "fish", "bread", "cake") for b in ("cold", "late", "burnt", "warm", "crisp", "sour")
    ]
    rng = random.Random(0)
    rows = [
        {"prompt": order + " ".join(rng.sample(menu, 6)), "completion": rng.choice(["positive", "negative"])}
        for _ in range(120)
    ]
    summary = curate([write(rows)], str(tmp_path / "out"))
    assert summary["kept"] == len(rows)
    assert all(found["rows"] for found in summary["splits"]["sft"].values())
    assert summary["leaks"]["shared_text"][0]["prompts"] == len(rows)


def test_copies_of_a_few_rows_are_found_all_the_same(write: Any, tmp_path: Any) -> None:
    rows = [
        {
            "prompt": f"Where does the {name} boat leave from on days with a storm warning? {'Thanks ' * n}".strip(),
            "completion": f"The {name} boat leaves from the inner harbour then, beside the old lighthouse.",
        }
        for name in ("Skell", "Orrin", "Tarn", "Brae")
        for n in range(12)
    ]
    summary = curate([write(rows)], str(tmp_path / "out"))
    assert summary["kept"] < 12
