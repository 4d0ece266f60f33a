"""The columns of a row under their usual names: case does not count, and a space is as good as an underscore."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from stepladder.inputs.item import RowFault


@lru_cache(maxsize=4096)
def usual(name: str) -> str:
    """`name` in the form in which columns are compared."""
    return name.strip().casefold().replace(" ", "_")


@lru_cache(maxsize=1024)
def _usual_names(written: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((usual(name), name) for name in written)


class Columns:
    """One row, asked by the usual names of its columns. A column that is null is not there.

    `present` are the usual names with a value, `absent` those that are null.
    """

    __slots__ = ("_written", "absent", "present", "row")

    def __init__(self, row: Mapping[str, Any], known: frozenset[str]) -> None:
        """`known` are the columns that a format may use.

        Raises:
            RowFault: two columns with a value have one usual name, and a format uses it.
        """
        self.row = row
        self._written: dict[str, str] = {}
        absent = set()
        for name, written in _usual_names(tuple(row)):
            if row[written] is None:
                absent.add(name)
            elif name not in self._written:
                self._written[name] = written
            elif name in known:
                raise RowFault(f"the columns '{self._written[name]}' and '{written}' are one and the same")
        self.present = frozenset(self._written)
        self.absent = frozenset(absent - self.present)

    def __getitem__(self, name: str) -> Any:
        written = self._written.get(name)
        return None if written is None else self.row[written]

    def others(self, used: Iterable[str]) -> dict[str, Any]:
        """The columns with a value that are not `used`, under the names that they have in the file."""
        left = self.present.difference(used)
        if not left:
            return {}
        taken = {self._written[name] for name in self.present - left}
        return {name: value for name, value in self.row.items() if value is not None and name not in taken}
