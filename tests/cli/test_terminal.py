"""What is safe for a terminal, and colors."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatroutes_cli import progress, terminal
from chatroutes_cli.output import write_table

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
def test_colors_depend_on_the_environment_and_the_terminal(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], is_terminal: bool, expected: bool
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert terminal.has_color(FakeTerminal() if is_terminal else io.StringIO()) is expected


@pytest.fixture
def color_terminal(monkeypatch: pytest.MonkeyPatch) -> FakeTerminal:
    monkeypatch.setenv("TERM", "xterm")
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return FakeTerminal()


def test_status_is_shown_until_the_output_begins(color_terminal: FakeTerminal) -> None:
    with (
        redirect_stderr(color_terminal),
        progress.status("Reading [/b] \x1b]0;x", delay=0) as end,
        progress.status("Inner", delay=0),
    ):
        while "Reading" not in color_terminal.getvalue():
            pass
        end()
        shown = color_terminal.getvalue()

    assert "Reading [/b] ␛]0;x" in shown
    assert "Inner" not in shown
    assert color_terminal.getvalue() == shown  # nothing is shown after the end
    assert shown.endswith("\x1b[2K")


def test_progress_is_shown_and_removed(color_terminal: FakeTerminal) -> None:
    with (
        redirect_stderr(color_terminal),
        progress.progress("Exporting [/b] [bold]", total=2, delay=0) as advance,
    ):
        advance(1)
        advance(2)

    shown = color_terminal.getvalue()
    assert "Exporting [/b] [bold]" in shown
    assert "100%" in shown
    assert shown.endswith("\x1b[2K")


@pytest.mark.parametrize("terminal_type", ["xterm", "dumb"])
@pytest.mark.parametrize(("output", "delay"), [(FakeTerminal, 1000), (io.StringIO, 0)])
def test_quick_work_and_other_outputs_show_no_progress(
    monkeypatch: pytest.MonkeyPatch,
    output: Callable[[], io.StringIO],
    delay: int,
    terminal_type: str,
) -> None:
    monkeypatch.setenv("TERM", terminal_type)
    with (
        redirect_stderr(output()) as shown,
        progress.status("Reading", delay=delay),
        progress.progress("Reading", delay=delay) as advance,
    ):
        advance(1)

    assert shown.getvalue() == ""


@pytest.mark.parametrize("width", [80, 120])
def test_table_fits_the_terminal(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    title = "[bold]京都[/bold] :smile: \x1b[2Jטיול " + "long " * 30
    row = ("conv_0123456789abcdef01234567", title, "model-" * 50, "2026-01-31 09:05")
    with redirect_stdout(FakeTerminal()) as output:
        write_table(("Conversation", "Title", "Model", "Changed"), [row])

    heading, line = output.getvalue().splitlines()
    assert "Conversation" in heading
    assert terminal.columns(line) <= width
    assert (line.split()[0], line[-16:]) == (row[0], row[-1])
    assert "[bold]京都[/bold]" in line
    assert "\x1b[2J" not in line


@pytest.mark.parametrize("columns", ["20", "80"])
@pytest.mark.parametrize("word", ["a", "conversation_id:"])
def test_error_has_its_prefix_once(
    monkeypatch: pytest.MonkeyPatch, color_terminal: FakeTerminal, columns: str, word: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("NO_COLOR", "1")
    with redirect_stderr(color_terminal):
        terminal.print_error(f"{word} must not be empty.")

    shown = color_terminal.getvalue()
    assert shown.split() == ["Error:", word, "must", "not", "be", "empty."]
    assert max(map(len, shown.splitlines())) <= int(columns)


def test_closed_stream_is_not_a_terminal() -> None:
    closed = io.StringIO()
    closed.close()

    assert not terminal.is_terminal(closed)
    assert not terminal.is_terminal(None)
