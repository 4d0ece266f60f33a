"""Amounts in figures and in words, and which of them two texts share."""

import pytest

from stepladder.curate.duplicates.amounts import Amount, amounts, shared
from stepladder.curate.duplicates.decisive import negations


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("90 minutes, an hour and a half, one and a half hours, 1.5 hrs", ["90 minutes"] * 4),
        ("three weeks, 21 days, twenty-one working days", ["21 days"] * 3),
        ("a fortnight, within a week, half a day", ["14 days", "7 days", "12 hours"]),
        ("£6.50 a day, twice an hour", ["6.5 £"]),
        ("£57.50 or fifty-seven pounds fifty, 30p or thirty pence", ["57.5 £", "57.5 £", "0.3 £", "0.3 £"]),
        ("$1,234.56 and 1,000 g, a kilo, 2.46m, 590 cm", ["1234.56 $", "1000 g", "2.46 m", "5.9 m"]),
        ("10 %, 10 percent, ten per cent", ["10 %"] * 3),
        ("at 17:40, 5.40pm, twenty to six, half past six", ["17:40", "17:40", "5:40", "6:30"]),
        ("10.45 boat, quarter to eleven, one o'clock", ["10:45", "10:45", "1:00"]),
        ("15 August, August 15th, the 15th of August", ["15 august"] * 3),
        ("2 to 8, 10 to 12 children, half a dozen, a hundred and five", ["2", "8", "10", "12", "6", "105"]),
        ("one of them, the first, may, T8KW3M", []),
    ],
)
def test_amounts_are_read_in_one_spelling(text: str, found: list[str]) -> None:
    assert [str(amount) for amount in amounts(text)] == found


def test_a_clock_time_in_words_is_either_half_of_the_day_and_one_in_figures_is_not() -> None:
    morning, evening, spoken = (frozenset(amounts(text)) for text in ("05:40", "17:40", "twenty to six"))
    assert shared(morning, evening) == frozenset()
    assert shared(evening, spoken) == evening
    assert shared(spoken, morning) == spoken
    assert shared(frozenset(amounts("17:41")), spoken) == frozenset()


def test_only_a_bare_number_of_one_digit_tells_nothing() -> None:
    assert [amount.tells for amount in amounts("3 things, 30 things, 3 metres")] == [False, True, True]
    assert amounts("1,000,000") == (Amount("", 1e6),)


def test_negations_are_counted_whatever_the_word() -> None:
    assert negations("with no limit and don't ask") == negations("without a limit, and never ask") == 2
