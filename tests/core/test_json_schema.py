"""stepladder.json_schema: what a schema accepts, refuses and may not hold."""

from typing import Any

import pytest

from stepladder.json_schema import json_faults, schema_fault

OBJECT = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"], "additionalProperties": False}

CASES: list[tuple[Any, Any, list[str]]] = [  # schema, value, faults
    ({}, None, []),
    (True, 3, []),
    (False, 3, ["the value is not allowed"]),
    ({"type": "string"}, "x", []),
    ({"type": "string"}, 3, ["the value is 3, not string"]),
    ({"type": ["string", "null"]}, None, []),
    ({"type": ["string", None]}, None, []),
    ({"type": ["string", "null"]}, 1, ["the value is 1, not string or null"]),
    ({"type": "integer"}, 1.0, []),
    ({"type": "integer"}, 1.5, ["the value is 1.5, not integer"]),
    ({"type": "integer"}, True, ["the value is true, not integer"]),
    ({"type": "number"}, False, ["the value is false, not number"]),
    ({"type": "boolean"}, 0, ["the value is 0, not boolean"]),
    ({"type": "boolean"}, False, []),
    ({"enum": ["a", None]}, None, []),
    ({"enum": ["a", 1]}, True, ['the value is true, not one of "a", 1']),
    ({"enum": [1]}, 1.0, []),
    ({"const": {"a": [1]}}, {"a": [1]}, []),
    ({"const": {"a": [1]}}, {"a": [True]}, ['the value is {"a": [true]}, not {"a": [1]}']),
    ({"const": None}, 0, ["the value is 0, not null"]),
    ({"maxLength": 2}, "éé", []),
    ({"maxLength": 2}, "ééé", ['the value is "ééé", longer than 2 characters']),
    ({"maxLength": 2}, [1, 2, 3], []),
    ({"minLength": 1}, "", ['the value is "", shorter than 1 characters']),
    ({"maxItems": 1}, [1, 2], ["the value is [1, 2], longer than 1 items"]),
    ({"minItems": 1}, [], ["the value is [], shorter than 1 items"]),
    ({"minimum": 0, "maximum": 1}, 1, []),
    ({"minimum": 0, "maximum": 1}, 2, ["the value is 2, above 1"]),
    ({"minimum": 0}, -0.5, ["the value is -0.5, below 0"]),
    ({"maximum": 0}, "9", []),
    ({"pattern": r"^\S+( \S+)?$"}, "two words", []),
    ({"pattern": r"^\S+( \S+)?$"}, "a b c", ['the value is "a b c", which does not match ^\\S+( \\S+)?$']),
    ({"items": {"type": "string"}}, ["a", 1], ["[1] is 1, not string"]),
    ({"items": False}, [1], ["[0] is not allowed"]),
    ({"anyOf": [{"type": "null"}, {"const": 1}]}, None, []),
    ({"anyOf": [{"type": "null"}, {"const": 1}]}, 2, ["the value is 2, which fits none of the 2 forms allowed"]),
    (OBJECT, {"a": 1}, []),
    (OBJECT, {}, ["a is missing"]),
    (OBJECT, {"a": "x", "b": 1}, ['a is "x", not integer', "b is not allowed"]),
    (OBJECT, [1], ["the value is [1], not object"]),
    ({"properties": {"a": OBJECT}}, {"a": {"a": None}}, ["a.a is null, not integer"]),
    ({"additionalProperties": {"type": "string"}}, {"x": "y", "z": 1}, ["z is 1, not string"]),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "value", "faults"), CASES)
def test_finds_every_departure(schema: Any, value: Any, faults: list[str]) -> None:
    assert schema_fault(schema) is None
    assert json_faults(value, schema) == faults


BAD_SCHEMAS: list[tuple[Any, str]] = [  # schema, what is wrong
    ({"maxlength": 1}, "has the keyword 'maxlength', which is not checked"),
    ({"$ref": "#/x"}, "has the keyword '$ref', which is not checked"),
    ({"type": "text"}, "has \"text\" for 'type'"),
    ({"type": []}, "has [] for 'type'"),
    ({"type": 3}, "has 3 for 'type'"),
    ({"maxLength": "3"}, "has \"3\" for 'maxLength'"),
    ({"maxLength": True}, "has true for 'maxLength'"),
    ({"required": "a"}, "has \"a\" for 'required'"),
    ({"required": [1]}, "has [1] for 'required'"),
    ({"pattern": "("}, "has \"(\" for 'pattern'"),
    ({"properties": {"a": {"items": 3}}}, "has 3 for 'items' at a"),
    ({"properties": {"a": 3}}, "has 3 where a schema belongs at a"),
    ({"anyOf": [{"typ": 1}]}, "has the keyword 'typ', which is not checked at 0"),
    ([], "has [] where a schema belongs"),
]


@pytest.mark.parametrize(("schema", "what"), BAD_SCHEMAS)
def test_refuses_what_it_would_not_check(schema: Any, what: str) -> None:
    fault = schema_fault(schema)
    assert fault is not None
    assert fault[0] == what


def test_remarks_are_no_rules() -> None:
    assert schema_fault({"$schema": "x", "title": "y", "description": "z", "default": 1, "examples": [2]}) is None
