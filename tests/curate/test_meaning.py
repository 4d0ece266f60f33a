"""What curation finds with embeddings, and what a set tells about itself: its habits, labels, figures and preferences."""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from stepladder.config import CurateConfig
from stepladder.curate import meaning as meaning_module
from stepladder.curate import registry as registry
from stepladder.curate.check import Finding, dataset_checks
from stepladder.curate.checks.mislabel import suspects
from stepladder.curate.duplicates.best import standing
from stepladder.curate.duplicates.likeness import Likeness
from stepladder.curate.duplicates.paraphrase import paraphrases
from stepladder.curate.habits import line_keys, usual_keys
from stepladder.curate.knowledge import Knowledge, figures
from stepladder.curate.labels import label_sets
from stepladder.curate.meaning import MINILM, Meaning
from stepladder.curate.partition import partition
from stepladder.curate.preferences import margins, scores_of
from stepladder.records import Message, Row, Source

Vector = NDArray[np.float32]


class FakeEmbedder:
    """Fixed vectors by text, in place of a model."""

    def __init__(self, vector_of: Callable[[str], Sequence[float]]) -> None:
        self.vector_of = vector_of

    def encode(self, texts: Sequence[str]) -> Vector:
        found = np.array([self.vector_of(text) for text in texts], dtype=np.float32)
        return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True))


def meaning_of(vector_of: Callable[[str], Sequence[float]]) -> Meaning:
    found = Meaning("fake")
    found.__dict__["_embedder"] = FakeEmbedder(vector_of)
    return found


def angles(degrees: Mapping[str, float]) -> Meaning:
    """A text lies at its angle in a plane, so that the cosine of two texts is that of the angle between them."""
    return meaning_of(lambda text: (np.cos(np.radians(degrees[text])), np.sin(np.radians(degrees[text]))))


def apart(cosine: float) -> float:
    """The angle between two texts of that cosine."""
    return float(np.degrees(np.arccos(cosine)))


def turn(role: str, text: str) -> Message:
    return Message(role=role, content=text)


def sft(prompt: str, answer: str, id: str = "a", **more: Any) -> Row:
    answers = {"completion": (turn("assistant", answer),)}
    return Row(id, "sft", (turn("user", prompt),), answers, source=Source("f", 1), **more)


def pair(prompt: str, chosen: str, rejected: str, id: str = "a", **more: Any) -> Row:
    sides = {"chosen": (turn("assistant", chosen),), "rejected": (turn("assistant", rejected),)}
    return Row(id, "preference", (turn("user", prompt),), sides, source=Source("f", 1), **more)


def run(code: str, rows: Sequence[Row], **given: Any) -> dict[str | None, Finding]:
    places = {row.id: place for place, row in enumerate(rows)}
    context = {
        "likeness": lambda some: Likeness(some, threshold=0.8),
        "standings": lambda name: standing(rows[places[name]], places[name], 0, 0),
    }
    part = dataset_checks[code]
    if "paraphrases" in (*part.needs, *part.wants) and "meaning" in given:
        given["paraphrases"] = paraphrases([*rows, *given.get("heldout", ())], given.pop("meaning"))
    return dict(part.function(rows, **{name: context[name] for name in part.needs if name in context}, **given))


# Meaning itself


def test_a_prompt_is_its_last_question_and_the_one_before() -> None:
    seen: list[str] = []

    def note(text: str) -> Sequence[float]:
        seen.append(text)
        return (1.0, 0.0)

    turns = (
        turn("system", "s"),
        turn("user", "one"),
        turn("assistant", "x"),
        turn("user", "two"),
        turn("user", "three"),
    )
    meaning_of(note).prompts([Row("a", "sft", turns, {}), sft("x" * 700 + " and rice?", "")])
    assert seen[0] == "three\ntwo"
    assert seen[1].endswith("and rice?")
    assert len(seen[1]) == 600


