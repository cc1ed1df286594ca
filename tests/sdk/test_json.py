"""Reading and writing JSON of any depth."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chatroutes import ChatRoutes, ServerError
from chatroutes._json import LARGE_SIZE, dumps, loads
from tests.support.fault_responses import json_response, text_response
from tests.support.fault_server import FaultServer
from tests.support.imported_modules import imported_modules

DEPTH = 20_000


def nested_document(depth: int) -> str:
    """Return nested objects and lists, with every kind of JSON value on each level."""
    start = ' { "a\\n" : [ 1.5e3 , "ü\\u00e9\\"]}" ,\ttrue, {}, [], null,\r\n {"b": ['
    return start * depth + "]} ] } " * depth


def measure_depth(value: Any) -> int:
    """Return the depth of a nested document, and assert that each level is correct."""
    depth = 0
    while True:
        head = value["a\n"]
        assert head[:6] == [1500.0, 'üé"]}', True, {}, [], None]
        depth += 1
        inner = head[6]["b"]
        if not inner:
            return depth
        (value,) = inner


def make_tree(depth: int) -> str:
    """Return a response with a conversation tree in which each message has one child."""
    node = '{"id": "m", "content": "Hi", "role": "user", "children": ['
    tree = node * depth + "]}" * depth
    return (
        f'{{"success": true, "data": {{"conversation": {{}}, "tree": {tree}, "metadata": {{}}}}}}'
    )


@pytest.mark.parametrize("depth", [1, 10, 400, DEPTH])
def test_loads_reads_documents_of_any_depth(depth: int) -> None:
    assert measure_depth(loads(b"\xef\xbb\xbf" + nested_document(depth).encode())) == depth


def test_loads_reads_deeply_nested_lists() -> None:
    value = loads("[" * DEPTH + "7" + "]" * DEPTH)

    depth = 0
    while isinstance(value, list):
        (value,) = value
        depth += 1
    assert (depth, value) == (DEPTH, 7)


MSGSPEC = """
import json

__version__ = "0.21.0"

class Decoder:
    def decode(self, data):
        return {"msgspec": json.loads(data)}
"""


@pytest.mark.parametrize(
    ("code", "is_imported"),
    [
        ("import chatroutes._responses; chatroutes._json.loads('[1]') == [1] or exit(1)", False),
        ("from chatroutes._json import LARGE_SIZE, loads; loads(' ' * LARGE_SIZE + '1')", True),
        ("from chatroutes import MessageStream", True),
    ],
)
def test_msgspec_is_imported_for_streams_and_large_documents(
    tmp_path: Path, code: str, is_imported: bool
) -> None:
    (tmp_path / "msgspec").mkdir()
    for name in ("__init__.py", "json.py"):
        (tmp_path / "msgspec" / name).write_text(MSGSPEC, encoding="utf-8")

    modules = imported_modules(f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {code}")

    assert ("msgspec.json" in modules) is is_imported


def test_large_documents_are_decoded_like_small_ones() -> None:
    assert loads(b" " * LARGE_SIZE + b"[1]") == loads(b"[1]") == [1]


def decode_result(decode: Callable[[bytes | str], object], document: bytes | str) -> str:
    """Return the repr of the decoded document, which distinguishes 1 from 1.0 and -0.0 from 0.0."""
    try:
        return repr(decode(document))
    except ValueError:
        return "ValueError"


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
def test_loads_agrees_with_the_standard_library(text: str) -> None:
    data = text.encode()
    assert decode_result(loads, text) == decode_result(json.loads, text)
    assert decode_result(loads, data) == decode_result(json.loads, data)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_loads_detects_the_encoding(encoding: str) -> None:
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
def test_loads_rejects_invalid_deep_documents(text: str) -> None:
    with pytest.raises(ValueError, match="line 1 column"):
        loads(text)


@pytest.mark.parametrize("data", [b"\xff", b'"\xff"', (DEEP + END).encode() + b"\xff"])
def test_loads_rejects_invalid_utf_8(data: bytes) -> None:
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
def test_dumps_rejects_unserializable_values(value: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        dumps({"a": value})


def test_dumps_writes_compact_utf_8() -> None:
    assert dumps({"a": ["ü", 1, None]}) == '{"a":["ü",1,null]}'.encode()


def test_api_key_is_removed_from_deep_details(fault_server: FaultServer) -> None:
    envelope = f'{{"success": false, "message": "Oh long-key.", "details": {DEEP}"long-key"{END}}}'
    fault_server.script(text_response(500, envelope), json_response(500, {}))

    with (
        ChatRoutes("long-key", fault_server.base_url, retry_attempts=0) as client,
        pytest.raises(ServerError) as caught,
    ):
        client.conversations.get("c")

    assert caught.value.message == "Oh ***."
    value = caught.value.details
    while isinstance(value, list):
        (value,) = value
    assert value == "***"
