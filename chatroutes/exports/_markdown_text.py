"""Texts of messages inside a Markdown document: they cannot change what is around them.

A message is a block quote. So a code block, a list or an HTML block that is not closed ends with the
message, and a heading in it is not one of the document. Raw HTML is escaped, so that a browser does not
run a script. A text in code stays as it is, because escapes have no effect there.

Only what is certainly code is treated as code: code blocks whose fences are not indented, and code
spans within a line. A message with other fences, such as those in a list, is escaped as a whole.
"""

from __future__ import annotations

import re

from .._normalize import valid_text
from .._safe_text import label

MAX_LABEL = 200

_CONTROLS: dict[int, int | str] = {
    **{code: 0x2400 + code for code in range(0x20) if chr(code) not in "\n\t"},
    0x7F: "␡",
    **dict.fromkeys(range(0x80, 0xA0), "\ufffd"),
}
_PUNCTUATION = re.compile(r"([\\`*_{}\[\]<>()#!|~&$])")
# The beginning of a tag, a comment or a declaration, but not of a link such as <https://example.com>.
_TAG = re.compile(r"<(?!https?://[^\s<>`]*>)(?=[A-Za-z/!?])")
_FENCE = re.compile(r"(`{3,})[^`]*$|(~{3,})")
_OTHER_FENCE = re.compile(r"[ \t>*+\-0-9.)]+(?:```|~~~)")
_BACKTICKS = re.compile("`+")


def quote(text: str) -> str:
    """Return a text in Markdown as a block quote, without its raw HTML."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = valid_text(text).translate(_CONTROLS).split("\n")
    return "\n".join(f"> {line}" if line else ">" for line in _escape_html(lines))


def plain(text: str) -> str:
    """Return one line that Markdown shows as it is, such as a title. It does not begin a line."""
    return _PUNCTUATION.sub(r"\\\1", label(text, MAX_LABEL))


def _escape_html(lines: list[str]) -> list[str]:
    if any(map(_OTHER_FENCE.match, lines)):
        return list(map(_escape, lines))
    escaped: list[str] = []
    paragraph: list[str] = []
    closing: re.Pattern[str] | None = None
    for line in lines:
        if closing is not None:
            escaped.append(line)
            if closing.match(line):
                closing = None
            continue
        fence = _FENCE.match(line)
        if fence is None and line.strip():
            paragraph.append(line)
            continue
        escaped += _escape_paragraph(paragraph)
        paragraph = []
        escaped.append(line)
        if fence is not None:
            mark = fence[1] or fence[2]
            closing = re.compile(rf" {{0,3}}{mark[0]}{{{len(mark)},}}[ \t]*$")
    return escaped + _escape_paragraph(paragraph)


def _escape_paragraph(lines: list[str]) -> list[str]:
    """Escape the HTML outside of code spans. Where they are uncertain, escape all of it."""
    spans = [_code_spans(line) for line in lines]
    if any(each is None for each in spans):
        return list(map(_escape, lines))
    escaped: list[str] = []
    for line, found in zip(lines, spans, strict=True):
        parts: list[str] = []
        end = 0
        for start, stop in found or ():
            parts += [_escape(line[end:start]), line[start:stop]]
            end = stop
        escaped.append("".join([*parts, _escape(line[end:])]))
    return escaped


def _code_spans(line: str) -> list[tuple[int, int]] | None:
    """Return the positions of the code spans in a line, or None if they are uncertain.

    They are if a code span may continue on another line, if a backtick is escaped, and in a table,
    whose cells end at a bar.
    """
    runs = list(_BACKTICKS.finditer(line))
    if runs and ("|" in line or "\\`" in line):
        return None
    following: dict[int, int] = {}  # by length: the nearest run after the current one
    closed_by: dict[int, int] = {}
    for index in reversed(range(len(runs))):
        length = len(runs[index][0])
        if length in following:
            closed_by[index] = following[length]
        following[length] = index
    spans: list[tuple[int, int]] = []
    index = 0
    while index < len(runs):
        if index not in closed_by:
            return None
        spans.append((runs[index].start(), runs[closed_by[index]].end()))
        index = closed_by[index] + 1
    return spans


def _escape(text: str) -> str:
    return _TAG.sub("&lt;", text)
