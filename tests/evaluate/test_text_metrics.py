"""Text metrics: the probe of research/evaluation.md section 3, every script, and hostile strings."""

import random
import re
import string
from collections import Counter
from collections.abc import Callable

import pytest

from stepladder.evaluate.metrics.facts import facts_share
from stepladder.evaluate.metrics.text import chrf, exact_match, rouge_l, rouge_tokens, squad_normalise, token_f1

OUTPUT, REFERENCE = "The cat sat on the mat.", "The cat is sitting on the mat."
TOP: dict[Callable[[str, str], float], float] = {chrf: 100, rouge_l: 1, token_f1: 1, exact_match: 1}
metric = pytest.mark.parametrize("score", TOP)


def test_probe() -> None:
    assert chrf(OUTPUT, REFERENCE) == pytest.approx(49.6485170311, abs=1e-9)
    assert rouge_l(OUTPUT, REFERENCE) == pytest.approx(0.76923, abs=5e-6)
    assert token_f1(OUTPUT, REFERENCE) == pytest.approx(0.666667, abs=5e-7)
    assert exact_match(OUTPUT, REFERENCE) == 0
    assert squad_normalise(OUTPUT) == "cat sat on mat"
    assert squad_normalise("1,000") == "1000"


def test_rouge_l_precision_and_recall_of_the_probe() -> None:
    common = 5  # the cat on the mat
    assert len(rouge_tokens(OUTPUT)) == 6, "precision 5/6 = .83333"
    assert len(rouge_tokens(REFERENCE)) == 7, "recall 5/7 = .71429"
    assert rouge_l(OUTPUT, REFERENCE) == pytest.approx(2 * common / 13)


@metric
@pytest.mark.parametrize(
    ("output", "reference", "values"),
    [
        ("", "", (0, 0, 1, 1)),
        ("", "a cat", (0, 0, 0, 0)),
        ("a cat", "", (0, 0, 0, 0)),
        ("   \n", "", (0, 0, 1, 1)),
        ("the", "a", (0, 0, 1, 1)),
        ("Tide!", "tide", (None, 1, 1, 1)),
        ("👍", "👎", (0, 0, 0, 0)),
    ],
)
def test_edges(
    score: Callable[[str, str], float], output: str, reference: str, values: tuple[float | None, ...]
) -> None:
    expected = values[list(TOP).index(score)]
    if expected is not None:
        assert score(output, reference) == expected


SCRIPTS = {
    "Cyrillic": ("Кошка сидит на коврике.", "Собака бежит в лес."),
    "Greek": ("Η γάτα κάθεται στο χαλί.", "Ο σκύλος τρέχει."),
    "Arabic": ("القطة تجلس على السجادة", "الكلب يركض في الغابة"),
    "Hebrew": ("החתול יושב על השטיח", "הכלב רץ ביער"),
    "Devanagari": ("बिल्ली चटाई पर बैठी है।", "कुत्ता जंगल में दौड़ता"),
    "Hangul": ("고양이가 매트 위에 앉았다", "개가 숲으로 달린다"),
    "Japanese": ("猫がマットの上に座った。", "犬は森へ走る"),
    "Chinese": ("猫坐在垫子上。", "狗跑进森林"),
    "Thai": ("แมวนั่งบนเสื่อ", "หมูวิ่ง"),
    "Khmer": ("ឆ្មាអង្គុយលើកន្ទេល", "ខ្មៅ"),
    "accented Latin": ("Où est l'été à Zürich ?", "Kde je pes"),
    "emoji": ("👍🏽", "🙁"),
}


@metric
@pytest.mark.parametrize("script", SCRIPTS)
def test_identical_is_perfect_and_another_text_is_not(score: Callable[[str, str], float], script: str) -> None:
    text, other = SCRIPTS[script]
    assert score(text, text) == pytest.approx(TOP[score])
    assert score(other, text) < 0.5 * TOP[score]


@pytest.mark.parametrize(
    ("output", "reference"), [("猫がマットの上に寝た", "猫がマットの上に座った"), ("แมวนั่งบนโต๊ะ", "แมวนั่งบนเสื่อ")]
)
def test_scripts_without_spaces_get_part_marks(output: str, reference: str) -> None:
    assert 0.5 < rouge_l(output, reference) < 1
    assert 0.5 < token_f1(output, reference) < 1


