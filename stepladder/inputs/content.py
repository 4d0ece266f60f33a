"""What a file is, by its bytes: compression taken off, tables told from text, everything else named and refused."""

import zlib
from typing import Literal

from stepladder.errors import UserError
from stepladder.inputs.item import RowFault
from stepladder.inputs.json_value import parse

Kind = Literal["parquet", "arrow", "text"]

_TODO = "Give JSONL, JSON, CSV, TSV, Parquet or Arrow"
_OFFICE = {b"xl/": "an Excel workbook", b"word/": "a Word document", b"ppt/": "a PowerPoint file"}
_UNPACK = "Unpack it and name the files inside"
# magic bytes -> what the file is, what to do
_REFUSED: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF", "is a PDF", "Copy the examples into a CSV or JSONL file"),
    (b"\xd0\xcf\x11\xe0", "is an old Word or Excel file", "Open it and save it as CSV (UTF-8)"),
    (b"{\\rtf", "is a rich text document", "Save it as plain text"),
    (b"BZh", "is compressed with bzip2", _UNPACK),
    (b"\xfd7zXZ\x00", "is compressed with xz", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "is a 7z archive", _UNPACK),
    (b"Rar!", "is a RAR archive", _UNPACK),
    (b"SQLite format 3", "is an SQLite database", "Export the table as CSV"),
    (b"\x89HDF", "is an HDF5 file", _TODO),
    (b"\x93NUMPY", "is a NumPy file", _TODO),
    (b"GGUF", "is a GGUF model, not data", "Name it with --model"),
    (b"\x89PNG", "is a PNG image", _TODO),
    (b"\xff\xd8\xff", "is a JPEG image", _TODO),
    (b"GIF8", "is a GIF image", _TODO),
    (b"\x7fELF", "is a program", _TODO),
    (b"version https://git-lfs", "is a Git LFS pointer, not the data", "Run `git lfs pull` and try again"),
)
_PAGES = (b"<!doctype html", b"<html", b"<?xml")


def unpack(data: bytes, name: str) -> bytes:
    """`data` without its gzip or Zstandard compression; other data unchanged.

    Raises:
        UserError: the compressed data are broken or cut off.
    """
    if data.startswith(b"\x1f\x8b"):
        data = _gunzip(data, name)
    elif data.startswith(b"\x28\xb5\x2f\xfd"):
        data = _unzstd(data, name)
    return data


def kind_of(data: bytes, name: str) -> Kind:
    """What the unpacked `data` are.

    Raises:
        UserError: they are no data that can be read; the message says what they are and what to do.
    """
    if data.startswith(b"PAR1"):
        return "parquet"
    if data.startswith((b"ARROW1", b"\xff\xff\xff\xff")):
        return "arrow"
    if data.startswith(b"PK\x03\x04"):
        raise UserError(name, *_zip(data))
    for magic, what, todo in _REFUSED:
        if data.startswith(magic):
            raise UserError(name, what, todo)
    if data[257:262] == b"ustar":
        raise UserError(name, "is a tar archive", _UNPACK)
    if data[:200].lstrip().lower().startswith(_PAGES):
        raise UserError(name, "is a web page or XML, perhaps a download that failed", _TODO)
    if data[:8:2] == bytes(4) or data[1:8:2] == bytes(4):
        raise UserError(name, "looks like UTF-16 without a byte order mark", "Save it as UTF-8")
    if _is_binary(data):
        raise UserError(name, "is a binary file of no kind that Stepladder reads", _TODO)
    return "text"


def _gunzip(data: bytes, name: str) -> bytes:
    import gzip

    try:
        return gzip.decompress(data)
    except (EOFError, OSError, zlib.error) as error:
        raise _damaged(name, "gzip") from error


def _unzstd(data: bytes, name: str) -> bytes:
    import zstandard

    pieces = []
    while data:  # a file may hold several frames; a plain reader would end in silence where one is cut off
        frame = zstandard.ZstdDecompressor().decompressobj()
        try:
            pieces.append(frame.decompress(data))
        except zstandard.ZstdError as error:
            raise _damaged(name, "Zstandard") from error
        if not frame.eof:
            raise _damaged(name, "Zstandard")
        data = frame.unused_data
    return b"".join(pieces)


def _damaged(name: str, method: str) -> UserError:
    return UserError(name, f"is compressed with {method}, and damaged or cut off", "Get the file again")


def _zip(data: bytes) -> tuple[str, str]:
    for folder, what in _OFFICE.items():
        if folder in data:
            return f"is {what}", "Open it and save the sheet as CSV (UTF-8)" if folder == b"xl/" else _TODO
    return "is a zip archive", _UNPACK


def _is_binary(data: bytes) -> bool:
    """NUL or many other control bytes near the start, in what is neither UTF-16 nor JSON with a damaged place."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")):
        return False
    head = data[:8192]
    odd = sum(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in head)
    if b"\x00" not in head and odd <= len(head) // 20:
        return False
    try:
        parse(data.lstrip().split(b"\n", 1)[0])
    except RowFault:
        return True
    return False