def test_pairs_reach_both_limits_and_come_once(monkeypatch: pytest.MonkeyPatch) -> None:
    meaning = angles({"q0": 0, "q1": 10, "q2": 20, "q3": 90, "r0": 0, "r1": 10, "r2": 60, "r3": 0})
    rows = [sft(f"q{i}", f"r{i}", str(i)) for i in range(4)]
    for block in (2048, 1, 3):
        monkeypatch.setattr(meaning_module, "_BLOCK", block)
        found = meaning.pairs(rows, rows, prompt=0.9, answer=0.9)
        assert [(i, j) for i, j, _, _ in found] == [(0, 1)]
        assert found[0][2:] == pytest.approx((np.cos(np.radians(10)),) * 2, abs=1e-5)
        assert [(i, j) for i, j, _, _ in meaning.pairs(rows[:1], rows[1:], prompt=0.9, answer=0.9)] == [(0, 0)]
    assert meaning.pairs([], rows, prompt=0, answer=0) == []


# Duplicates, leaks and contradictions in other words

BEANS = ("How long must dried beans soak?", "Soak them for 12 hours in 3 litres of water.")
BEANS_TOO = ("For what time do I leave pulses in water?", "Leave them in 3 litres for 12 hours.")


def two(cosine: float, one: tuple[str, str] = BEANS, other: tuple[str, str] = BEANS_TOO) -> tuple[list[Row], Meaning]:
    places = {one[0]: 0.0, one[1]: 0.0, other[0]: apart(cosine), other[1]: apart(cosine)}
    return [sft(*one), sft(*other, "b")], angles(places)


@pytest.mark.parametrize(
    ("cosine", "answers", "found"),
    [
        (0.3, ("12 hours in 3.0 litres.", "In three litres for half a day."), True),
        (0.2, ("12 hours in 3.0 litres.", "In 3 litres for 12 hours."), False),
        (0.7, ("12 hours, 180 degrees.", "180 degrees for 12 hours, and 40 more."), True),
        (0.7, ("It takes 12 hours.", "Leave it for 14 hours."), False),
        (0.7, ("It takes 12 hours.", "12 hours, or 20 hours in 3 l."), False),
        (0.7, ("It takes long.", "Leave it long."), False),
        (0.76, ("It takes long.", "Leave it long."), True),
        (0.76, ("It takes 12 hours.", "Leave it for 14 hours."), False),
    ],
)
def test_a_paraphrase_has_the_same_amounts_or_is_very_close(
    cosine: float, answers: tuple[str, str], found: bool
) -> None:
    rows, meaning = two(cosine, ("How long?", answers[0]), ("What time?", answers[1]))
    named = run("duplicate_semantic", rows, meaning=meaning)
    assert set(named) == ({"b"} if found else set())
    assert not found or (named["b"].other, "what a (f:1) says" in named["b"].detail) == ("a", True)


def test_an_amount_that_many_rows_give_proves_no_paraphrase() -> None:
    rows, meaning = two(0.7, (BEANS[0], "Call 999111."), (BEANS_TOO[0], "Ring 999111."))
    assert run("duplicate_semantic", rows, meaning=meaning)
    places = {
        "Call 999111.": 0.0,
        "Ring 999111.": apart(0.7),
        BEANS[0]: 0.0,
        BEANS_TOO[0]: apart(0.7),
        "Tea?": 180.0,
        "999111": 180.0,
    }
    for others, found in ((2, True), (3, False)):
        more = [sft("Tea?", "999111", f"p{i}") for i in range(others)]
        pairs = {(one.a.id, one.b.id) for one in paraphrases([*rows, *more], angles(places))}
        assert (("a", "b") in pairs) == found


