"""Bytes to UTF-8: byte order marks, UTF-16, and older encodings where a file is surely in one."""

import codecs
import re

from stepladder import console
from stepladder.errors import UserError

_BOMS = {
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16, whose mark it begins with
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_ENOUGH = 200  # bytes; on less, charset-normalizer names IBM code pages for Western text (research/libraries.md, g)
_SAMPLE = 200_000  # bytes of the lines in question that the guess is made from
_CANDIDATES = ["cp1250", "cp1251", "cp1253", "koi8_r", "cp932", "gb18030", "big5", "euc_kr", "euc_jp"]
_MAX_ACCENTED = 0.35  # share of a text's letters: French has some 0.05, Cyrillic or Greek read as cp1252 nearly 1
# Signs that no Western text has inside a word, and letters that mark bytes which were no text at all.
_NOT_WESTERN = re.compile("[^\\W\\d_][¡¢¤¦§¨©ª¬®¯±²³µ¶¸¹º¼½¾¿×÷][^\\W\\d_]|[þÿ]")


def to_utf8(data: bytes, name: str) -> bytes:
    """`data` in UTF-8 and without a byte order mark.

    UTF-8 stays as it is, with lines that are not UTF-8 left for the reader to report one by one. A file of more than
    200 bytes is in an older encoding where every line beyond ASCII fails as UTF-8 and there are two of those or no
    other line: cp1252 if that gives plausible text, else what charset-normalizer finds; a warning names it. What
    neither can explain stays.

    Raises:
        UserError: a byte order mark that the rest of the file belies.
    """
    if data.startswith(codecs.BOM_UTF8):
        return data[len(codecs.BOM_UTF8) :]
    for mark, encoding in _BOMS.items():
        if data.startswith(mark):
            try:
                return data.decode(encoding, "surrogatepass").encode("utf-8", "surrogatepass")
            except UnicodeDecodeError as error:
                what = f"starts like {encoding.upper()} but cannot be read as that ({error.reason})"
                raise UserError(name, what, "Save it again as UTF-8") from error
    if _is_utf8(data):
        return data
    encoding_found = _older_encoding(data)
    if encoding_found is None:
        return data
    console.warn(f"{name} is not UTF-8 and was read as {encoding_found}; if letters look wrong, save it as UTF-8")
    return data.decode(encoding_found).encode("utf-8")


def decode(data: bytes) -> str:
    """UTF-8 to text; bytes that are not UTF-8 become lone surrogates U+DC80 to U+DCFF, for the reader to report."""
    return data.decode("utf-8", "surrogateescape")


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _older_encoding(data: bytes) -> str | None:
    lines = [line for line in data.split(b"\n") if line.strip()]
    accented = [line for line in lines if not line.isascii()]
    failing = [line for line in accented if not _is_utf8(line)]
    one_of_many = len(failing) < 2 and len(lines) > 1  # more likely damage to one line than an encoding
    if len(data) <= _ENOUGH or one_of_many or len(failing) < len(accented):
        return None
    sample = b"\n".join(failing)[:_SAMPLE]
    if _is_western(sample):
        return "cp1252" if _decodes(data, "cp1252") else None
    from charset_normalizer import from_bytes

    best = from_bytes(sample, cp_isolation=_CANDIDATES).best()
    return best.encoding if best is not None and _decodes(data, best.encoding) else None


def _is_western(sample: bytes) -> bool:
    try:
        text = sample.decode("cp1252")
    except UnicodeDecodeError:
        return False
    letters = [c for c in text if c.isalpha()]
    accented = sum(not c.isascii() for c in letters)
    return accented <= _MAX_ACCENTED * len(letters) and not _NOT_WESTERN.search(text)


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return False
    return True
