"""Personal data and secrets: how many are found, how often a rule cries wolf, and what the placeholders are like."""

import re

import pytest

from stepladder.curate import registry as registry
from stepladder.curate.check import repairs
from stepladder.curate.private.checksums import is_card, is_iban
from stepladder.curate.private.personal import personal
from stepladder.curate.private.secrets import secrets
from stepladder.curate.repairs.pii import datum

from .private_cases import WITH, WITHOUT

HOSTILE = [
    *(char * 100_000 for char in "a1A (+-.\n"),
    "@" * 10_000,
    "1" * 100_000 + "x",
    "1 " * 50_000,
    "12 " * 30_000 + "x",
    "https://finch.io/?token=" + "a_" * 50_000,
    "a." * 50_000,
    "a-" * 50_000,
    "a@a." * 25_000,
    "Aa " * 30_000 + "1",
    "07911 123456 " * 8_000,
    "aa at aa dot " * 7_000,
    "password for a " * 7_000,
    "eyJaaaaaaaaaa-" * 7_000,
    "-----BEGIN PRIVATE KEY-----" * 4_000,
    "order" + "no" * 50_000 + " 4532987165402139",
    "Calle a 1 " * 10_000,
    "curl -u " * 12_000,
]


def masked(code: str, text: str, known: dict[str, str] | None = None, **options: object) -> str:
    """The text after one of the repairs."""
    result = repairs[code].function(text, known={} if known is None else known, **options)
    return str(result[0]) if result else text


def both(text: str) -> str:
    return masked("secret", masked("pii", text))


def is_hit(kind: str, case: str) -> bool:
    """Whether what the case marks, all of it and nothing else, is masked, and as the right kind."""
    out = both(re.sub("[⟦⟧]", "", case))
    wanted = re.escape(re.sub("⟦.*?⟧", "■", case, flags=re.S)).replace("■", rf"\[{kind}_\d+\]")
    return re.fullmatch(wanted, out) is not None


def test_the_case_sets_are_large() -> None:
    assert sum(map(len, WITH.values())) >= 200
    assert len(WITHOUT) >= 200


def test_at_least_95_percent_of_data_are_masked() -> None:
    missed = [case for kind, cases in WITH.items() for case in cases if not is_hit(kind, case)]
    assert len(missed) <= 0.05 * sum(map(len, WITH.values())), missed


@pytest.mark.parametrize("kind", WITH)
def test_at_least_90_percent_of_each_kind_are_masked(kind: str) -> None:
    missed = [case for case in WITH[kind] if not is_hit(kind, case)]
    assert len(missed) <= 0.1 * len(WITH[kind]), missed


def test_at_most_2_percent_of_look_alikes_are_masked() -> None:
    alarms = [(case, both(case)) for case in WITHOUT if both(case) != case]
    assert len(alarms) <= 0.02 * len(WITHOUT), alarms


@pytest.mark.parametrize("code", ["pii", "secret"])
def test_a_second_pass_finds_nothing(code: str) -> None:
    for case in (case for cases in WITH.values() for case in cases):
        once = masked(code, re.sub("[⟦⟧]", "", case))
        assert masked(code, once) == once


def test_one_datum_has_one_placeholder_in_the_whole_row() -> None:
    known: dict[str, str] = {}
    prompt = masked("pii", "Call +44 7911 123456 or +49 171 8834521, or write to lena@finch.io.", known)
    answer = masked("pii", "I called +49 171 883-4521 and wrote to Lena@Finch.io.", known)
    assert prompt == "Call [PHONE_1] or [PHONE_2], or write to [EMAIL_1]."
    assert answer == "I called [PHONE_2] and wrote to [EMAIL_1]."


def test_one_secret_has_one_placeholder_in_the_whole_row() -> None:
    known: dict[str, str] = {}
    prompt = masked("secret", "My password is hunter4285 and the door code is 4471.", known)
    answer = masked("secret", "Set `PASSWORD=hunter4285`, then password: Tulip!River29", known)
    first, second = re.findall(r"\[SECRET_\d\]", prompt)
    assert prompt == f"My password is {first} and the door code is {second}."
    assert answer == f"Set `PASSWORD={first}`, then password: [SECRET_3]"
    assert {first, second} == {"[SECRET_1]", "[SECRET_2]"}


@pytest.mark.parametrize("code", ["`x = {}`", "```python\nx = '{}'\n```"])
def test_code_keeps_personal_data_but_no_secrets(code: str) -> None:
    email, key = code.format("lena@finch.io"), code.format("gh" + "p_9aKd72LmQx3VbNc81TzRwY5hGfJs4pE6oU0i")
    assert masked("pii", email) == email
    assert masked("secret", key) == code.format("[SECRET_1]")


def test_what_is_public_stays() -> None:
    text = "Call 0161 850 2234, or me on 07700 812345."
    assert masked("pii", text, public={datum("0161 850 2234")}) == "Call 0161 850 2234, or me on [PHONE_1]."


def test_regions_say_whose_numbers_need_no_country_code() -> None:
    text = "Il 06 84 31 97 20, merci."
    assert masked("pii", text) == text
    assert masked("pii", text, regions=["FR"]) == "Il [PHONE_1], merci."


def test_what_was_done_is_told() -> None:
    result = repairs["pii"].function("lena@finch.io, tom@finch.io, DOB: 1990-01-01", known={})
    assert result is not None
    assert result[1] == "personal data masked (1 birth date, 2 email)"


def test_check_digits() -> None:
    assert is_card("4532987165402139")
    assert not is_card("4532987165402138"), "wrong check digit"
    assert not is_card("9999999999999995"), "no network has this prefix"
    assert is_iban("DE44 5001 0517 5407 3249 31")
    assert not is_iban("DE44 5001 0517 5407 3249 32"), "wrong check digits"
    assert not is_iban("DE44 5001 0517 5407 3249"), "wrong length"


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:12]))
def test_hostile_texts_end(text: str) -> None:
    """A rule that backtracks takes hours over these."""
    for item in (*personal(text), *secrets(text)):
        assert 0 <= item.start < item.end <= len(text)