def test_only_the_best_partner_by_its_amounts_is_a_paraphrase() -> None:
    rows, _ = two(0.5)
    far = sft("And lentils?", "Lentils take 3 litres and 20 minutes.", "c")
    places = {BEANS[0]: 0.0, BEANS[1]: 0.0, **dict.fromkeys(BEANS_TOO, 60.0), far.prompt_text: 0.0}
    meaning = angles({**places, far.completion_text: 0.0})
    assert [(one.a.id, one.b.id) for one in paraphrases([rows[0], far], meaning)] == [("a", "c")]
    assert [(one.a.id, one.b.id) for one in paraphrases([*rows, far], meaning)] == [("a", "b")]


def test_each_nearest_to_the_other_and_nearer_than_the_crowd_is_a_paraphrase() -> None:
    rows = [sft(f"q{i}", f"r{i}", str(i)) for i in range(60)]
    spread = np.random.default_rng(0).normal(size=(60, 400))
    meaning = meaning_of(lambda text: [float(value) for value in spread[int(text.split()[0][1:])]])
    assert paraphrases(rows, meaning) == []
    spread[7] = spread[23] + 1.2 * spread[7]
    assert [(one.a.id, one.b.id) for one in paraphrases(rows, meaning)] == [("7", "23")]
    assert paraphrases([row for row in rows if int(row.id) < 49], meaning) == []
    states = [sft(f"q{i}", f"r{i} {30 + i} m" if i in (7, 23) else f"r{i}", str(i)) for i in range(60)]
    assert paraphrases(states, meaning) == [], "their amounts speak against it"


def test_a_pair_is_no_paraphrase_of_a_plain_row() -> None:
    rows, meaning = two(0.9)
    assert run("duplicate_semantic", rows, meaning=meaning)
    other = pair(rows[1].prompt_text, rows[1].completion_text, rows[1].completion_text, "b")
    assert not run("duplicate_semantic", [rows[0], other], meaning=meaning)


TERM = "When does the autumn term at the village school begin, and who do we tell that our child is ill that day?"
BEGINS = "The autumn term begins in the first week of September, and you call the office before the lessons start."


@pytest.mark.parametrize(
    ("prompt", "answer", "found"),
    [
        (TERM.replace("village", "local").replace("our child is ill that day", "a child of ours is unwell"),
         BEGINS.replace("and you call the office", "so please ring the office"), True),
        (TERM.replace("autumn", "spring"), BEGINS, False),
        (TERM.replace("who do we tell", "who do we not tell"), BEGINS, False),
        ("May I ask about the autumn term at the village school, its beginning, and telling of an illness?", BEGINS, False),
        (TERM.replace("village", "local"), "The autumn term starts in September.", False),
        (", ".join(reversed(TERM.replace("village", "local").split(", "))), BEGINS, True),
    ],
)  # fmt: skip
def test_a_few_changed_words_make_a_near_duplicate_to_ask_about(prompt: str, answer: str, found: bool) -> None:
    rows = [sft(TERM, BEGINS), sft(prompt, answer, "b")]
    named = run("duplicate_near", rows, meaning=meaning_of(lambda text: (1.0, 0.0)), near=0.99)
    asked_about = {name for name, finding in named.items() if finding.action == "review"}
    assert asked_about == ({"b"} if found else set()), named
    assert not run("duplicate_near", rows, meaning=angles({TERM: 0, prompt: 60, BEGINS: 0, answer: 60}), near=0.99)


def test_a_paraphrase_of_a_held_out_row_is_held_when_sure_and_noted_when_its_figures_say_so() -> None:
    for cosine, action in ((0.8, "review"), (0.5, "note"), (0.2, None)):
        (mine, other), meaning = two(cosine)
        found = run("leak_heldout", [mine], heldout=[other], meaning=meaning)
        assert {name: finding.action for name, finding in found.items()} == ({"a": action} if action else {})
    assert not run("leak_heldout", [mine], heldout=[other])


SALT = ("How much salt?", "You mix in 5 g of salt to the dough.")


