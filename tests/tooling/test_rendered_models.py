"""The TypedDicts and the attrs classes that are generated from schemas."""

from __future__ import annotations

import importlib
import typing
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

import pytest

from tests.support.rendered_contract import Renderer, contract

pytestmark = pytest.mark.check

REFERENCE = "#/components/schemas"


class Case(NamedTuple):
    name: str
    schemas: str
    value: Any
    """A value of the schema `Thing`."""
    attributes: Mapping[str, Any] = {}
    """Attributes of the attrs class, as a path and the value or the class."""


def attribute(target: Any, path: str) -> Any:
    for name in path.split("."):
        target = target[int(name)] if name.isdigit() else getattr(target, name)
    return target


TIME = datetime(2025, 1, 2, tzinfo=UTC)
TEXT_TIME = "2025-01-02T00:00:00.000Z"
CAT_AND_DOG = """
Cat: { type: object, required: [kind, name], properties: { kind: { const: cat }, name: { type: string } } }
Dog: { type: object, required: [kind, name], properties: { kind: { type: string, enum: [dog] }, name: { type: string } } }
"""
CASES = [
    Case(
        "date",
        "Thing: { type: object, required: [date], properties: { date: { type: string, format: date }, until: { type: [string, 'null'], format: date } } }",
        {"date": "2025-01-02", "until": None},
        {"date": date(2025, 1, 2), "until": None},
    ),
    Case(
        "date-time",
        "Thing: { type: object, properties: { datetime: { type: string, format: date-time } } }",
        {"datetime": TEXT_TIME},
        {"datetime_": TIME},
    ),
    Case(
        "date or null in anyOf",
        "Thing: { type: object, properties: { at: { anyOf: [{ type: string, format: date }, { type: 'null' }] } } }",
        {"at": "2025-01-02"},
        {"at": date(2025, 1, 2)},
    ),
    Case(
        "array of times",
        "Thing: { type: object, properties: { at: { type: array, items: { type: string, format: date-time } } } }",
        {"at": [TEXT_TIME]},
        {"at": [TIME]},
    ),
    Case(
        "array of arrays of times",
        "Thing: { type: object, properties: { at: { type: array, items: { type: array, items: { type: string, format: date-time } } } } }",
        {"at": [[TEXT_TIME]]},
        {"at": [[TIME]]},
    ),
    Case(
        "time or number",
        "Thing: { type: object, properties: { a: { oneOf: [{ type: string, format: date-time }, { type: integer }] }, b: { type: [string, integer], format: date-time } } }",
        {"a": TEXT_TIME, "b": 5},
        {"a": TIME, "b": 5},
    ),
    Case(
        "null in a typed list",
        "Thing: { type: object, properties: { a: { type: array, items: { oneOf: [{ $ref: '#/components/schemas/Cat' }, { type: 'null' }] } } } }"
        + CAT_AND_DOG,
        {"a": [None, {"kind": "cat", "name": "x"}]},
        {"a.0": None, "a.1": "Cat"},
    ),
    Case(
        "map of models",
        "Thing: { type: object, properties: { a: { type: object, additionalProperties: { $ref: '#/components/schemas/Cat' } } } }"
        + CAT_AND_DOG,
        {"a": {"x": {"kind": "cat", "name": "y"}}},
        {"a.additional_properties": {"x": "Cat"}},
    ),
    Case(
        "map of times",
        "Thing: { type: object, additionalProperties: { type: string, format: date } }",
        {"x": "2025-01-02"},
        {"additional_properties": {"x": date(2025, 1, 2)}},
    ),
    Case(
        "open object",
        "Thing: { type: object, properties: { a: { type: object } } }",
        {"a": {"x": [1]}, "more": 1},
        {"a.additional_properties": {"x": [1]}, "additional_properties": {"more": 1}},
    ),
    Case(
        "union with consts",
        "Thing: { type: object, properties: { a: { oneOf: [{ $ref: '#/components/schemas/Cat' }, { $ref: '#/components/schemas/Dog' }] } } }"
        + CAT_AND_DOG,
        {"a": {"kind": "dog", "name": "x"}},
        {"a": "Dog"},
    ),
    Case(
        "discriminator with consts",
        "Thing: { type: object, properties: { a: { oneOf: [{ $ref: '#/components/schemas/Cat' }, { $ref: '#/components/schemas/Dog' }], discriminator: { propertyName: kind, mapping: { cat: '#/components/schemas/Cat', dog: Dog } } } } }"
        + CAT_AND_DOG,
        {"a": {"kind": "dog", "name": "x"}},
        {"a": "Dog"},
    ),
    Case(
        "union of a smaller and a larger object",
        "Thing: { type: object, properties: { a: { anyOf: [{ $ref: '#/components/schemas/S' }, { $ref: '#/components/schemas/L' }, { type: 'null' }] } } }\nS: { type: object, required: [x], properties: { x: { type: string } } }\nL: { type: object, required: [x, y], properties: { x: { type: string }, y: { type: string, format: date } } }",
        {"a": {"x": "1", "y": "2025-01-02"}},
        {"a": "L", "a.y": date(2025, 1, 2)},
    ),
    Case(
        "object, string or list",
        "Thing: { type: object, properties: { a: { type: array, items: { oneOf: [{ type: string }, { $ref: '#/components/schemas/Cat' }, { type: array, items: { $ref: '#/components/schemas/Cat' } }] } } } }"
        + CAT_AND_DOG,
        {"a": ["x", {"kind": "cat", "name": "y"}, [{"kind": "cat", "name": "z"}]]},
        {"a.0": "x", "a.1": "Cat", "a.2.0": "Cat"},
    ),
    Case(
        "object or null by a list of types",
        "Thing: { type: object, properties: { a: { type: [object, 'null'], required: [at], properties: { at: { type: string, format: date } } } } }",
        {"a": {"at": "2025-01-02"}},
        {"a.at": date(2025, 1, 2)},
    ),
    Case(
        "nullable of OpenAPI 3.0",
        "Thing: { type: object, properties: { a: { nullable: true, allOf: [{ $ref: '#/components/schemas/Cat' }] }, b: { type: string, nullable: true } } }"
        + CAT_AND_DOG,
        {"a": None, "b": None},
        {"a": None, "b": None},
    ),
    Case(
        "recursive",
        "Thing: { type: object, required: [id], properties: { id: { type: string }, parent: { $ref: '#/components/schemas/Thing' }, children: { type: array, items: { $ref: '#/components/schemas/Thing' } }, named: { type: object, additionalProperties: { $ref: '#/components/schemas/Thing' } } } }",
        {"id": "1", "parent": {"id": "2"}, "children": [{"id": "3"}], "named": {"x": {"id": "4"}}},
        {"parent": "Thing", "children.0": "Thing", "named.additional_properties": {"x": "Thing"}},
    ),
    Case(
        "recursive, with null, with a string, and in two arrays",
        """
        Things: { type: array, items: { $ref: '#/components/schemas/Thing' } }
        Thing: { type: object, properties: { a: { type: [array, 'null'], items: { $ref: '#/components/schemas/Thing' } }, b: { anyOf: [{ $ref: '#/components/schemas/Things' }, { type: string }] }, c: { type: array, items: { $ref: '#/components/schemas/Things' } } } }
        """,
        {"a": [{"a": None}], "b": [{"b": "x"}], "c": [[{"a": []}]]},
        {"a.0": "Thing", "b.0": "Thing", "c.0.0": "Thing"},
    ),
    Case(
        "allOf that requires a property of another item",
        "Thing: { allOf: [{ $ref: '#/components/schemas/Base' }, { required: [x] }] }\nBase: { type: object, properties: { x: { type: string } } }",
        {"x": "1"},
        {"x": "1"},
    ),
    Case(
        "names of helpers",
        "Thing: { type: object, required: [cls, source], properties: { cls: { type: string }, source: { type: string }, values: { type: string }, target: { type: string }, field: { type: string }, attrs: { type: string }, types: { $ref: '#/components/schemas/E' }, additional_properties: { type: string }, from_dict: { type: string }, to_dict: { type: string }, item: { type: array, items: { type: string, format: date } }, check_list: { type: string }, parse_time: { type: string, format: date-time }, name: { type: string }, value: { type: string }, _names: { type: string } } }\nE: { type: string, enum: [a] }",
        {
            "cls": "1",
            "source": "2",
            "values": "3",
            "target": "4",
            "field": "5",
            "attrs": "6",
            "types": "a",
            "additional_properties": "7",
            "from_dict": "8",
            "to_dict": "9",
            "item": ["2025-01-02"],
            "check_list": "10",
            "parse_time": TEXT_TIME,
            "name": "11",
            "value": "12",
            "_names": "13",
        },
        {
            "cls": "1",
            "attrs_": "6",
            "additional_properties_": "7",
            "from_dict_": "8",
            "to_dict_": "9",
            "parse_time": TIME,
        },
    ),
    Case(
        "names of builtins and keywords",
        "Thing: { type: object, required: [class, self], properties: { class: { type: string }, self: { type: string }, None: { type: string }, id: { type: string }, list: { type: array, items: { type: string } }, dict: { type: object }, str: { type: integer }, int: { type: string }, print: { type: string }, type: { type: string } } }",
        {
            "class": "1",
            "self": "2",
            "None": "3",
            "id": "4",
            "list": ["5"],
            "dict": {},
            "str": 6,
            "int": "7",
            "print": "8",
            "type": "9",
        },
        {"class_": "1", "self_": "2", "str_": 6},
    ),
    Case(
        "names that are no identifiers",
        "Thing: { type: object, required: [a-b, '1st'], properties: { a-b: { type: string }, '1st': { type: string }, 'say \"hi\"\\': { type: string }, '{x}': { type: string }, $id: { type: string }, 'größe': { type: string }, ＡＢ: { type: string }, __meta: { type: string } } }".replace(
            "\\'", "\\\\'"
        ),
        {
            "a-b": "1",
            "1st": "2",
            "$id": "3",
            "größe": "4",
            "ＡＢ": "5",
            "__meta": "6",
            "{x}": "7",
        },
        {"a_b": "1", "größe": "4"},
    ),
    Case(
        "names that are the same in snake_case",
        "Thing: { type: object, properties: { fooBar: { type: string }, foo_bar: { type: string } } }",
        {"fooBar": "1", "foo_bar": "2"},
        {"fooBar": "1", "foo_bar": "2"},
    ),
    Case(
        "names of types",
        "Thing: { type: object, required: [any], properties: { any: { $ref: '#/components/schemas/Any' }, a: { $ref: '#/components/schemas/Mapping' }, b: { $ref: '#/components/schemas/Literal' }, c: {} } }\nAny: { type: object, properties: { x: { type: string } } }\nMapping: { type: object, properties: { x: { type: string } } }\nLiteral: { type: string, enum: [a] }\nTypedDict: { type: object }\nUnset: { type: object, properties: { x: { const: a } } }\nException: { type: object }",
        {"any": {"x": "1"}, "a": {"x": "2"}, "b": "a", "c": None},
        {"any_": "Any_", "a": "Mapping_"},
    ),
    Case(
        "titles",
        "Thing: { type: object, title: Other, properties: { a: { type: object, title: Other, properties: { x: { type: string } } } } }",
        {"a": {"x": "1"}},
        {"a": "ThingA"},
    ),
    Case(
        "defaults that do not conform",
        "Thing: { type: object, properties: { a: { type: integer, default: x }, b: { $ref: '#/components/schemas/E', default: c } } }\nE: { type: string, enum: [a] }".replace(
            ", default: c }", " }"
        ),
        {"a": 1, "b": "a"},
        {"a": 1},
    ),
    Case(
        "enums",
        "Thing: { type: object, properties: { a: { type: string, enum: ['say \"hi\"', \"it's\", 'x\\y', 'on'] }, b: { type: [integer, 'null'], enum: [1, 2, null] }, c: { type: boolean, enum: [true] }, d: { const: 5 }, e: { type: string, x-known-values: ['say \"hi\"'] } } }",
        {"a": 'say "hi"', "b": None, "c": True, "d": 5, "e": "x"},
        {"a": 'say "hi"', "d": 5},
    ),
    Case(
        "constraints",
        "Thing: { type: object, minProperties: 1, properties: { a: { type: string, pattern: '^\"', not: { const: x } }, b: { type: array, uniqueItems: true, contains: { const: 1 } } } }",
        {"a": "x", "b": [1]},
        {"b": [1]},
    ),
    Case(
        "readOnly in a response",
        "Thing: { type: object, required: [id], properties: { id: { type: string, readOnly: true } } }",
        {"id": "1"},
        {"id": "1"},
    ),
    Case(
        "empty schemas",
        "Thing: { type: object, properties: { a: {}, b: true, c: { description: Any. } } }",
        {"a": 1, "b": None, "c": []},
        {"a": 1, "b": None, "c": []},
    ),
    Case("closed object", "Thing: { type: object, additionalProperties: false }", {}, {}),
    Case(
        "alias",
        "Thing: { $ref: '#/components/schemas/Real' }\nReal: { type: object, properties: { x: { type: string } } }",
        {"x": "1"},
        {"x": "1"},
    ),
    Case(
        "names of schemas that are no identifiers",
        "Thing: { type: object, properties: { a: { $ref: '#/components/schemas/foo.bar' }, b: { $ref: '#/components/schemas/1st' } } }\nfoo.bar: { type: object, properties: { x: {} } }\n'1st': { type: string, enum: [a] }",
        {"a": {"x": 1}, "b": "a"},
        {"a": "FooBar"},
    ),
    Case(
        "chain of allOf in a closed object",
        "Thing: { allOf: [{ $ref: '#/components/schemas/B' }], additionalProperties: false, properties: { c: { type: string, format: date } } }\nB: { allOf: [{ $ref: '#/components/schemas/A' }, { properties: { b: {} } }] }\nA: { type: object, properties: { a: {} } }",
        {"a": 1, "b": 2, "c": "2025-01-02"},
        {"c": date(2025, 1, 2)},
    ),
    Case(
        "enum that may have more values, and enum of consts",
        "Thing: { type: object, properties: { a: { anyOf: [{ type: string, enum: [x] }, { type: string }] }, b: { oneOf: [{ const: x, title: X }, { const: y }] } } }",
        {"a": "z", "b": "y"},
        {"a": "z", "b": "y"},
    ),
    Case(
        "union that contains itself",
        "Thing: { type: object, properties: { x: { $ref: '#/components/schemas/U' } } }\nU: { oneOf: [{ $ref: '#/components/schemas/P' }, { $ref: '#/components/schemas/Q' }] }\nP: { type: object, required: [p], properties: { p: {}, u: { $ref: '#/components/schemas/U' } } }\nQ: { type: object, required: [q], properties: { q: {} } }",
        {"x": {"p": 1, "u": {"q": 2}}},
        {"x": "P", "x.u": "Q"},
    ),
    Case(
        "component that allows anything",
        "Thing: { type: object, properties: { a: { $ref: '#/components/schemas/B' } } }\nB: true",
        {"a": [1]},
        {"a": [1]},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_schema_is_rendered(renderer: Renderer, case: Case) -> None:
    document = contract(schemas=case.schemas, result=f"{{ $ref: '{REFERENCE}/Thing' }}")
    with renderer.imported(document) as package:
        types = importlib.import_module(f"{package}.types")
        models = importlib.import_module(f"{package}.models")
        for model in (getattr(models, name) for name in models.__all__):
            if isinstance(model, type):  # an enum is a Literal
                typing.get_type_hints(model)
        if isinstance(types.Thing, type) and typing.is_typeddict(types.Thing):
            properties = typing.get_type_hints(types.Thing, include_extras=False)
            schema = document["components"]["schemas"]["Thing"]
            if "properties" in schema and "allOf" not in schema:
                assert sorted(properties) == sorted(schema["properties"])
                assert types.Thing.__required_keys__ == set(schema.get("required", ()))

        thing = models.Thing.from_dict(case.value)

        for path, expected in case.attributes.items():
            assert described(attribute(thing, path), expected) == expected
        assert thing.to_dict() == case.value


def described(value: Any, expected: Any) -> Any:
    """Return a value, or the name of its class if that is expected, in a dict too."""
    if isinstance(expected, dict) and isinstance(value, dict):
        return {name: described(each, expected.get(name)) for name, each in value.items()}
    is_class = isinstance(expected, str) and not isinstance(value, str)
    return type(value).__name__ if is_class else value


def test_typed_dicts_have_the_types_of_their_schemas(renderer: Renderer) -> None:
    document = contract(schemas="""
        Thing:
          type: object
          properties:
            a: { type: object, additionalProperties: { type: array, items: { $ref: '#/components/schemas/Part' } } }
            b: { type: string, x-known-values: ['say "hi"'] }
            c: { type: [integer, 'null'], enum: [2, 1, null] }
            d: { type: array, items: { type: array, items: { type: string, format: date } } }
            e: { oneOf: [{ $ref: '#/components/schemas/Part' }, { type: string }, { type: 'null' }] }
            f: { $ref: '#/components/schemas/Map' }
        Part: { type: object, properties: { x: { type: boolean } } }
        Map: { type: object, additionalProperties: { $ref: '#/components/schemas/Part' } }
        """)
    with renderer.imported(document) as package:
        types = importlib.import_module(f"{package}.types")
        part = types.Part
        hints = typing.get_type_hints(types.Thing)
        assert types.Map == dict[str, part]
    assert hints == {
        "a": dict[str, list[part]],
        "b": typing.Literal['say "hi"'] | str,  # noqa: PYI051 - as rendered
        "c": typing.Literal[1, 2] | None,
        "d": list[list[str]],
        "e": part | str | None,
        "f": dict[str, part],
    }


def test_property_that_the_sdk_adds_is_required_in_an_inline_object(renderer: Renderer) -> None:
    inner = "{ type: object, properties: { id: { type: string } }, x-sdk-required: [id] }"
    thing = f"Thing: {{ type: object, properties: {{ inner: {inner} }} }}"
    with renderer.imported(contract(schemas=thing)) as package:
        types = importlib.import_module(f"{package}.types")
        assert types.ThingInner.__required_keys__ == {"id"}
