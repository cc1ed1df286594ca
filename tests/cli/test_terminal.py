"""What is safe for a terminal, and colors."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatroutes_cli import terminal

HOSTILE = "".join(
    ("\x1b[2J", "\x1b]0;title\x07", "\x9b31m", "\x08", "\r", "\u202e", "\u2066", "\ud800", "\x00")
)


@pytest.mark.parametrize("size", range(1, 9))
def test_sequence_that_is_cut_between_chunks_is_harmless(size: int) -> None:
    text = f"before{HOSTILE}\tafter\r\n京都\n"
    cleaner = terminal.TextCleaner()

    chunks = [cleaner.feed(text[at : at + size]) for at in range(0, len(text), size)]

    expected = "before␛[2J␛]0;title␇\ufffd31m␈␍\ufffd␀\tafter\n京都\n"
    assert "".join(chunks) + cleaner.end() == terminal.clean_text(text) == expected


@given(st.text())
def test_clean_text_has_no_control_characters(text: str) -> None:
    cleaned = terminal.clean_text(text)

    assert not any(ord(character) < 32 for character in cleaned if character not in "\n\t")
    assert not any(0x7F <= ord(character) < 0xA0 for character in cleaned)
    assert not set(cleaned) & set(
        "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f"
    )
    cleaned.encode()  # no lone surrogates


def test_trailing_carriage_return_is_visible() -> None:
    assert terminal.clean_text("a\r") == "a␍"


def test_title_is_one_line_and_isolated() -> None:
    assert terminal.clean_line(" a\nb\t\x1b[1m ") == "a b ␛[1m"
    assert terminal.clean_line("word " * 20, 10) == "word word…"
    assert terminal.clean_cell("שלום") == "\u2068שלום\u2069"


class FakeTerminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("variables", "is_terminal", "expected"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ({"TERM": "dumb"}, True, False),
    ],
)
def test_colors(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], is_terminal: bool, expected: bool
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert terminal.has_color(FakeTerminal() if is_terminal else io.StringIO()) is expected


def test_closed_stream_is_no_terminal() -> None:
    closed = io.StringIO()
    closed.close()

    assert not terminal.is_terminal(closed)
    assert not terminal.is_terminal(None)
