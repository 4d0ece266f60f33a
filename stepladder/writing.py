"""Files out: the one JSON form, and writing beside and renaming, so that a reader never meets half a file."""

import json
import math
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from stepladder.records import Row

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def dumps(value: Any, *, indent: int | None = None) -> str:
    """`value` as JSON on one line (or indented), keys in their own order, text as it is.

    Lone surrogates, which UTF-8 cannot hold, are written as escapes and so read back unchanged.

    Raises:
        ValueError: NaN or an infinity, which JSON does not know; the message names the key path.
    """
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent)
    except ValueError as error:
        for path, number in _not_finite(value, "") if "Out of range" in str(error) else ():
            raise ValueError(f"{path or 'the value'} is {number}, which JSON does not know") from error
        raise
    return text if text.isascii() else _LONE_SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8 with "\\n" line ends, beside `path` and then renamed; missing folders are made."""
    with _replacing(path) as file:
        file.write(text.encode("utf-8", "backslashreplace"))


def write_json(path: Path, value: Any) -> None:
    """Write one JSON document, indented for people."""
    write_text(path, dumps(value, indent=2) + "\n")


def write_jsonl(path: Path, rows: Iterable[Any]) -> int:
    """Write one JSON document a line, a `Row` as it is written; returns how many. An error leaves `path` as it was."""
    count = 0
    with _replacing(path) as file:
        for row in rows:
            file.write(_line(row))
            count += 1
    return count


def append_jsonl(path: Path, row: Any) -> None:
    """Add one line and see it on the disk before returning; a line that a crash cut off earlier is closed first."""
    line = _line(row)
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a+b") as file:
        if file.seek(0, os.SEEK_END) and not _ends_a_line(file):
            line = b"\n" + line
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def _ends_a_line(file: BinaryIO) -> bool:
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


def _line(row: Any) -> bytes:
    return (dumps(row.to_json() if isinstance(row, Row) else row) + "\n").encode("utf-8")


@contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    """A new file in the folder of `path` that takes its place on success and vanishes on any error."""
    target = Path(os.path.realpath(path))  # a link stays a link: the file that it points to is replaced
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".stepladder-{os.urandom(8).hex()}.tmp")
    try:
        with open(beside, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _not_finite(value: Any, path: str) -> Iterator[tuple[str, float]]:
    """Where NaN and infinities stand in `value`, as `key.key[index]`."""
    if isinstance(value, float) and not math.isfinite(value):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _not_finite(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _not_finite(item, f"{path}[{index}]")
