"""JSON of any depth."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from chatroutes import AsyncChatRoutes, ChatRoutes, ServerError
from chatroutes._json import dumps, loads
from tests.support.fault_responses import json_response, text_response
from tests.support.fault_server import FaultServer

DEPTH = 20_000


def nested(depth: int) -> str:
    """A document of lists in objects, with something of everything on each level."""
    start = ' { "a\\n" : [ 1.5e3 , "ü\\u00e9\\"]}" ,\ttrue, {}, [], null,\r\n {"b": ['
    return start * depth + "]} ] } " * depth


def depth_of(value: Any) -> int:
    """Walk down a nested document, checking each level, and count them."""
    depth = 0
    while True:
        head = value["a\n"]
        assert head[:6] == [1500.0, 'üé"]}', True, {}, [], None]
        depth += 1
        inner = head[6]["b"]
        if not inner:
            return depth
        (value,) = inner


def tree_of(depth: int) -> str:
    """A conversation tree of messages in a row."""
    node = '{"id": "m", "content": "Hi", "role": "user", "children": ['
    tree = node * depth + "]}" * depth
    return (
        f'{{"success": true, "data": {{"conversation": {{}}, "tree": {tree}, "metadata": {{}}}}}}'
    )


@pytest.mark.parametrize("depth", [1, 10, 400, DEPTH])
def test_a_document_of_any_depth_is_read_as_it_was_written(depth: int) -> None:
    assert depth_of(loads(b"\xef\xbb\xbf" + nested(depth).encode())) == depth


def test_a_deep_list_in_a_list_is_read() -> None:
    value = loads("[" * DEPTH + "7" + "]" * DEPTH)

    depth = 0
    while isinstance(value, list):
        (value,) = value
        depth += 1
    assert (depth, value) == (DEPTH, 7)


def outcome(read: Callable[[bytes | str], object], document: bytes | str) -> str:
    """What a decoder makes of a document, so that 1 and 1.0 are not the same, nor -0.0 and 0.0."""
    try:
        return repr(read(document))
    except ValueError:
        return "refused"


@pytest.mark.parametrize(
    "text",
    [
        "1",
        '"ü"',
        "null",
        "[]",
        "{}",
        "-0.5e-3",
        "-0",
        "-0.0",
        "1.0",
        "1E5",
        "1e22",
        "1e400",
        "2.5e-324",
        "1.7976931348623159e308",
        "0.1",
        "9007199254740993",
        "18446744073709551616",
        "-9223372036854775809",
        "123456789012345678901234567890",
        '"\\ud800"',
        '"\\ud83d\\ude00"',
        '"\\u0000"',
        '"\x7f"',
        '"😀"',
        "NaN",
        "[Infinity]",
        '{"a":1,"a":2}',
        "[1,]",
        '{"a"}',
        "tru",
        "01",
        "+1",
        ".5",
        '"a',
        "'a'",
        ' [1, {"a": []}] ',
        " ",
        "",
        '"a\tb"',
        "\ufeff1",
        "1 2",
        "/**/1",
    ],
)
def test_a_document_is_read_as_the_standard_library_does(text: str) -> None:
    data = text.encode()
    assert outcome(loads, text) == outcome(json.loads, text)
    assert outcome(loads, data) == outcome(json.loads, data)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_another_encoding_of_unicode_is_read_as_the_standard_library_does(encoding: str) -> None:
    assert loads('{"a": "ü"}'.encode(encoding)) == {"a": "ü"}


DEEP = "[" * DEPTH
END = "]" * DEPTH


@pytest.mark.parametrize(
    "text",
    [
        DEEP,
        DEEP + END[1:],
        DEEP + END + "]",
        DEEP + END + " x",
        DEEP + "1,]" + END[1:],
        DEEP + ",1" + END,
        DEEP + "1 2" + END,
        DEEP + "1}" + END[1:],
        DEEP + '{"a" 1}' + END,
        DEEP + '{"a": }' + END,
        DEEP + '{"a": 1,}' + END,
        DEEP + "{a: 1}" + END,
        DEEP + "{1: 1}" + END,
        DEEP + '{"a": 1]' + END,
        DEEP + '{"a": 1',
        DEEP + '{"a"',
        DEEP + '"a' + END,
        DEEP + "tru" + END,
        DEEP + "\u00a0" + END,
        '{"a":' * DEPTH,
        '{"a":' * DEPTH + "}" * DEPTH,
        '{"a":' * DEPTH + "1" + "}" * (DEPTH - 1) + "]",
    ],
)
def test_a_damaged_deep_document_raises_value_error(text: str) -> None:
    with pytest.raises(ValueError, match="line 1 column"):
        loads(text)


@pytest.mark.parametrize("data", [b"\xff", b'"\xff"', (DEEP + END).encode() + b"\xff"])
def test_what_is_not_utf_8_raises_value_error(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"decode|Expecting"):
        loads(data)


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ({1, 2}, TypeError),
        (float("nan"), ValueError),
        (float("inf"), ValueError),
        ("\ud800", ValueError),
    ],
)
def test_what_json_cannot_hold_is_not_written(value: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        dumps({"a": value})


def test_a_body_is_written_compactly_in_utf_8() -> None:
    assert dumps({"a": ["ü", 1, None]}) == '{"a":["ü",1,null]}'.encode()


def test_the_tree_of_a_long_conversation_is_read(fault_server: FaultServer) -> None:
    fault_server.script(text_response(200, tree_of(DEPTH), "application/json"))

    with ChatRoutes("key", fault_server.base_url) as client:
        tree = client.conversations.get_tree("c")

    assert messages_in_a_row(tree["tree"]) == DEPTH


async def test_the_tree_of_a_long_conversation_is_read_by_the_async_client(
    fault_server: FaultServer,
) -> None:
    fault_server.script(text_response(200, tree_of(DEPTH), "application/json"))

    async with AsyncChatRoutes("key", fault_server.base_url) as client:
        tree = await client.conversations.get_tree("c")

    assert messages_in_a_row(tree["tree"]) == DEPTH


def messages_in_a_row(node: Any) -> int:
    count = 1
    while node["children"]:
        (node,) = node["children"]
        count += 1
    return count


def test_an_error_with_deep_details_is_told(fault_server: FaultServer) -> None:
    answer = f'{{"success": false, "message": "Oh key.", "details": {DEEP}"key"{END}}}'
    fault_server.script(text_response(500, answer), json_response(500, {}))

    with (
        ChatRoutes("key", fault_server.base_url, retry_attempts=0) as client,
        pytest.raises(ServerError) as caught,
    ):
        client.conversations.get("c")

    assert caught.value.message == "Oh ***."
    value = caught.value.details
    while isinstance(value, list):
        (value,) = value
    assert value == "***"
