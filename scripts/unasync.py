"""Derive synchronous code from asynchronous code, token by token."""

from __future__ import annotations

import io
import re
import token
import tokenize

# The names to which removing `Async` or `_async` does not apply. scripts/regen.py fails if a rule is not used.
NAMES = {
    "AbstractAsyncContextManager": "AbstractContextManager",
    "StopAsyncIteration": "StopIteration",
    "async_chatroutes_client": "chatroutes_client",
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "__aiter__": "__iter__",
    "__anext__": "__next__",
    "aclose": "close",
    "aclosing": "closing",
    "aiter": "iter",
    "aiter_bytes": "iter_bytes",
    "aiter_raw": "iter_raw",
    "anext": "next",
    "aread": "read",
    "handle_async_request": "handle_request",
}

DROPPED = {"async", "await"}

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MARK = re.compile(r"^(_?)Async(?=[A-Z])|(?<=[a-z])_async$")


def derive(source: str, used: set[str]) -> str:
    """Return the synchronous version of asynchronous source, and add the rules that matched to `used`.

    Names, and the same words in strings and comments, are replaced: `AsyncClient` by `Client`, `run_async` by
    `run`, and those in `NAMES`. The keywords `async` and `await` are removed. In strings and comments they are
    removed only if code follows (`await client...`).
    """

    def replace(match: re.Match[str]) -> str:
        word = match.group()
        if word in NAMES:
            used.add(word)
            return NAMES[word]
        return _MARK.sub(r"\1", word)

    lines = [*source.splitlines(keepends=True), ""]  # the end marker is on a line of its own
    out: list[str] = []
    row, column = 1, 0
    skip_space = False
    for kind, text, start, end, _ in tokenize.generate_tokens(io.StringIO(source).readline):
        between = _between(lines, (row, column), start)
        out.append("" if skip_space else between)
        skip_space = False
        row, column = end
        if kind == token.NAME and text in DROPPED:
            used.add(text)
            skip_space = True
        elif kind == token.NAME:
            out.append(_WORD.sub(replace, text))
        elif kind in (token.OP, token.NUMBER, token.NEWLINE, token.NL):
            out.append(text)
        elif kind not in (token.INDENT, token.DEDENT, token.ENDMARKER):
            plain = re.sub(r"\b(?:await|async) +(?=[A-Za-z(])", "", text)
            out.append(_WORD.sub(replace, plain))
        else:
            out.append(text)
    return "".join(out)


def rules() -> set[str]:
    """Return all rules."""
    return set(NAMES) | DROPPED


def _between(lines: list[str], start: tuple[int, int], end: tuple[int, int]) -> str:
    if start >= end:
        return ""
    (first, column), (last, until) = start, end
    if first == last:
        return lines[first - 1][column:until]
    middle = "".join(lines[first : last - 1])
    return lines[first - 1][column:] + middle + lines[last - 1][:until]