@pytest.mark.parametrize(
    ("one", "other", "clash"),
    [
        (SALT, ("What salt goes in?", "Mix in 9 g of salt to each dough."), "'5 g' and '9 g'"),
        (SALT, ("What salt goes in?", "Mix in 5 g of salt to each dough."), None),
        (SALT, ("What salt goes in?", "The scale in the shop is off by 9 g."), None),
        (SALT, ("What salt goes in?", "Mix in 9 g of salt and 3 l of water to each dough."), "'5 g' and '9 g'"),
        (
            (SALT[0], "You mix in 5 g of salt and 2 l of water to the dough."),
            ("What salt goes in?", "Mix in 9 g of salt and 3 l of water to each dough."),
            None,
        ),
        (("Salt for 2 l?", SALT[1]), ("What salt goes into 3 l?", "Mix in 9 g of salt to each dough."), None),
        (("Salt for 5 g?", SALT[1]), ("What salt goes in?", "Mix in 9 g of salt to each dough."), None),
        (("Salt in April?", SALT[1]), ("What salt in June?", "Mix in 9 g of salt to each dough."), None),
        (
            (SALT[0], "You mix in 5 g of salt to the Genoa dough."),
            ("What salt goes in?", "Into each Parma dough mix 9 g of salt."),
            None,
        ),
    ],
)
def test_rows_that_say_the_same_and_differ_in_one_amount(
    one: tuple[str, str], other: tuple[str, str], clash: str | None
) -> None:
    rows, meaning = two(0.6, one, other)
    found = run("contradiction", rows, meaning=meaning)
    assert {name: finding.action for name, finding in found.items()} == ({"a": "note", "b": "note"} if clash else {})
    assert clash is None or clash in found["a"].detail
    assert not run("contradiction", rows)
    far, meaning = two(0.4, one, other)
    assert not run("contradiction", far, meaning=meaning)


def test_the_documents_decide_which_of_two_amounts_is_held() -> None:
    rows, meaning = two(0.6, SALT, ("What salt goes in?", "Mix in 9 g of salt to each dough."))
    for told, actions in (
        ("Mix 5 g of salt into each dough.", {"b": "review"}),
        ("Mix 9 g of salt into each dough.", {"a": "review"}),
        ("Mix 5 g or 9 g of salt into each dough.", {"a": "note", "b": "note"}),
        ("The shop is 5 g away.", {"a": "note", "b": "note"}),
    ):
        found = run("contradiction", rows, meaning=meaning, knowledge=Knowledge((told,)))
        assert {name: finding.action for name, finding in found.items()} == actions, told


# Rows that do not belong

SUBJECTS = 3


def subjects(count: int = 60) -> tuple[list[Row], Meaning]:
    """Rows on three subjects, each prompt and response near its subject's axis, a little different each."""
    rows = [sft(f"q{i} {i % SUBJECTS}", f"r{i} {i % SUBJECTS}", str(i)) for i in range(count)]

    def vector_of(text: str) -> Sequence[float]:
        found = np.zeros(SUBJECTS + 1)
        found[int(text.split()[1])] = 1
        found += np.random.default_rng(int(text[1:].split()[0])).normal(scale=0.1, size=SUBJECTS + 1)
        return [float(value) for value in found]

    return rows, meaning_of(vector_of)


def test_a_response_to_another_prompt_stands_out() -> None:
    rows, meaning = subjects()
    assert not run("context_mismatch", rows, meaning=meaning, far=10.0, better=0)
    rows[7] = sft(f"q7 {7 % SUBJECTS}", f"r7 {(7 + 1) % SUBJECTS}", "7")
    found = run("context_mismatch", rows, meaning=meaning, far=10.0, better=15)
    assert set(found) == {"7"}
    assert int(found["7"].other or "") % SUBJECTS == (7 + 1) % SUBJECTS
    assert not run("context_mismatch", rows, meaning=meaning, far=10.0, better=50)
    assert not run("context_mismatch", rows[:49], meaning=meaning, far=10.0, better=1)


