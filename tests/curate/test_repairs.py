"""Repairs: what is mended, what is left as it is, and that a second pass finds nothing."""

import random

import pytest

from stepladder.config import CurateConfig, Project
from stepladder.curate import registry as registry
from stepladder.curate.check import repairs
from stepladder.curate.context import Context
from stepladder.curate.repair import repaired
from stepladder.curate.rules import Rules
from stepladder.curate.text import outside_code, pieces
from stepladder.records import Row

MENDED = {
    "encoding": [
        ("schÃ¶n", "schön"),
        ("â€œHiâ€\x9d", "“Hi”"),
        ("ÐŸÑ€Ð¸Ð²ÐµÑ‚", "Привет"),
        ("a\x00b\x07", "ab"),
        ("\ud83d\ude00", "😀"),
        ("a\ud800", "a\ufffd"),
        ("`schÃ¶n` is not schÃ¶n", "`schÃ¶n` is not schön"),
    ],
    "whitespace": [
        ("a  \n\n\n\n\nb  ", "a\n\n\nb"),
        ("a \nb\t\nc", "a\nb\nc"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("a\u00a0\u00a0b and c\u00a0 d", "a b and c d"),
        ("the\u00a0cat and\u00a0the dog,\u00a0then 10\u00a0km", "the cat and the dog, then 10\u00a0km"),
        ("\u00a0\u00a0x = 1\n\u00a0\u00a0y", "  x = 1\n  y"),
        ("zero\u200bwidth\ufeff and soft\u00adhyphen", "zerowidth and softhyphen"),
        (" Paris", "Paris"),
        ("\n\n  - a\n", "  - a"),
        ("See `a  ` here. ", "See `a  ` here."),
        ("Run:\r\n```\r\nx\r\n```\r\n", "Run:\n```\nx\n```"),
        ("   ", ""),
    ],
}
KEPT = {
    "encoding": [
        "“Quotes” and ’apostrophes’ «here»",
        "ﬁne ligature",
        "ｶﾀｶﾅ and ，full width。",
        "&lt;b&gt; &amp;",
        "À la carte",
        "Ã la",
        "São Paulo, ação",
        "Ω",
        "a\r\nb",
        "नमस्ते",
        "שלום",
        "ไทย",
        "\u202eRTL\u202c",
        "```\nschÃ¶n\n```",
    ],
    "whitespace": [
        "    return x",
        "def f():\n    if x:\n\treturn 1",
        "a  \nb",
        "10\u00a0€",
        "Dr.\u00a0Who and the\u00a0cat",
        "« Oui\u00a0! Non\u00a0! Si\u00a0! »",
        "👩\u200d👩",
        "می\u200cخواهم",
        "ไทย\u200bไทย",
        "```\nx  \n\n\n\n\ny\t\n```",
        "a\n\n\nb",
        "| a  | b |",
        "  - nested\n    - more",
        "x\u3000y",
    ],
}


@pytest.mark.parametrize(("code", "text", "mended"), [(c, *case) for c in MENDED for case in MENDED[c]])
def test_mends(code: str, text: str, mended: str) -> None:
    result = repairs[code].function(text)
    assert result is not None
    assert result[0] == mended
    assert repairs[code].function(mended) is None, "a second pass finds something"


@pytest.mark.parametrize(("code", "text"), [(c, text) for c in KEPT for text in KEPT[c]])
def test_leaves_sound_text_alone(code: str, text: str) -> None:
    assert repairs[code].function(text) is None


def settled(text: str) -> str:
    """The text as the stage leaves it."""
    row = Row(
        "a", "sft", ({"role": "user", "content": "?"},), {"completion": ({"role": "assistant", "content": text},)}
    )
    return repaired(row, Rules(CurateConfig()), Context(Project(), (), None, 0))[0].completion_text


def test_repairs_settle_on_any_text() -> None:
    rng = random.Random(0)
    parts = [
        "a",
        " ",
        "  ",
        "\n",
        "\r\n",
        "\t",
        "`",
        "```",
        "```\n",
        "~~~\n",
        "Ã¶",
        "\u00a0",
        "\u200b",
        "€",
        "é",
        "\x00",
        "x = 1",
        "日",
    ]
    for _ in range(2000):
        text = "".join(rng.choices(parts, k=rng.randint(0, 30)))
        once = settled(text)
        assert settled(once) == once, text


def test_code_survives_character_by_character() -> None:
    fenced = "```python\ndef f():  \n\treturn 'Ã¶'\u200b\n\n\n\n\n```"
    text = f"Before.  \n{fenced}\nAfter `x  ` that. "
    for _, part in repairs.items():
        text = (part.function(text, **({"known": {}} if part.remembers else {})) or (text,))[0]
    assert fenced in text
    assert "`x  `" in text


@pytest.mark.parametrize(
    "text", ["", "a", "`", "``a` b``", "```\na", "~~~\na\n~~~ b", "a `b` c `d", "```x```", "a\n  ```\n`b`\n  ```\nc"]
)
def test_pieces_are_the_text(text: str) -> None:
    assert "".join(piece for _, piece in pieces(text)) == text
    assert outside_code(text, lambda piece: piece) == text
