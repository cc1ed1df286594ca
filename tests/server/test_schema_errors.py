"""The errors of values that do not match a schema: the field, the sentence and their order."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chatroutes_server.api.schemas import Schema, SchemaCompiler
from chatroutes_server.contract import Contract

MODE = {"type": "string", "enum": ["A", "B"]}
PROPERTIES = {
    "text": {"type": ["string", "null"], "minLength": 1, "maxLength": 3},
    "code": {"type": "string", "minLength": 2, "pattern": "^[a-z]*$"},
    "number": {"type": "number", "minimum": 0, "maximum": 2, "multipleOf": 0.5},
    "open": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 2},
    "size": {"type": "integer", "format": "int64"},
    "small": {"type": "integer", "format": "int32"},
    "time": {"type": "string", "format": "date-time"},
    "mode": {"oneOf": [{"$ref": "#/components/schemas/Mode"}, {"type": "null"}]},
    "either": {"anyOf": [{"type": "integer", "minimum": 5}, {"type": "null"}]},
    "fixed": {"const": "x"},
    "tags": {"type": "array", "items": MODE, "minItems": 1, "maxItems": 2, "uniqueItems": True},
    "nested": {
        "type": "object",
        "required": ["a", "b"],
        "properties": {"c": {"$ref": "#/components/schemas/Mode"}},
    },
}


@pytest.fixture(scope="module")
def schema() -> Schema:
    contract = Contract(
        {
            "servers": [{"url": "/"}],
            "info": {"version": "1"},
            "paths": {},
            "components": {
                "schemas": {
                    "Mode": MODE,
                    "Odd/name~": {"type": "object", "required": ["text"], "properties": PROPERTIES},
                }
            },
        }
    )
    return SchemaCompiler(contract).compile(("components", "schemas", "Odd/name~"))


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("text", 5, "5 is not of type 'string', 'null'"),
        ("text", [1, "é"], "[1, \"\\u00e9\"] is not of type 'string', 'null'"),
        ("text", "", "must not be empty"),
        ("text", "long", '"long" is too long'),
        ("text", ["\ud800"], "[\"\\ud800\"] is not of type 'string', 'null'"),
        ("text", {"\ud800": 1}, "{\"\\ud800\": 1} is not of type 'string', 'null'"),
        ("code", "", "must not be empty"),
        ("code", "a", '"a" is too short'),
        ("code", "ab\n", "\"ab\\n\" does not match '^[a-z]*$'"),
        ("number", True, "true is not of type 'number'"),
        ("number", "1", "\"1\" is not of type 'number'"),
        ("number", -1, "-1 is less than the minimum of 0"),
        ("number", 2.5, "2.5 is greater than the maximum of 2"),
        ("number", 0.7, "0.7 is not a multiple of 0.5"),
        ("open", 0, "0 is less than or equal to the minimum of 0"),
        ("open", 2, "2 is greater than or equal to the maximum of 2"),
        ("size", 1.5, "1.5 is not of type 'integer'"),
        ("size", 2**63, f"{2**63} is not a 'int64'"),
        ("size", -(10**30), f"{-(10**30)} is not a 'int64'"),
        ("small", 2**31, f"{2**31} is not a 'int32'"),
        ("time", "today", "\"today\" is not a 'date-time'"),
        ("mode", "C", "\"C\" is not one of ['A', 'B']"),
        ("mode", 1, "1 is not of type 'string'"),
        ("either", 3, "3 is less than the minimum of 5"),
        ("either", "x", "\"x\" is not of type 'integer'"),
        ("fixed", "y", '"y" is not x'),
        ("tags", [], "[] is too short"),
        ("tags", ["A", "B", "A", "B"], '["A", "B", "A", "B"] is too long'),
        ("tags.1", ["A", "C"], "\"C\" is not one of ['A', 'B']"),
        ("nested.b", {"a": 1}, "is required"),
        ("nested.c", {"a": 1, "b": 1, "c": 0}, "0 is not of type 'string'"),
    ],
)
def test_problem_names_the_field_and_what_is_wrong(
    schema: Schema, field: str, value: Any, sentence: str
) -> None:
    problem = schema.find_problems({"text": "x", field.partition(".")[0]: value})[0]

    assert (".".join(problem.path), problem.sentence) == (field, sentence)


def test_problem_of_a_keyword_without_a_sentence_has_the_message_of_the_library(
    schema: Schema,
) -> None:
    problem = schema.find_problems({"text": "x", "tags": ["A", "A"]})[0]

    assert problem.path == ("tags",)
    assert "non-unique" in problem.sentence


def test_problems_have_the_order_of_the_schema(schema: Schema) -> None:
    value = {"fixed": 1, "number": 2.7, "size": 2**70, "mode": 2, "nested": {}}

    assert [(each.path[-1], each.sentence) for each in schema.find_problems(value)] == [
        ("text", "is required"),
        ("number", "2.7 is greater than the maximum of 2"),
        ("number", "2.7 is not a multiple of 0.5"),
        ("size", f"{2**70} is not a 'int64'"),
        ("mode", "2 is not of type 'string'"),
        ("fixed", "1 is not x"),
        ("a", "is required"),
        ("b", "is required"),
    ]


@pytest.mark.parametrize(
    "value",
    [
        {"text": None},
        {"text": "x", "mode": None, "size": 2.0},
        {"text": "\ud800", "more": "\ud800"},
    ],
    ids=range(3),
)
def test_valid_value_has_no_problems(schema: Schema, value: Any) -> None:
    assert schema.find_problems(value) == []


@pytest.mark.parametrize("content", ["", '"\\ud800"'], ids=["empty", "surrogate"])
def test_value_that_is_nested_too_deeply_raises_recursion_error(
    schema: Schema, content: str
) -> None:
    value = json.loads("[" * 300 + content + "]" * 300)

    with pytest.raises(RecursionError):
        schema.find_problems({"text": value})


def test_long_value_is_shortened(schema: Schema) -> None:
    problem = schema.find_problems({"text": ["x" * 500]})[0]

    assert problem.sentence.endswith("… is not of type 'string', 'null'")
    assert len(problem.sentence) < 250
