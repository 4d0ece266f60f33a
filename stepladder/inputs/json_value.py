"""One JSON text to one value: fast where it is plain, exact where it is odd, and a clear reason where it is broken."""

import json
import math
import re
from collections import Counter
from typing import Any

import orjson

from stepladder.inputs.item import RowFault

MAX_DEPTH = 100  # levels; deeper ones only come from attacks and would overflow the stack of what follows
_KEY = re.compile(rb'(?<!\\)"[ \t\r\n]*:')  # in sound JSON: the end of a key
_BOM = "\ufeff"


class _NotExact(Exception):
    """orjson may have rounded a long integer to a float."""


def parse(text: bytes) -> Any:
    """The value of one JSON text in UTF-8.

    What JSON does not know but files hold is read as far as it has a meaning: NaN as None, an infinity (also 1e400) as
    its text, lone surrogates as they are, integers of any length exactly.

    Raises:
        RowFault: broken or truncated JSON (with the column), a key that stands twice, more than 100 levels, not UTF-8.
    """
    try:
        value = orjson.loads(text)
        keys = _keys([value], 0)
    except (ValueError, _NotExact):
        return _parse_exactly(text)
    return value if keys == _key_ends(text) else _parse_exactly(text)


def decoder(twice: list[str]) -> json.JSONDecoder:
    """A decoder for what orjson refuses or loses; keys that stand twice in an object are added to `twice`."""

    def build(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) < len(pairs):
            twice.extend(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        return made

    return json.JSONDecoder(
        object_pairs_hook=build,
        parse_constant=lambda name: None if name == "NaN" else name,
        parse_float=lambda digits: number if math.isfinite(number := float(digits)) else digits,
    )


def check(value: Any, twice: list[str]) -> None:
    """Raise for what a `decoder` lets through: a key that stands twice, too many levels."""
    if twice:
        raise RowFault(f"the key '{twice[0]}' stands twice in one object")
    _check_depth(value, 1)


def explain(error: ValueError | RecursionError, text: str) -> str:
    """What is wrong with the JSON `text` on one line, with the column."""
    if isinstance(error, RecursionError):
        return f"is nested more than {MAX_DEPTH} levels deep"
    if not isinstance(error, json.JSONDecodeError):
        return "holds a number of more than 4300 digits"  # int() refuses those; nothing else raises a bare ValueError
    if error.msg.startswith("Unterminated string") or not text[error.pos :].strip():
        return f"the JSON is cut off at column {len(text.rstrip()) + 1}"
    if error.msg == "Extra data":
        return f"more text follows the JSON value, from column {error.pos + 1}"
    return f"broken JSON at column {error.pos + 1}: {error.msg[0].lower()}{error.msg[1:]}"


def _parse_exactly(line: bytes) -> Any:
    try:
        text = line.decode("utf-8").removeprefix(_BOM)
    except UnicodeDecodeError as error:
        raise RowFault(f"is not UTF-8: byte 0x{line[error.start]:02X} at position {error.start + 1}") from error
    twice: list[str] = []
    try:
        value = decoder(twice).decode(text)
    except (ValueError, RecursionError) as error:
        raise RowFault(explain(error, text)) from error
    check(value, twice)
    return value


def _key_ends(text: bytes) -> int:
    """How many keys stand in sound JSON, those that stand twice counted twice; -1 where only a parser can tell."""
    if b'\\\\"' in text:
        return -1
    if b'" ' in text or b'"\t' in text or b'"\r' in text or b'"\n' in text:
        return len(_KEY.findall(text))
    return text.count(b'":') - text.count(b'\\":')


def _keys(value: Any, depth: int) -> int:
    """How many keys all objects in `value` have; a text with more of them had one twice."""
    if depth > MAX_DEPTH:
        raise RowFault(f"is nested more than {MAX_DEPTH} levels deep")
    keys, inner = (len(value), value.values()) if type(value) is dict else (0, value)
    for item in inner:
        kind = type(item)
        if kind is dict or kind is list:
            keys += _keys(item, depth + 1)
        elif kind is float and abs(item) >= 2**63:
            raise _NotExact
    return keys


def _check_depth(value: Any, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise RowFault(f"is nested more than {MAX_DEPTH} levels deep")
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        if isinstance(item, dict | list):
            _check_depth(item, depth + 1)
