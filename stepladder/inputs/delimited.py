"""CSV and its relatives: a header, then one row a record; the delimiter is found by what the header then says."""

import ast
import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from stepladder.errors import UserError
from stepladder.inputs.item import Item, RowFault
from stepladder.inputs.json_lines import MAX_LINE

Fits = Callable[[Sequence[str]], bool]

_DELIMITERS = (",", ";", "\t", "|")
_NOT_UTF8 = re.compile("[\udc80-\udcff]")  # how `text.decode` marks bytes that are not UTF-8
_TURNS = re.compile(r"""\s*\[\s*\{\s*['"](role|content|from|value)['"]\s*:""")
_REASONS = {
    "unexpected end of data": "a quote opens in this record and is never closed",
    "field larger": f"a cell is longer than {MAX_LINE // 2**20} MB",
}
_WRONG_QUOTE = "a quote inside a quoted cell is not doubled"


def fits_any(text: str, fits: Fits) -> bool:
    """Whether the first line of `text` names the columns of a known format, with any delimiter."""
    return any(fits(_header(text.splitlines(), mark)) for mark in _DELIMITERS)


def read(name: str, text: str, fits: Fits, wanted: str) -> Iterator[Item]:
    """Every record after the header, as column -> text; `line` is the line where the record starts.

    Quoted cells may hold line ends and delimiters. An empty cell is None, as nothing else can say so in this format. A
    cell that holds a list of turns, as JSON or as Python prints it (what pandas writes), is taken apart. More or fewer
    cells than the header, a wrong quote or bytes that are not UTF-8 are a fault of that record. After a wrong quote
    reading goes on in the line after the record's first, so that a quote that is never closed hides no line. Blank
    lines are no rows.

    Raises:
        UserError: no header with columns of a known format (`wanted` lists those), or a column named twice.
    """
    csv.field_size_limit(max(csv.field_size_limit(), MAX_LINE))
    lines = io.StringIO(text, newline="").readlines()
    hint = re.fullmatch(r"sep=(.)\s*", lines[0]) if lines else None  # Excel's own way to name the delimiter
    first = 1 if hint else 0
    mark = hint[1] if hint else _delimiter(lines, fits)
    records = _records(lines, first, mark)
    header = next(records)[1]
    names = _names(name, [cell.strip() for cell in header], fits, wanted)
    for line, cells, fault in records:
        try:
            if fault:
                raise RowFault(fault)
            yield Item(line, _row(names, cells))
        except RowFault as problem:
            yield Item(line, mark.join(cells) or lines[line - 1].rstrip("\r\n"), str(problem))


def _header(lines: Sequence[str], mark: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader(lines, delimiter=mark), [])]
    except csv.Error:
        return []


def _delimiter(lines: Sequence[str], fits: Fits) -> str:
    """The delimiter that gives the header of a known format, else the one that gives the most columns."""
    headers = [(_header(lines, mark), mark) for mark in _DELIMITERS]
    return max(headers, key=lambda one: (fits(one[0]), len(one[0])))[1]


def _names(name: str, header: list[str], fits: Fits, wanted: str) -> list[str]:
    """The header as names of columns; a column without a name gets its number."""
    if not fits(header):
        found = ", ".join(repr(column if len(column) <= 40 else column[:39] + "…") for column in header[:20])
        what = f"the first line must name the columns, and {found} make no known format"
        raise UserError(name, what, f"Name the columns {wanted}")
    twice = [column for column, count in Counter(header).items() if count > 1 and column]
    if twice:
        raise UserError(name, f"the column '{twice[0]}' stands twice", "Rename one of the two")
    return [column or f"column {number}" for number, column in enumerate(header, 1)]


def _records(lines: Sequence[str], start: int, mark: str) -> Iterator[tuple[int, list[str], str | None]]:
    """(1-based line where it starts, cells, None), or (that line, [], what is wrong); blank lines are left out."""
    spaced = all(cell.startswith(" ") for cell in next(csv.reader(lines[start:], delimiter=mark), [])[1:])
    while start < len(lines):
        reader = csv.reader(_from(lines, start), delimiter=mark, strict=True, skipinitialspace=spaced)
        before = 0
        try:
            for cells in reader:
                if cells:
                    yield start + before + 1, cells, None
                before = reader.line_num
            return
        except csv.Error as error:
            reason = next((text for key, text in _REASONS.items() if key in str(error)), _WRONG_QUOTE)
            yield start + before + 1, [], reason
            start += before + 1


def _from(lines: Sequence[str], start: int) -> Iterator[str]:
    return (lines[index] for index in range(start, len(lines)))


def _row(names: Sequence[str], cells: Sequence[str]) -> dict[str, Any]:
    if len(cells) != len(names):
        raise RowFault(f"has {len(cells)} cells, but the header names {len(names)} columns")
    for cell in cells:
        if not cell.isascii() and (broken := _NOT_UTF8.search(cell)):
            raise RowFault(f"is not UTF-8: byte 0x{ord(broken[0]) - 0xDC00:02X}")
    return {name: _cell(name, cell) for name, cell in zip(names, cells, strict=True)}


def _cell(name: str, text: str) -> Any:
    if not _TURNS.match(text):
        return text or None
    for read_back in (json.loads, ast.literal_eval):
        try:
            return read_back(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
    raise RowFault(f"column '{name}' begins like a list of turns but cannot be read as one")
