"""A small JSON Schema validator: the keywords that say what a model's answer may look like, and no others.

The package `jsonschema` would bring four more (one of them compiled) for `$ref` and formats, which rules for short
answers do not use. A keyword that is not checked here is refused when the schema is read, never skipped in silence.
Meanings follow JSON Schema 2020-12: 1.0 is an integer, true is not 1, lengths count code points.
"""

import json
import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

_REMARKS = {"title", "description", "default", "examples", "$schema", "$id", "$comment"}
_SHAPES: dict[str, tuple[type, ...]] = {  # keyword -> what its value may be
    "type": (str, list, type(None)),
    "enum": (list,),
    "const": (object,),
    "properties": (dict,),
    "required": (list,),
    "additionalProperties": (bool, dict),
    "items": (bool, dict),
    "anyOf": (list,),
    "pattern": (str,),
    "minimum": (int, float),
    "maximum": (int, float),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), (int,)),
}
_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "boolean": (bool,), "null": (type(None),),
    "number": (int, float), "integer": (int,),
}  # fmt: skip


def schema_fault(schema: Any, place: str = "") -> tuple[str, str] | None:
    """What is wrong with the schema itself, and what to do: an unknown keyword, or one with a value it cannot have."""
    if isinstance(schema, bool):
        return None
    if not isinstance(schema, dict):
        return f"has {_shown(schema)} where a schema belongs{_at(place)}", "Write a section such as {type: string}"
    for keyword, value in schema.items():
        if problem := _keyword_fault(keyword, value, place):
            return problem
    return next(filter(None, (schema_fault(inner, f"{place}/{key}") for key, inner in _inner_schemas(schema))), None)


def json_faults(value: Any, schema: Any, place: str = "") -> list[str]:
    """Everything in which `value` departs from `schema`, one sentence each; empty when it is accepted."""
    if isinstance(schema, bool):
        return [] if schema else [f"{place or 'the value'} is not allowed"]
    kinds = _kinds(schema["type"]) if "type" in schema else []
    if kinds and not any(_is(value, kind) for kind in kinds):
        return [f"{place or 'the value'} is {_shown(value)}, not {' or '.join(kinds)}"]
    name = place or "the value"
    found = [f"{name} is {_shown(value)}, {text}" for text in _bounds(value, schema)]
    if isinstance(value, dict):
        found += _of_object(value, schema, place)
    if isinstance(value, list) and "items" in schema:
        found += [f for i, item in enumerate(value) for f in json_faults(item, schema["items"], f"{place}[{i}]")]
    if "anyOf" in schema and all(json_faults(value, option, place) for option in schema["anyOf"]):
        found.append(f"{name} is {_shown(value)}, which fits none of the {len(schema['anyOf'])} forms allowed")
    return found


def _of_object(value: dict[str, Any], schema: dict[str, Any], place: str) -> list[str]:
    known, rest = schema.get("properties", {}), schema.get("additionalProperties", True)
    found = [f"{_key(place, key)} is missing" for key in schema.get("required", []) if key not in value]
    for key, item in value.items():
        found += json_faults(item, known.get(key, rest), _key(place, key))
    return found


def _bounds(value: Any, schema: dict[str, Any]) -> Iterator[str]:
    """The limits that a value of a fitting type breaks."""
    if "enum" in schema and not any(_same(value, allowed) for allowed in schema["enum"]):
        yield f"not one of {', '.join(map(_shown, schema['enum']))}"
    if "const" in schema and not _same(value, schema["const"]):
        yield f"not {_shown(schema['const'])}"
    if isinstance(value, str | list):
        unit, suffix = ("characters", "Length") if isinstance(value, str) else ("items", "Items")
        if len(value) > schema.get(f"max{suffix}", len(value)):
            yield f"longer than {schema[f'max{suffix}']} {unit}"
        if len(value) < schema.get(f"min{suffix}", 0):
            yield f"shorter than {schema[f'min{suffix}']} {unit}"
    if isinstance(value, str) and "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"which does not match {schema['pattern']}"
    if _is(value, "number"):
        if value > schema.get("maximum", value):
            yield f"above {schema['maximum']}"
        if value < schema.get("minimum", value):
            yield f"below {schema['minimum']}"


def _keyword_fault(keyword: str, value: Any, place: str) -> tuple[str, str] | None:
    if keyword in _REMARKS:
        return None
    if keyword not in _SHAPES:
        near = get_close_matches(keyword, _SHAPES, n=1)
        todo = f"Did you mean '{near[0]}'" if near else f"Checked are {', '.join(_SHAPES)}"
        return f"has the keyword '{keyword}', which is not checked{_at(place)}", todo
    wrong = not isinstance(value, _SHAPES[keyword]) or (isinstance(value, bool) and bool not in _SHAPES[keyword])
    if keyword == "const":
        wrong = False
    elif keyword == "type" and not wrong:
        wrong = value == [] or any(not isinstance(kind, str) or kind not in _TYPES for kind in _kinds(value))
    elif keyword == "required" and not wrong:
        wrong = not all(isinstance(name, str) for name in value)
    elif keyword == "pattern" and not wrong:
        wrong = not _compiles(value)
    if not wrong:
        return None
    todo = f"Types are {', '.join(_TYPES)}" if keyword == "type" else "See json-schema.org for what it takes"
    return f"has {_shown(value)} for '{keyword}'{_at(place)}", todo


def _inner_schemas(schema: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    yield from schema.get("properties", {}).items()
    yield from ((str(number), option) for number, option in enumerate(schema.get("anyOf", [])))
    yield from ((key, schema[key]) for key in ("items", "additionalProperties") if key in schema)


def _kinds(value: Any) -> list[Any]:
    """The types that `type` names; YAML reads a bare null as None, and means the type."""
    return ["null" if kind is None else kind for kind in (value if isinstance(value, list) else [value])]


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES[kind])


def _same(a: Any, b: Any) -> bool:
    """Equal as JSON: Python's == but for booleans, which never equal numbers."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
    return bool(a == b)


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


def _key(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key


def _at(place: str) -> str:
    return f" at {place.lstrip('/')}" if place else ""


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 40 else text[:37] + "..."
