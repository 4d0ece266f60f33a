"""JSONL: one JSON value a line."""

from collections.abc import Iterator

from stepladder.inputs.item import Item, RowFault
from stepladder.inputs.json_value import parse

MAX_LINE = 16 * 2**20  # bytes; a longer line is not an example but a mistake, or an attack
_SHOWN = 1000  # characters of such a line that are kept


def read(data: bytes) -> Iterator[Item]:
    r"""Every line of `data` (UTF-8) in order, with its 1-based number.

    Lines end at "\n" alone: U+2028, U+0085 or a form feed inside a text do not cut a row in two. A "\r" before it is
    ignored. Blank lines are no rows; they are skipped and not counted, but they do count as lines.
    """
    start, number = 0, 0
    while start < len(data):
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        line, start, number = data[start:end], end + 1, number + 1
        if not line.strip():
            continue
        if len(line) > MAX_LINE:
            yield Item(number, _text(line[:_SHOWN]), f"the line is longer than {MAX_LINE // 2**20} MB")
            continue
        try:
            yield Item(number, parse(line))
        except RowFault as fault:
            yield Item(number, _text(line), str(fault))


def _text(line: bytes) -> str:
    return line.decode("utf-8", "backslashreplace").rstrip("\r")
