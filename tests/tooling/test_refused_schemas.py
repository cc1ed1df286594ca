"""Schemas that the templates do not render are refused: one sentence names the place and the reason."""

from __future__ import annotations

import pytest

from tests.support.refused_contracts import GET, assert_refused, property_a, thing
from tests.support.rendered_contract import Json, Renderer, contract

pytestmark = pytest.mark.check


CAT_AND_DOG = "Cat: { type: object, required: [kind], properties: { kind: { type: string } } }\nDog: { type: object, required: [kind], properties: { kind: { type: string } } }"
ONE_OF = "oneOf: [{ $ref: '#/components/schemas/Cat' }, { $ref: '#/components/schemas/Dog' }]"
A = "property 'a' of schema 'Thing'"
THING = "schema 'Thing'"

REFUSED: list[tuple[Json, str]] = [
    (property_a("{ type: string, format: binary }"), f"{GET}{A} has the format binary"),
    (
        property_a("{ type: object, patternProperties: { x: {} } }"),
        f"{GET}{A} has 'patternProperties', which the templates do not render",
    ),
    (property_a("{ type: array, prefixItems: [{ type: string }] }"), f"{GET}{A} has 'prefixItems'"),
    (property_a("{ if: {}, then: {} }"), f"{GET}{A} has 'if', 'then'"),
    (property_a("false"), f"{GET}{A} is False"),
    (
        property_a("{ enum: [1, a] }"),
        f"{GET}{A} has an enum whose values are neither all strings nor all integers",
    ),
    (property_a("{ enum: [1.5] }"), f"{GET}{A} has an enum"),
    (
        property_a("{ type: integer, enum: [a] }"),
        f"{GET}{A} has enum values that are not of its type",
    ),
    (property_a("{ const: 1.5 }"), f"{GET}{A} has the const 1.5"),
    (property_a("{ const: null }"), f"{GET}{A} has the const None"),
    (
        property_a("{ type: string, x-known-values: a }"),
        f"{GET}{A} has x-known-values that are not a list of strings",
    ),
    (
        property_a("{ type: integer, x-known-values: ['1'] }"),
        f"{GET}{A} has x-known-values, but is not a string",
    ),
    (
        property_a("{ $ref: '#/components/schemas/Cat', nullable: true }", CAT_AND_DOG),
        f"{GET}{A} has 'nullable' beside a reference",
    ),
    (
        property_a("{ $ref: '#/components/schemas/Nowhere' }"),
        f"{GET}{A}: the reference '#/components/schemas/Nowhere' has no target",
    ),
    (
        property_a("{ $ref: '#/components/schemas/Thing/properties/a' }"),
        f"{GET}{A}: the reference '#/components/schemas/Thing/properties/a' does not name a component",
    ),
    (
        property_a(f"{{ {ONE_OF} }}", CAT_AND_DOG),
        f"{GET}{A} has alternatives that cannot be told apart; give a required property, such as 'type', another const",
    ),
    (
        property_a(f"{{ {ONE_OF}, discriminator: {{ propertyName: kind }} }}", CAT_AND_DOG),
        f"{GET}{A} has alternatives that cannot be told apart; give a required property, such as 'kind', another const",
    ),
    (
        property_a(
            f"{{ {ONE_OF}, discriminator: {{ propertyName: kind, mapping: {{ lion: Cat }} }} }}",
            "Cat: { type: object, required: [kind], properties: { kind: { const: cat } } }\nDog: { type: object, required: [kind], properties: { kind: { const: dog } } }",
        ),
        f"{GET}{A} maps 'lion' to '#/components/schemas/Cat', whose property 'kind' is not the const 'lion'",
    ),
    (
        property_a(
            "{ $ref: '#/components/schemas/Pet' }",
            "Pet: { type: object, properties: { kind: { type: string } }, discriminator: { propertyName: kind } }",
        ),
        f"{GET}schema 'Pet' has a discriminator without oneOf or anyOf",
    ),
    (
        property_a("{ oneOf: [{ type: object, properties: { x: {} } }, { type: object }] }"),
        f"{GET}{A} has alternatives that cannot be told apart",
    ),
    (
        property_a("{ oneOf: [{ type: string }, {}] }"),
        f"{GET}{A} has an alternative without a type",
    ),
    (
        property_a("{ oneOf: [{ type: string, format: date }, { type: string }] }"),
        f"{GET}{A} is either a time or another string",
    ),
    (
        property_a(
            "{ oneOf: [{ type: array, items: { type: string } }, { type: array, items: { type: integer } }] }"
        ),
        f"{GET}{A} has alternatives that are both arrays",
    ),
    (
        property_a(
            "{ anyOf: [{ required: [x] }, { required: [y] }], properties: { x: {}, y: {} } }"
        ),
        f"{GET}{A} has 'properties' beside oneOf or anyOf",
    ),
    (
        property_a("{ oneOf: [{ type: string }], anyOf: [{ type: integer }] }"),
        f"{GET}{A} has both oneOf and anyOf",
    ),
    (
        property_a("{ allOf: [{ type: string }, { maxLength: 5 }] }"),
        f"{GET}{A} has an item of allOf that is not an object with properties",
    ),
    (
        property_a(
            "{ allOf: [{ type: object, properties: { x: {} } }], oneOf: [{ type: object }] }"
        ),
        f"{GET}{A} has 'oneOf' beside allOf",
    ),
    (
        property_a(
            "{ type: object, properties: { x: {} }, additionalProperties: { type: string } }"
        ),
        f"{GET}{A} has properties and typed additionalProperties",
    ),
    (
        thing("{ type: object, required: [b], properties: { a: {} } }"),
        f"{GET}{THING} requires 'b', which is not one of its properties",
    ),
    (
        thing('{ type: object, properties: { "a\\u200b": {} } }'),
        f"{GET}property 'a\\u200b' of schema 'Thing' has a name that is empty or has a character",
    ),
    (
        thing("{ type: object, additionalProperties: { $ref: '#/components/schemas/Thing' } }"),
        f"{GET}schema 'Thing' contains itself",
    ),
    (
        thing(
            "{ allOf: [{ type: object, properties: { a: { type: string } } }, { type: object, properties: { a: { type: object } } }] }"
        ),
        f"{GET}property 'a' of {THING} has different schemas in the items of allOf",
    ),
    (
        thing("{}", "HTTPError: { type: object }\nHttpError: { type: object }"),
        "the schemas HTTPError and HttpError would be in the same module http_error.py",
    ),
    (
        property_a(
            "{ $ref: '#/components/schemas/UNSET' }",
            "Unset: { type: object }\nUNSET: { type: object }",
        ),
        f"{GET}the schemas Unset and UNSET would be in the same module unset.py",
    ),
    (
        contract(
            schemas="Unused: { type: object, properties: { a: { type: string, format: binary } } }"
        ),
        "property 'a' of schema 'Unused' has the format binary",
    ),
    (
        property_a("{ type: string, x-known-value: [a] }"),
        f"{GET}{A} has 'x-known-value'; did you mean 'x-known-values'",
    ),
    (property_a("{ type: text }"), f"{GET}{A} has the type 'text', which does not exist"),
    (
        thing("{ type: object, properties: { '+1': {}, '-1': {} } }"),
        f"{GET}properties '+1' and '-1' of schema 'Thing' would have the same name in Python",
    ),
    (
        thing("{ allOf: [{ $ref: '#/components/schemas/Thing' }, { properties: { a: {} } }] }"),
        f"{GET}a schema contains itself in allOf",
    ),
    (
        thing("{ type: object, properties: { a: { enum: [x] } } }", "ThingA: { type: object }"),
        f"{GET}{THING}: Found conflicting enums named ThingA",
    ),
    (
        thing("{ type: object, properties: { a: { type: object } } }", "ThingA: { type: object }"),
        f"{GET}{THING}: Attempted to generate duplicate models",
    ),
    (
        thing("{ type: object, properties: [a] }"),
        f"{GET}the contract is not valid OpenAPI (",
    ),
]


@pytest.mark.parametrize(("document", "message"), REFUSED, ids=[each for _, each in REFUSED])
def test_contract_is_refused(renderer: Renderer, document: Json, message: str) -> None:
    assert_refused(renderer, document, message)