def test_marks_stay_with_their_character() -> None:
    assert rouge_tokens("ที่นี่ 5 USD") == ["ที่", "นี่", "5", "usd"]
    assert rouge_tokens("हिन्दी में") == ["हिन्दी", "में"]
    assert rouge_tokens("価格は1,000円") == ["価", "格", "は", "1", "000", "円"]
    assert rouge_tokens("cafe\u0301 CAFÉ") == ["café", "café"]
    assert rouge_tokens("so\u00adft snake_case don't") == ["soft", "snake", "case", "don", "t"]


def table_rouge(output: str, reference: str) -> float:
    """rouge-score 0.1.2 in the plainest form: its tokens, the table of the textbook, F1."""
    ours, theirs = (re.findall("[a-z0-9]+", text.lower()) for text in (output, reference))
    table = [[0] * (len(theirs) + 1) for _ in range(len(ours) + 1)]
    for i, one in enumerate(ours):
        for j, two in enumerate(theirs):
            table[i + 1][j + 1] = table[i][j] + 1 if one == two else max(table[i][j + 1], table[i + 1][j])
    return 2 * table[-1][-1] / (len(ours) + len(theirs)) if ours or theirs else 0.0


def script_squad(text: str) -> list[str]:
    """normalize_answer of the SQuAD v1.1 script, then its tokens."""
    bare = "".join(c for c in text.lower() if c not in string.punctuation)
    return re.sub(r"\b(a|an|the)\b", " ", bare).split()


def test_ascii_agrees_with_the_reference_scripts() -> None:
    draw = random.Random(0)
    for _ in range(300):
        one, two = (
            "x" + "".join(draw.choice("aab the, An.$5_'-\n") for _ in range(draw.randrange(30))) for _ in range(2)
        )
        assert rouge_l(one, two) == pytest.approx(table_rouge(one, two))
        ours, theirs = script_squad(one), script_squad(two)
        shared = (Counter(ours) & Counter(theirs)).total()
        assert token_f1(one, two) == pytest.approx(2 * shared / (len(ours) + len(theirs)))
        assert exact_match(one, two) == (ours == theirs)


def test_unicode_punctuation_goes_as_ascii_does() -> None:
    assert exact_match("“Yes” – £5。", "yes 5") == 1
    assert squad_normalise("«Été»… 50 %") == "été 50"


HOSTILE = [
    "\x00\x01",
    "\ud800",
    "\u200b" * 50,
    "\u0301" * 500,
    "a" * 200_000,
    "猫" * 20_000,
    "(" * 5_000,
    "\u202eabc",
    "ﷺİß",
]


@metric
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_strings_score_and_stay_in_range(score: Callable[[str, str], float], text: str) -> None:
    for pair in ((text, text), (text, "a cat"), ("a cat", text), (text, "")):
        assert 0 <= score(*pair) <= TOP[score] * (1 + 1e-9)


def test_facts() -> None:
    output = "The ferry costs £12.50 and leaves at 9:15 from Pier 4."
    assert facts_share(output, ["12.5", ["nine fifteen", "9:15"], "pier 4"], ["15", "Pier 40"]) == (5, 5, [])
    passed, total, failures = facts_share(output, ["£12", ["10:15", "ten"]], ["ferry"])
    assert (passed, total) == (0, 3)
    assert failures == ["missing: '£12'", "missing: '10:15' or 'ten'", "must not be there: 'ferry'"]
    assert facts_share(output, "ferry") == (1, 1, [])
    assert facts_share(output, [], "12.50") == (0, 1, ["must not be there: '12.50'"])
    assert facts_share("anything", [], ["b"]) == (1, 1, [])


def test_leaving_out_what_is_barred_earns_nothing_by_itself() -> None:
    silent = ["missing: 'a'", "not there, like all that must be: 'b'"]
    assert facts_share("", ["a"], ["b"]) == (0, 2, silent)
    assert facts_share("other", ["a"], ["b"]) == (0, 2, silent)
    assert facts_share("a", ["a", "c"], ["b"]) == (2, 3, ["missing: 'c'"])
    assert facts_share(" \n", [], ["b"])[0] == 0


def test_no_facts_are_none() -> None:
    assert facts_share("anything", []) == (0, 0, [])


@pytest.mark.parametrize(("wanted", "barred"), [([" "], []), ([["ferry", ""]], []), ([[]], []), ([], [""])])
def test_blank_facts_are_refused(wanted: list[str | list[str]], barred: list[str]) -> None:
    with pytest.raises(ValueError, match=r"blank|without"):
        facts_share("The ferry", wanted, barred)