def test_a_subject_of_its_own_is_an_outlier() -> None:
    rows, meaning = subjects()
    assert not run("outlier", rows, meaning=meaning, far=10.0)
    rows[7] = sft(f"q7 {SUBJECTS}", f"r7 {SUBJECTS}", "7")
    assert set(run("outlier", rows, meaning=meaning, far=10.0)) == {"7"}
    assert "7" in run("outlier", rows, meaning=meaning, far=10.0, neighbours=1), "itself is no neighbour"
    assert not run("outlier", rows[:49], meaning=meaning, far=10.0)


def test_a_label_against_that_of_all_its_neighbours() -> None:
    rows, meaning = subjects(90)
    labelled = [Row(r.id, r.kind, r.prompt, r.answers, metadata={"subject": str(int(r.id) % SUBJECTS)}) for r in rows]
    assert not run("mislabel", labelled, meaning=meaning)
    wrong = labelled[7]
    labelled[7] = Row(wrong.id, wrong.kind, wrong.prompt, wrong.answers, metadata={"subject": "2"})
    found = run("mislabel", labelled, meaning=meaning, doubt=0.2, sure=0.6)
    assert set(found) == {"7"}
    assert "column 'subject' is '2', rows like it have '1'" in found["7"].detail
    assert not run("mislabel", labelled, meaning=meaning, doubt=0.2, sure=0.6, least=31)


def test_a_label_is_suspect_only_where_the_other_is_surer_than_is_usual() -> None:
    shares = np.array([[0.9, 0.1], [0.02, 0.98], [0.3, 0.7], [0.05, 0.95]])
    assert [i for i, _, _ in suspects(shares, ["x", "x", "x", "y"], ["x", "y"], 0.8, 0.05, 0)] == [1]
    assert not list(suspects(shares, ["x", "x", "x", "y"], ["x", "y"], 0.99, 0.05, 0))
    assert not list(suspects(shares, ["x", "x", "x", "y"], ["x", "y"], 0.8, 0.01, 0))
    assert [i for i, _, _ in suspects(shares, ["x", "x", "x", "y"], ["x", "y"], 0.99, 0.05, 0.03)] == [], "x is unsure"
    clear = np.array([[0.9, 0.1], [0.9, 0.1], [0.02, 0.98], [0.0, 1.0]])
    assert [i for i, _, _ in suspects(clear, ["x", "x", "x", "y"], ["x", "y"], 0.99, 0.05, 0.03)] == [2]
    assert [i for i, _, _ in suspects(clear, ["x", "x", "x", "y"], ["x", "y"], 0.99, 0.05, 0.01)] == []
    shares[3] = [0.0, 1.0]
    assert not list(suspects(shares, ["x", "x", "x", "y"], ["x", "y"], 0.8, 0.05, 0))


# Pairs

STEAM, BOIL = "Steam the rice for a quarter of an hour.", "Boil the rice until you feel like it."


def swapped(rows: Sequence[Row], **given: Any) -> list[str | None]:
    """The pairs that are held, those that are only noted left out."""
    return [name for name, finding in run("swapped_pair", rows, **given).items() if finding.action is None]


def test_two_signals_hold_a_pair_and_one_does_not() -> None:
    told = Knowledge(("Rice takes 15 minutes.",))
    dirty = pair("Rice?", "Take 99 minutes<|im_end|>", "Take 15 minutes.")
    assert swapped([dirty], knowledge=told) == ["a"]
    assert "special_token" in run("swapped_pair", [dirty], agree=1)["a"].detail
    assert swapped([dirty]) == []
    assert swapped([pair("Rice?", "Take 99 minutes<|im_end|>", "Take 98 minutes.")], knowledge=told) == []
    assert swapped([pair("Rice?", "Take 15 minutes.", "Take 99 minutes, you idiot.")], knowledge=told) == []
    assert swapped([pair("Rice for 99?", "99 take 15 minutes.", "Take 15.")], knowledge=told) == []


