"""The helpers that checks look at text with."""

import pytest

from stepladder.curate.duplicates.decisive import decisive_difference, other_words
from stepladder.curate.text import is_code, is_listing, is_verse, normal, words


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Hello, World!", "hello world"),
        ("“Quoted”  text", '"quoted" text'),
        ("Ｆｕｌｌ width", "full width"),
        ("a\nb", "a b"),
    ],
)
def test_the_same_text(a: str, b: str) -> None:
    assert normal(a) == normal(b)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("2+3", "2-3"),
        ("3.5", "35"),
        ("C++", "C"),
        ("-5", "5"),
        ("5!", "5"),
        ("`Foo`", "`foo`"),
        ("don't", "do not"),
        ("a.b", "ab"),
        ("1,000", "1.000"),
    ],
)
def test_another_text(a: str, b: str) -> None:
    assert normal(a) != normal(b)


@pytest.mark.parametrize(
    ("a", "b", "told"),
    [
        ("Take two tablets.", "Take four tablets.", "'2' against '4'"),
        ("from Arnmouth to Skell", "from Skell to Arnmouth", "'skell'"),
        ("Is it allowed?", "Is it not allowed?", "'not'"),
        ("It takes 5 minutes", "It takes 5 hours", "'minutes' against 'hours'"),
        ("Paris is nice.", "London is nice.", "'paris' against 'london'"),
        ("Call get_name here", "Call set_name here", "'get_name' against 'set_name'"),
        ("Use `a` here", "Use `b` here", "'a' against 'b'"),
        ("What is 2+3", "What is 2-3", "'+' against '-'"),
        ("It costs $5", "It costs £5", "'$' against '£'"),
        ("before noon", "after noon", "'before' against 'after'"),
        ("You can go", "You can't go", "'cannot'"),
    ],
)
def test_what_decides(a: str, b: str, told: str) -> None:
    found = decisive_difference(a, b)
    assert found is not None
    assert told in found


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Take two tablets", "take 2 tablets"),
        ("It costs 1,000", "it costs 1000"),
        ("5.0 km", "5 km"),
        ("HOW MUCH IS IT?", "how much is it"),
        ("Please tell me how", "Tell me how please"),
        ("Sure, here is the answer: restart it.", "Restart it."),
        ("colour", "color"),
    ],
)
def test_what_does_not_decide(a: str, b: str) -> None:
    assert decisive_difference(a, b) is None


def test_other_words_forgives_spelling_and_sees_content() -> None:
    assert other_words("Which colour has the ferry?", "which color does the ferry have") is None
    assert other_words("Translate: dog", "Translate: cat") in ("'cat'", "'dog'")


def test_shapes_of_text() -> None:
    assert is_verse("Roses are red\nViolets are blue\nSugar is sweet")
    assert is_code("SELECT a\nFROM b;")
    assert is_code("def f(x):\n    return x")
    assert not is_code("The class of 1990 met again. They had a good time.")
    assert is_listing("apples, pears and plums")
    assert not is_listing("When it rains, the ferry may be late because the harbour is shallow")
    assert words("It's 3.5 km, 日本!") == ["It's", "3", "5", "km", "日", "本"]


@pytest.mark.parametrize(
    "text",
    ["!" * 10**6 + "x", " " * 10**6 + "x", "`" * 10**6, "a`" * 500_000, "\n" * 10**6, "(" * 10**6, "x " * 500_000],
)
def test_a_million_characters_are_read_to_the_end(text: str) -> None:
    from stepladder.curate import registry as registry
    from stepladder.curate.check import repairs

    # a pattern that backtracks would keep this test from ever ending
    assert isinstance(normal(text), str)
    for code, part in repairs.items():
        done = part.function(text, **({"known": {}} if part.remembers else {}))
        assert done is None or len(done[0]) <= len(text), code
