from pathlib import Path

import pytest

from stepladder.errors import UserError
from stepladder.plugins import Table, checked_options, load


def part(row, *, share: float = 0.5) -> None: ...


def test_an_unknown_name_or_option_names_the_nearest() -> None:
    table: Table = Table("check")
    table.add("echo", part)
    with pytest.raises(UserError, match="Did you mean 'echo'"):
        table["ecko"]
    with pytest.raises(UserError, match=r"no option 'shore'\. Did you mean 'share'"):
        checked_options("check", "echo", part, {"shore": 1})
    assert checked_options("check", "echo", part, {"share": 1}) == {"share": 1}


def test_two_parts_of_one_name_are_refused() -> None:
    table: Table = Table("metric")
    table.add("length", part)
    with pytest.raises(UserError, match="defined twice"):
        table.add("length", print)


def test_a_broken_plugin_says_where(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("x = 1\ny = x / 0\n")
    with pytest.raises(UserError, match=r"mine.py:2: ZeroDivisionError"):
        load([file])
    with pytest.raises(UserError, match="is not a Python file"):
        load([tmp_path / "absent.py"])