def test_a_worse_score_counts_twice() -> None:
    scored = {"score_chosen": 3, "score_rejected": 8.5}
    assert swapped([pair("Rice?", STEAM, BOIL, metadata=scored)]) == ["a"]
    assert swapped([pair("Rice?", STEAM, BOIL, metadata={"score_chosen": 8.5, "score_rejected": 3})]) == []
    assert scores_of(pair("Rice?", STEAM, BOIL, metadata={"chosen_rating": 3, "rejected_rating": True})) is None


def test_documents_and_neighbours_side_with_the_rejected_response() -> None:
    places = {
        "Rice?": 0.0,
        "And rice?": 0.0,
        "Rain?": 90.0,
        STEAM: 0.0,
        BOIL: 60.0,
        "Steamed rice is best.": 0.0,
        "Rain falls.": 180.0,
    }
    told, other = Knowledge(("# Rice\n\nSteamed rice is best.",)), sft("And rice?", STEAM, "b")
    right, wrong = pair("Rice?", STEAM, BOIL), pair("Rice?", BOIL, STEAM)
    assert swapped([wrong, other], meaning=angles(places), knowledge=told) == ["a"]
    assert swapped([right, other], meaning=angles(places), knowledge=told) == []
    assert swapped([wrong, other], meaning=angles(places)) == []
    assert swapped([wrong, sft("Rain?", STEAM, "b")], meaning=angles(places), knowledge=told) == []
    assert (
        swapped(
            [wrong], meaning=angles({**places, "Rain falls.": 180.0}), knowledge=Knowledge(("Rain falls.",)), agree=1
        )
        == []
    )


def tastes(count: int, turned: frozenset[int]) -> list[Row]:
    """Pairs that choose the polite side, those in `turned` the rude one."""
    rng = random.Random(0)
    kind = ["please", "thank", "welcome", "kindly", "happy", "glad", "gently"]
    rude = ["whatever", "obviously", "silly", "wrong", "dumb", "bad", "nonsense"]
    rows = []
    for i in range(count):
        about = [f"{rng.choice('abcdefgh')}{rng.choice('aeiou')}{rng.choice('klmnt')}" for _ in range(8)]
        good, bad = (" ".join(rng.sample([*rng.sample(words, 4), *about], 12)) for words in (kind, rude))
        sides = (bad, good) if i in turned else (good, bad)
        rows.append(pair(f"question {i}", *sides, str(i)))
    return rows


@pytest.mark.parametrize("with_meaning", [False, True])
def test_planted_swaps_have_the_lowest_margins(with_meaning: bool) -> None:
    turned = frozenset({3, 17, 31, 44, 58})
    rows = tastes(60, turned)
    polite = meaning_of(
        lambda text: (1.0, 0.2) if "please" in text or "thank" in text or "glad" in text else (0.2, 1.0)
    )
    found = margins(rows, polite if with_meaning else None)
    assert found is not None
    assert found.shape == (60,)
    assert {int(i) for i in found.argsort()[:5]} == turned
    assert max(found[i] for i in turned) < 0 < min(found[i] for i in range(60) if i not in turned)
    assert margins(rows[:39], None) is None
    assert {int(str(name)) for name in run("swapped_pair", rows)} == turned
    assert not swapped(rows), "one signal, which none backs"


def test_a_pair_is_judged_by_the_others_alone() -> None:
    rng = random.Random(1)
    names = [f"{a}{b}{c}" for a in "bdfg" for b in "aeiou" for c in "klmn"]
    rows = [pair("q", " ".join(rng.sample(names, 9)), " ".join(rng.sample(names, 9)), str(i)) for i in range(80)]
    found = margins(rows, None)
    assert found is not None
    assert 20 < (found < 0).sum() < 60, "by chance half of them look swapped; with a look at itself none would"


