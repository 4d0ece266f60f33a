"""Parquet and Arrow: rows of columns that know their types, brought to what JSON can hold."""

import base64
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from stepladder.errors import UserError
from stepladder.inputs.item import Item

if TYPE_CHECKING:
    import pyarrow

_BATCH = 1000  # rows made into Python values at a time


def read(name: str, data: bytes, kind: str) -> list[Item]:
    """Every row of a Parquet file, or of an Arrow file or stream; `line` is the 1-based number of the row.

    Raises:
        UserError: the file is damaged.
    """
    import pyarrow
    from pyarrow import ipc, parquet

    source = pyarrow.BufferReader(data)
    try:
        if kind == "parquet":
            table = parquet.read_table(source)
        elif data.startswith(b"ARROW1"):
            table = ipc.open_file(source).read_all()
        else:
            table = ipc.open_stream(source).read_all()
        table.validate(full=True)  # a wrong offset would otherwise be an error, or nonsense, far from here
        return list(rows(table))
    except (pyarrow.ArrowException, OSError, EOFError, UnicodeDecodeError) as error:
        what = f"is a damaged {kind.capitalize()} file ({str(error).splitlines()[0].rstrip('.')})"
        raise UserError(name, what, "Get the file again") from error


def rows(table: "pyarrow.Table") -> Iterator[Item]:
    """Every row of a table, with its 1-based number."""
    number = 0
    for batch in table.to_batches(max_chunksize=_BATCH):
        for value in batch.to_pylist():
            number += 1
            yield Item(number, plain(value))


def plain(value: Any) -> Any:
    """`value` as JSON holds it: NaN is None, an infinity its name, bytes are text (or base64), times ISO 8601."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None if math.isnan(value) else str(value)
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain(item) for item in value]
    if isinstance(value, bytes):
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return base64.b64encode(value).decode("ascii")
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
