"""Word wrap of replies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatroutes_cli.terminal import columns
from chatroutes_cli.word_wrap import WordWrapper


def wrap(text: str, width: int = 10, size: int = 1) -> str:
    """Wrap a text that arrives in pieces of this size."""
    wrapper = WordWrapper(width, columns)
    pieces = [wrapper.feed(text[at : at + size]) for at in range(0, len(text), size)]
    return "".join(pieces) + wrapper.end()


@pytest.mark.parametrize(
    ("text", "wrapped"),
    [
        ("one two three four", "one two\nthree four"),
        ("1234567890 1", "1234567890\n1"),
        ("123456789 0", "123456789\n0"),
        ("  indented\n\nlines  \n", "  indented\n\nlines  \n"),
        ("a 123456789012345 b", "a\n123456789012345 b"),
        ("京都の桜は四月に咲く", "京都の桜は\n四月に咲く"),
        ("see 京都の桜は", "see 京都の\n桜は"),
        ("a\tb\tc", "a\tb\nc"),
        (
            "```\na long line of code\n```\na long line",
            "```\na long line of code\n```\na long\nline",
        ),
        ("👩\u200d👩\u200d👧 family ties", "👩\u200d👩\u200d👧\nfamily\nties"),
    ],
)
@pytest.mark.parametrize("size", [1, 3, 100])
def test_lines_are_broken_between_words(text: str, wrapped: str, size: int) -> None:
    assert wrap(text, size=size) == wrapped


@given(st.text(alphabet="abcde \n\t京`\u0301", max_size=60), st.integers(1, 9))
def test_wrapping_changes_nothing_but_whitespace(text: str, size: int) -> None:
    wrapped = wrap(text, size=size)

    assert "".join(wrapped.split()) == "".join(text.split())
    assert wrapped == wrap(text, size=len(text) or 1)
    assert wrap("\n" + wrapped).split() == ("\n" + wrapped).split()


def test_complete_words_are_returned_at_once() -> None:
    wrapper = WordWrapper(80, columns)

    assert wrapper.feed("Hello wor") == "Hello"
    assert wrapper.feed("ld, ") == " world,"
    assert wrapper.feed("京都") == " 京"
    assert wrapper.end() == "都"