def test_a_pair_is_weak_when_scores_tie_or_both_sides_say_the_same() -> None:
    scored = [
        pair("q", STEAM, BOIL, str(i), metadata={"score_chosen": one, "score_rejected": other})
        for i, (one, other) in enumerate([(10, 0), (7.5, 7), (7.6, 7), (5, 5)])
    ]
    assert set(run("weak_pair", scored)) == {"1", "3"}
    sides = {
        STEAM: 0.0,
        "Rice is steamed for 15 minutes.": apart(0.93),
        "Steam rice a quarter hour.": apart(0.93),
        BOIL: 60.0,
    }
    alike = [pair("q", STEAM, "Steam rice a quarter hour."), pair("q", STEAM, BOIL, "b")]
    assert set(run("weak_pair", alike, meaning=angles(sides))) == {"a"}
    assert not run("weak_pair", alike)
    assert not run("weak_pair", [pair("q", STEAM, "Rice is steamed for 15 minutes.")], meaning=angles(sides))
    assert not run("weak_pair", alike, meaning=angles(sides), similar=0.94)
    never = {"Add salt to it.": 0.0, "Do not add salt to it.": 1.0}
    assert not run("weak_pair", [pair("q", *never)], meaning=angles(never))


# What a set tells about itself


def test_figures_have_one_spelling() -> None:
    assert figures("1,000 g, 12.50 of 3.0 at 10:30 and 7, 1.234,5 or 20.") == ["1000", "12.5", "10:30", "1.234,5", "20"]


def test_the_documents_support_what_they_or_the_prompt_state(tmp_path: Path) -> None:
    (tmp_path / "bread.md").write_text(
        "# Bread 99\n\nBake it at 220 degrees for 1,000 seconds.\n\nCall 020 7946 0018.\n"
    )
    told = Knowledge.read(str(tmp_path))
    assert told.unsupported(sft("Is 180 right?", ""), "Not 180 but 220, for 1000 seconds, or 25 minutes.") == ["25"]
    assert [part.strip() for part in told.paragraphs] == [
        "Bake it at 220 degrees for 1,000 seconds.",
        "Call 020 7946 0018.",
    ]


def test_a_habit_is_a_key_that_a_tenth_of_the_responses_open_a_line_with() -> None:
    assert line_keys("Answer: 4\n  answer:  5\nNo key here: none\nhttps://x.org\n12: no") == {
        "answer": 2,
        "no key here": 1,
    }
    rows = [sft("q", f"Yes.\nStatute: {i}" + ("\nNote: x" if i < 9 else ""), str(i)) for i in range(19)]
    rows.append(sft("q", "Yes.\nStatute: 1\nNo.\nStatute: 2", "20"))
    assert usual_keys(rows) == {"statute": 0.95}


def test_labels_are_few_values_that_many_rows_share() -> None:
    rows = [
        sft(
            "q",
            ("civil" if i % 2 else "criminal"),
            str(i),
            metadata={"court": f"c{i}", "appeal": i % 3 == 0, "page": i % 2},
        )
        for i in range(40)
    ]
    found = dict(label_sets(rows, 10))
    assert set(found) == {"the response", "column 'appeal'"}
    assert found["the response"]["1"] == "civil"
    assert set(dict(label_sets(rows, 15))) == {"the response"}
    coded = [
        sft("q", f'{{"area": "{"tax" if i % 2 else "land"}", "n": {i}, "said": "s{i}"}}', str(i)) for i in range(40)
    ]
    assert set(dict(label_sets(coded, 10))) == {"'area' of the response"}
    many = [sft("q", "", str(i), metadata={"judge": f"j{i % 21}", "clerk": f"c{i % 20}"}) for i in range(42)]
    assert set(dict(label_sets(many, 1))) == {"column 'clerk'"}, "with more than 20 values it is a name"
    mixed = [sft("q", "", str(i), metadata={"town": f"t{i % 2 if i < 31 else i}"}) for i in range(40)]
    assert not dict(label_sets(mixed, 10)), "most have to have one of the shared values"
    assert dict(label_sets(mixed[:38], 10)), "31 of 38 have"
    assert not dict(label_sets([sft("q", "civil", str(i)) for i in range(40)], 10)), "one value tells nothing"
    broken = [sft("q", '{"area": "tax"', str(i)) for i in range(40)]
    assert not dict(label_sets(broken, 10))


