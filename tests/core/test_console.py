import io

import pytest

from stepladder import console


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "environment", "moves"),
    [
        (Terminal(), {}, True),
        (io.StringIO(), {"FORCE_COLOR": "1"}, False),  # rich alone would animate into a pipe
        (Terminal(), {"CI": "true"}, False),
        (Terminal(), {"TERM": "dumb"}, False),
    ],
)
def test_animation_only_where_a_terminal_can_show_it(monkeypatch, stream, environment, moves) -> None:
    for name in ("CI", "TERM", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stderr", stream)
    assert console.animated() is moves


def test_a_table_fits_79_columns_and_keeps_numbers_whole(capsys) -> None:
    console.configure(quiet=False)
    console.table(
        "A title", ("name", "mean", "95 % interval"), [("x" * 120, "0.417", "0.386 to 0.447"), ("b", "1.5", "1 to 2")]
    )
    lines = capsys.readouterr().err.splitlines()
    assert max(map(len, lines)) <= 79
    assert any("0.417" in line and "0.386 to 0.447" in line for line in lines)


@pytest.mark.parametrize(
    ("seconds", "words"), [(7.6, "8 s"), (200, "3 min 20 s"), (900, "15 min"), (7500, "2 h 5 min")]
)
def test_durations_as_a_person_says_them(seconds: float, words: str) -> None:
    assert console.duration(seconds) == words


def test_quiet_silences_all_but_warnings(capsys) -> None:
    console.configure(quiet=True)
    console.say("a remark")
    console.table("t", ("a",), [("1",)])
    console.warn("look out")
    console.configure(quiet=False)
    assert capsys.readouterr().err == "warning: look out\n"
