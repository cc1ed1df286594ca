"""Parameters of the contract, in raw requests: repeated, malformed and missing values."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from starlette.requests import Request

from chatroutes_server.api.parameters import ParameterReader
from chatroutes_server.api.schemas import SchemaCompiler
from chatroutes_server.contract import Contract
from chatroutes_server.errors import StartupError
from tests.support.contract import ALL_OPERATIONS, Json, Operation, resolve
from tests.support.server_api import Api

NOT_INTEGERS = [
    "",
    "x",
    "1_0",
    "١٠",
    "１",
    "+1",
    " 1",
    "1 ",
    "1\n",
    "\n1",
    "1\0",
    "1.0",
    "1.5",
    "1e1",
    "0x10",
    "01",
    "00",
    "--1",
    "-",
    "1,2",
    "[1]",
    "true",
    "null",
    "9" * 5000,
]


def parameters(place: str) -> list[Any]:
    """Return each parameter of the contract in this place, with its operation."""
    return [
        pytest.param(operation, parameter, id=f"{operation.id}-{parameter['name']}")
        for operation in ALL_OPERATIONS
        for parameter in operation.parameters(place)
    ]


INTEGERS = [
    pytest.param(*each.values, value, id=f"{each.id}-{value[:8]!r}")
    for each in parameters("query")
    for value in NOT_INTEGERS
    if resolve(each.values[1]["schema"]).get("type") == "integer"
]


def send(
    api: Api, operation: Operation, query: str = "", headers: list[tuple[str, str]] | None = None
) -> tuple[int, Any]:
    """Send a request with a valid body and an unknown id, and return the status and the body."""
    path = operation.path.replace("{", "unknown_").replace("}", "")
    address = urlsplit(api.server.base_url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=20)
    try:
        connection.putrequest(operation.method.upper(), f"{address.path}{path}?{query}")
        connection.putheader("X-API-Key", api.server.api_key)
        for name, value in headers or []:
            connection.putheader(name, value)
        body = request_body(operation)
        if body:
            connection.putheader("Content-Type", "application/json")
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def request_body(operation: Operation) -> bytes:
    for media_type in operation.fields.get("requestBody", {}).get("content", {}).values():
        example = resolve(next(iter(media_type["examples"].values())))
        return json.dumps(example["value"]).encode()
    return b""


def assert_rejected(response: tuple[int, Any], name: str, sentence: str) -> None:
    status, body = response
    assert (status, body["error"]) == (400, "VALIDATION_ERROR")
    assert body["message"] == f"{name}: {sentence}"
    assert body["details"] == [{"field": name, "message": sentence}]


@pytest.mark.parametrize(("operation", "parameter"), parameters("query"))
def test_repeated_query_parameter_is_400(api: Api, operation: Operation, parameter: Json) -> None:
    name, value = parameter["name"], quote(str(parameter["example"]))
    encoded = "".join(f"%{ord(character):02X}" for character in name)
    for query in (
        f"{name}={value}&{name}={value}",
        f"{name}={value}&{name}=x",
        f"{name}=x&{name}={value}",
        f"{name}={value}&other=1&{encoded}=100000",
        f"{name}&{name}={value}",
    ):
        assert_rejected(send(api, operation, query), name, "must not be repeated")


@pytest.mark.parametrize(("operation", "parameter", "value"), INTEGERS)
def test_value_that_is_not_an_integer_of_json_is_400(
    api: Api, operation: Operation, parameter: Json, value: str
) -> None:
    response = send(api, operation, f"{parameter['name']}={quote(value)}")

    shown = value if len(value) <= 200 else value[:200] + "…"
    sentence = f"Failed to cast value to integer type: {shown}"
    assert_rejected(response, parameter["name"], sentence)


@pytest.mark.parametrize(("operation", "parameter"), parameters("query"))
def test_value_outside_the_schema_is_400(api: Api, operation: Operation, parameter: Json) -> None:
    schema, name = resolve(parameter["schema"]), parameter["name"]
    outside = {
        "minimum": lambda limit: (limit - 1, f"{limit - 1} is less than the minimum of {limit}"),
        "maximum": lambda limit: (limit + 1, f"{limit + 1} is greater than the maximum of {limit}"),
        "minLength": lambda _: ("", "must not be empty"),
        "maxLength": lambda limit: ("x" * (limit + 1), None),
        "enum": lambda values: ("none", f'"none" is not one of {values}'),
    }
    checked = [keyword for keyword in outside if keyword in schema]
    assert checked, "add the keywords of this schema to the test"
    for keyword in checked:
        value, sentence = outside[keyword](schema[keyword])
        status, body = send(api, operation, f"{name}={value}")
        assert (status, body["details"][0]["field"]) == (400, name)
        assert sentence is None or body["details"][0]["message"] == sentence


@pytest.mark.parametrize(("operation", "parameter"), parameters("query"))
def test_example_of_a_query_parameter_is_accepted(
    api: Api, operation: Operation, parameter: Json
) -> None:
    value = quote(str(parameter["example"]))

    assert send(api, operation, f"{parameter['name']}={value}")[0] in (200, 404)


@pytest.mark.parametrize(("operation", "parameter"), parameters("header"))
def test_repeated_header_is_400(api: Api, operation: Operation, parameter: Json) -> None:
    name = parameter["name"]
    for repeated in (name, name.upper()):
        response = send(api, operation, headers=[(name, "a"), (repeated, "a")])
        assert_rejected(response, name, "must not be repeated")


@pytest.mark.parametrize(("operation", "parameter"), parameters("header"))
def test_header_outside_the_schema_is_400(api: Api, operation: Operation, parameter: Json) -> None:
    name, limit = parameter["name"], parameter["schema"]["maxLength"]

    assert_rejected(send(api, operation, headers=[(name, "")]), name, "must not be empty")
    too_long = send(api, operation, headers=[(name, "x" * (limit + 1))])
    assert too_long[1]["details"][0]["field"] == name


def test_endpoint_gets_the_value_that_was_validated() -> None:
    schemas = {
        "integer": {"type": "integer", "minimum": -5},
        "number": {"type": ["null", "number"], "exclusiveMaximum": 3},
        "boolean": {"type": "boolean"},
        "string": {"type": "string", "default": "none"},
    }
    accepted = {
        "integer": [("0", 0), ("-5", -5), ("-0", 0), ("12", 12)],
        "number": [("1", 1.0), ("-1.5", -1.5), ("1e-3", 0.001), ("2.5E+0", 2.5)],
        "boolean": [("true", True), ("false", False)],
        "string": [("", ""), (" 1_0", " 1_0")],
    }
    rejected = {
        "integer": ["-6", "1.0", "1e1"],
        "number": ["3", "", ".5", "1.", "1_0", "+1", "nan", "inf", "Infinity", "01", "1e999"],
        "boolean": ["", "True", "1", "yes"],
    }
    readers = {name: make_reader(schema) for name, schema in schemas.items()}
    for name, reader in readers.items():
        for text, value in accepted[name]:
            read = reader.read(make_request(text))
            assert (read, type(read)) == (value, type(value))
        for text in rejected.get(name, []):
            with pytest.raises(ValueError, match=r"is |Failed"):
                reader.read(make_request(text))
    assert readers["string"].read(make_request(None)) == "none"
    assert readers["integer"].read(make_request(None)) is None


def test_missing_required_parameter_is_rejected() -> None:
    reader = make_reader({"type": "string"}, required=True)

    with pytest.raises(ValueError, match=r"^is required$"):
        reader.read(make_request(None))


@pytest.mark.parametrize(
    ("schema", "place"),
    [({"type": "array"}, "query"), ({"type": ["object", "null"]}, "query"), ({}, "cookie")],
)
def test_parameter_that_cannot_be_read_prevents_the_start(schema: Json, place: str) -> None:
    with pytest.raises(StartupError, match="the parameter p in "):
        make_reader(schema, place)


def make_reader(schema: Json, place: str = "query", required: bool = False) -> ParameterReader:
    parameter = {"name": "p", "in": place, "required": required, "schema": schema}
    operation = {"operationId": "o", "parameters": [parameter]}
    contract = Contract(
        {
            "servers": [{"url": "/"}],
            "info": {"version": "1"},
            "paths": {"/p/~{x}": {"get": operation}},
        }
    )
    return ParameterReader(contract, SchemaCompiler(contract), contract.operations[0].parameters[0])


def make_request(value: str | None) -> Request:
    query = b"" if value is None else f"p={quote(value)}".encode()
    return Request({"type": "http", "query_string": query, "headers": []})