# Splits


def test_paraphrases_stay_on_one_side() -> None:
    rows = [sft(f"{w} {w[::-1] * 9} what?", f"{w * 7} that.", w) for w in map(chr, range(97, 123))]
    likeness = Likeness(rows, threshold=0.8)
    config = CurateConfig(dev=0.2, heldout=0.2)
    plain, proof = partition(rows, [], likeness, config, 0, {})
    across = [(a.id, b.id) for a, b in pairwise(rows) if plain[a.id] != plain[b.id]][::2]
    assert len(across) > 3
    assert proof["paraphrases_across"] == []
    together, proof = partition(rows, [], likeness, config, 0, {}, across)
    assert all(together[a] == together[b] for a, b in across)
    assert proof["families"] == len(rows) - len(across)
    assert proof["paraphrases_across"] == []


def test_a_paraphrase_of_a_given_held_out_row_is_named_in_the_proof() -> None:
    rows, given = [sft(f"{w} what?", f"{w * 7} that.", w) for w in "abcdef"], [sft("zz what?", "zzzzz that.", "z")]
    likeness = Likeness([*rows, *given], threshold=0.8)
    _, proof = partition(rows, given, likeness, CurateConfig(), 0, {}, [("a", "z"), ("b", "c")])
    assert {"a": "a", "b": "z"} in proof["paraphrases_across"]
    assert {"a": "b", "b": "c"} not in proof["paraphrases_across"]


# The real model


@pytest.mark.uses_model_cache
def test_the_real_model_tells_a_paraphrase_from_another_question() -> None:
    from stepladder.retrieval.dense import MINILM_FILES
    from stepladder.wheels import cache_dir

    folders = (cache_dir() / "models").glob("minilm-*")
    if not any(all((folder / Path(f.member).name).is_file() for f in MINILM_FILES) for folder in folders):
        pytest.skip("the model is not in the cache")
    rows = [
        sft(
            "How long should I soak dried chickpeas before cooking?",
            "Soak dried chickpeas for 12 hours in 3.5 litres of water.",
        ),
        sft(
            "For what time do dried chickpeas need to soak?",
            "Dried chickpeas need 12 hours of soaking in 3.5 litres.",
            "b",
        ),
        sft("How long do I have to appeal a parking fine?", "You can appeal a parking fine within 28 days.", "c"),
    ]
    assert set(run("duplicate_semantic", rows, meaning=Meaning(MINILM))) == {"b"}


@pytest.mark.uses_model_cache
def test_most_rewordings_are_found_among_rows_on_the_same_subjects_and_nothing_else_is() -> None:
    from stepladder.retrieval.dense import MINILM_FILES
    from stepladder.wheels import cache_dir

    folders = (cache_dir() / "models").glob("minilm-*")
    if not any(all((folder / Path(f.member).name).is_file() for f in MINILM_FILES) for folder in folders):
        pytest.skip("the model is not in the cache")
    cases = [json.loads(line) for line in (Path(__file__).parent / "paraphrases.jsonl").read_text().splitlines()]
    rows = [sft(case["prompt"], case["answer"], f"{i}") for i, case in enumerate(cases)]
    rows += [sft(case["asked"], case["said"], f"{i} again") for i, case in enumerate(cases) if case["asked"]]
    found = {(one.a.id, one.b.id) for one in paraphrases(rows, Meaning(MINILM))}
    right = {(a, b) for a, b in found if b == f"{a} again"}
    assert len(rows) - len(cases) == 27
    assert len(right) >= 20
    assert found == right
