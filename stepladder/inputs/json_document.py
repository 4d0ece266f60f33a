"""A JSON file: a list of rows, an object around one list of rows, one row, or several values one after the other."""

import re
from collections.abc import Callable, Iterator
from json import JSONDecodeError
from typing import Any

from stepladder.errors import UserError
from stepladder.inputs.item import Item, RowFault
from stepladder.inputs.json_value import check, decoder, explain

_SPACE = re.compile(r"[ \t\r\n]*")
_NOT_UTF8 = re.compile("[\udc80-\udcff]")  # how `text.decode` marks bytes that are not UTF-8


class _Scanner:
    """Reads values of `text` from a position on; knows the line of every position that it is asked about in order."""

    def __init__(self, name: str, text: str) -> None:
        self.name, self.text, self.at = name, text, 0
        self._twice: list[str] = []
        self._scan = decoder(self._twice).raw_decode
        self._line, self._counted = 1, 0

    def skip(self) -> str:
        """Go to the next character that is not space and return it, or "" at the end."""
        self.at = _SPACE.match(self.text, self.at).end()  # type: ignore[union-attr]  # matches everywhere
        return self.text[self.at : self.at + 1]

    def item(self) -> Item:
        """The value that starts here, as an item."""
        self._line += self.text.count("\n", self._counted, self.at)
        self._counted, start = self.at, self.at
        value = self.value()
        source = self.text[start : self.at]
        try:
            check(value, self._twice)
            if not source.isascii() and (broken := _NOT_UTF8.search(source)):
                raise RowFault(f"is not UTF-8: byte 0x{ord(broken[0]) - 0xDC00:02X}")
        except RowFault as fault:
            return Item(self._line, source, str(fault))
        return Item(self._line, value)

    def value(self) -> Any:
        """The value that starts here; a broken one ends the reading, since nobody knows where the next begins."""
        self._twice.clear()
        try:
            value, self.at = self._scan(self.text, self.at)
        except (ValueError, RecursionError) as error:
            raise self.broken(error) from error
        return value

    def expect(self, wanted: str) -> str:
        """Step over the next character, which is one of `wanted`."""
        found = self.skip()
        if not found or found not in wanted:
            raise self.broken(JSONDecodeError(f"Expecting '{wanted[0]}' delimiter", self.text, self.at))
        self.at += 1
        return found

    def broken(self, error: ValueError | RecursionError) -> UserError:
        """The fault of the whole file at the place where its JSON breaks."""
        place = min(error.pos if isinstance(error, JSONDecodeError) else self.at, len(self.text.rstrip()))
        start, end = self.text.rfind("\n", 0, place) + 1, self.text.find("\n", place)
        line = self.text[start : None if end < 0 else end]
        if isinstance(error, JSONDecodeError):
            error = JSONDecodeError(error.msg, line, place - start)
        where = f"{self.name}:{self.text.count(chr(10), 0, place) + 1}"
        todo = "Mend the JSON there, or give one row a line (JSONL), where a fault costs one row only"
        return UserError(where, explain(error, line), todo)


def read(name: str, text: str, is_row: Callable[[Any], bool]) -> Iterator[Item]:
    """Every row of the document, `line` being the line where it starts.

    An object that is no row itself (`is_row`) and holds exactly one list of objects, as in {"data": [...]}, stands for
    that list.

    Raises:
        UserError: broken JSON.
    """
    scanner = _Scanner(name, text)
    if scanner.skip() == "[":
        yield from _elements(scanner)
        if scanner.skip():
            raise scanner.broken(JSONDecodeError("Extra data", text, scanner.at))
        return
    first = scanner.item()
    if not scanner.skip() and first.fault is None and _is_wrapper(first.value) and not is_row(first.value):
        yield from _wrapped(_Scanner(name, text))
        return
    yield first
    while scanner.skip():
        yield scanner.item()


def _elements(scanner: _Scanner) -> Iterator[Item]:
    """The elements of the list that starts here."""
    scanner.expect("[")
    if scanner.skip() == "]":
        scanner.at += 1
    else:
        yield scanner.item()
        while scanner.expect(",]") == ",":
            scanner.skip()
            yield scanner.item()


def _is_wrapper(value: Any) -> bool:
    return isinstance(value, dict) and sum(map(_is_rows, value.values())) == 1


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _wrapped(scanner: _Scanner) -> Iterator[Item]:
    """The elements of the one list of objects in the object that starts here."""
    scanner.skip()
    scanner.expect("{")
    while scanner.skip() != "}":
        scanner.value()
        scanner.expect(":")
        scanner.skip()
        start = scanner.at
        if _is_rows(scanner.value()):
            scanner.at = start
            yield from _elements(scanner)
            return
        if scanner.skip() == ",":
            scanner.at += 1
