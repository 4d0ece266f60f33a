"""Figures in text: one spelling for one number, and no figure found inside another."""

import pytest

from stepladder.evaluate.metrics.numbers import contains, normalise_numbers

SPELLINGS = {
    "12.50": "12.5",
    "12.00": "12",
    "0.0": "0",
    ".50": "0.5",
    "$.50": "$0.5",
    "1,000": "1000",
    "1,234,567.80": "1234567.8",
    "1\u202f000 km": "1000 km",
    "£ 12.50": "£12.5",
    "50 %": "50%",
    "\u22125.0": "-5",
    "１２．５": "12．5",  # a full-width stop is no decimal point
    "٣٠": "30",
    "約1,000円": "約1000円",
    "Costs 1,000. Then 2,000.": "costs 1000. then 2000.",
    "Great\n\tBritain": "great britain",
    # left alone
    "12,5": "12,5",
    "12,50": "12,50",
    "1,00": "1,00",
    "1,0000": "1,0000",
    "0,500": "0,500",
    "1.000,50": "1.000,50",
    "1.2.30": "1.2.30",
    "v1.50": "v1.50",
    "007": "007",
    "10²": "10²",
    "twelve": "twelve",
    "1,2,3": "1,2,3",
    "2024,100": "2024,100",
}


@pytest.mark.parametrize(("text", "plain"), SPELLINGS.items())
def test_one_spelling(text: str, plain: str) -> None:
    assert normalise_numbers(text) == plain
    assert normalise_numbers(plain) == plain


FOUND = [
    ("It costs £12.50.", "12.5"),
    ("It costs 12.5 pounds", "12.50"),
    ("about 1000 seats", "1,000"),
    ("about 1,000 seats", "1000"),
    ("1,000 seats", "1,000 SEATS"),
    ("5", "5"),
    ("(5)", "5"),
    ("It is 5.", "5"),
    ("5, 6 and 7", "5"),
    ("5.00", "5"),
    ("5kg", "5"),
    ("5 kg", "5"),
    ("5%", "5 %"),
    ("**5**", "5"),
    ("3-5 days", "5"),
    ("Answer:5", "5"),
    ("£5.00 each", "£5"),
    ("£ 5 each", "£5"),
    ("-5 degrees", "-5"),
    ("\u22125 degrees", "-5"),
    ("約5キロ", "5"),
    ("on 2024-05-01", "2024"),
    ("PIER FOUR", "pier four"),
    ("refunds", "refund"),
    ("Straße", "STRASSE"),
    ("12,5 Euro", "12,5"),
    ("9:15", "9:15"),
]
MISSED = [
    ("15", "5"),
    ("51", "5"),
    ("5.50", "5"),
    ("1.5", "5"),
    ("12,5", "5"),
    ("12,5", "12"),
    ("12,5", "12.5"),
    ("5:30", "5"),
    ("1,500", "5"),
    ("1,500", "500"),
    ("-5 degrees", "5"),
    ("it is (-5)", "5"),
    ("10-5", "-5"),
    ("A5 paper", "5"),
    ("£50", "£5"),
    ("£5.50", "£5"),
    ("£15", "5"),
    ("15%", "5%"),
    ("5.5", "5."),
    ("5e3", "5"),
    ("twelve", "12"),
    ("12", "twelve"),
    ("10²", "102"),
    ("pier 40", "pier 4"),
    ("14 piers", "4 piers"),
    ("", "5"),
]


@pytest.mark.parametrize(("text", "needle"), FOUND)
def test_found(text: str, needle: str) -> None:
    assert contains(text, needle)


@pytest.mark.parametrize(("text", "needle"), MISSED)
def test_not_found(text: str, needle: str) -> None:
    assert not contains(text, needle)


@pytest.mark.parametrize("needle", ["", " \n"])
def test_blank_needle_is_refused(needle: str) -> None:
    with pytest.raises(ValueError, match="blank"):
        contains("text", needle)


@pytest.mark.parametrize("text", ["1" * 100_000, "1," * 50_000, "1,000" * 20_000, "." * 100_000, "1 " * 50_000 + "%"])
def test_long_figures_are_read_to_the_end(text: str) -> None:
    assert contains(text + " 7", "7")  # a pattern that backtracks would keep this test from ever ending
