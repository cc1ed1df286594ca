"""Redaction: the API key is replaced, also where it is encoded or incomplete."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from chatroutes._options import Secret
from chatroutes._redaction import redact_text
from tests.support.payloads import API_KEY

# An escape of the last character can begin with the character itself.
LAST_CHARACTERS = ["random-key-x", "random-key-U", "random-key-&", "random-key-%", "random-key-\\"]
RANDOM_KEY = "sk-Ab3dEf6hIj9+LmNo/qRsTu=VwXyZ0"

SPECIAL_KEY = "cr_\"Sec\\ret/&%#{}[k]-01<'"

ESCAPES: list[Any] = [
    pytest.param(lambda key: key, id="as it is"),
    pytest.param(lambda key: json.dumps(key)[1:-1], id="JSON"),
    pytest.param(lambda key: json.dumps(json.dumps(key))[3:-3], id="JSON in JSON"),
    pytest.param(
        lambda key: "".join(f"\\u{ord(each):04x}" for each in key), id="JSON, all escaped"
    ),
    pytest.param(lambda key: "".join(f"\\u{ord(each):04X}" for each in key), id="upper case"),
    pytest.param(
        lambda key: "".join(
            f"\\u{ord(each):04x}" if at % 2 else each for at, each in enumerate(key)
        ),
        id="JSON, half escaped",
    ),
    pytest.param(lambda key: "".join(f"\\x{ord(each):02x}" for each in key), id="Python"),
    pytest.param(lambda key: "".join(f"\\{ord(each):03o}" for each in key), id="octal"),
    pytest.param(lambda key: "".join(f"\\u{{{ord(each):x}}}" for each in key), id="JavaScript"),
    pytest.param(lambda key: quote(key, safe=""), id="URL"),
    pytest.param(lambda key: quote(quote(key, safe=""), safe=""), id="URL in URL"),
    pytest.param(lambda key: "".join(f"%{ord(each):02x}" for each in key), id="URL, all escaped"),
    pytest.param(html.escape, id="HTML"),
    pytest.param(lambda key: "".join(f"&#{ord(each)};" for each in key), id="HTML, decimal"),
    pytest.param(lambda key: "".join(f"&#x{ord(each):X};" for each in key), id="HTML, hexadecimal"),
    pytest.param(lambda key: html.escape(html.escape(key)), id="HTML in HTML"),
    pytest.param(str.lower, id="lower case"),
    pytest.param(str.upper, id="all upper case"),
    pytest.param(lambda key: key.encode().hex(), id="hexadecimal"),
    pytest.param(lambda key: key.encode().hex().upper(), id="upper case hexadecimal"),
    pytest.param(lambda key: key.encode().hex(":"), id="hexadecimal with separators"),
]


@pytest.mark.parametrize("escape", ESCAPES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("key", [API_KEY, SPECIAL_KEY, *LAST_CHARACTERS])
def test_escaped_and_encoded_keys_are_redacted(
    key: str, encoding: str, escape: Callable[[str], str]
) -> None:
    body = f'{{"echo": "ApiKey {escape(key)}"}}'.encode(encoding)

    redacted = Secret(key).redact(body)

    assert redacted.count(b"***") == 1
    text = redacted.replace(b"\0", b"").decode("latin-1")
    assert text.endswith('{"echo": "ApiKey ***"}')
    assert Secret(key).redact(escape(key)) == "***"


@pytest.mark.parametrize("key", [API_KEY, SPECIAL_KEY, RANDOM_KEY])
@pytest.mark.parametrize("before", ["", "u", "user:", "ApiKey "])
@pytest.mark.parametrize("after", ["", "!", " and more"])
@pytest.mark.parametrize(
    "change",
    [
        lambda text: text,
        str.lower,
        lambda text: text.replace("+", "-").replace("/", "_"),
        lambda text: quote(text, safe=""),
        lambda text: text.replace("/", "\\/"),
    ],
    ids=["standard", "lower case", "for URLs", "quoted", "JSON"],
)
def test_keys_in_base64_are_redacted(
    key: str, before: str, after: str, change: Callable[[str], str]
) -> None:
    encoded = change(base64.b64encode(f"{before}{key}{after}".encode()).decode())

    redacted = redact_text(f"Authorization: Basic {encoded}", key)

    assert redacted.startswith("Authorization: Basic ")
    assert "***" in redacted
    rest = len(base64.b64encode(f"{before}{after}".encode()))
    assert len(redacted.removeprefix("Authorization: Basic ")) <= rest + len("***") + 14


@pytest.mark.parametrize("length", range(15, 30))
def test_large_parts_of_keys_are_redacted(length: int) -> None:
    key = RANDOM_KEY[:29]
    for start in range(len(key) - length + 1):
        part = key[start : start + length]
        for text in (part, part.upper(), part.lower()):
            assert redact_text(text, key) == "***"
            assert redact_text(f"ä {text} {text}", key) == "ä *** ***"
            assert redact_text(f"İ{part}", key) == "İ***"


def test_text_with_the_words_of_a_key_stays() -> None:
    texts = [
        "Keys begin with sk-.",
        "chatroutes",
        "a chatroutes server",
        "5e" * 15,
        "%73%6b \\u0073",
    ]
    for text in texts:
        for key in (RANDOM_KEY, "chatroutes-test-key", API_KEY):
            assert redact_text(text, key) == text


def test_a_key_that_is_divided_over_texts_is_redacted() -> None:
    for position in range(1, len(RANDOM_KEY)):
        parts = [RANDOM_KEY[:position], RANDOM_KEY[position:]]
        shown = "".join(redact_text(each, RANDOM_KEY) for each in parts)
        assert len(shown.replace("***", "")) < len(RANDOM_KEY) / 2
