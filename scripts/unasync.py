"""Derive synchronous code from asynchronous code, token by token, with a table of names."""

from __future__ import annotations

import io
import re
import token
import tokenize

# One rule per name. scripts/regen.py fails if a rule is not used.
NAMES = {
    "AsyncChatRoutes": "ChatRoutes",
    "AsyncCombinedCalls": "CombinedCalls",
    "AsyncRequestor": "Requestor",
    "AsyncBatch": "Batch",
    "AsyncBatchRequestor": "BatchRequestor",
    "AsyncRateLimiter": "RateLimiter",
    "AsyncItems": "Items",
    "AsyncWorkers": "Workers",
    "_AsyncSender": "_Sender",
    "AsyncMessageStream": "MessageStream",
    "AsyncEventStream": "EventStream",
    "AsyncStreamConnection": "StreamConnection",
    "AsyncStreamingResponse": "StreamingResponse",
    "AsyncRawRequestor": "RawRequestor",
    "AsyncStreamingRequestor": "StreamingRequestor",
    "AbstractAsyncContextManager": "AbstractContextManager",
    "AsyncTextStream": "TextStream",
    "AsyncConversations": "Conversations",
    "AsyncConversationIterator": "ConversationIterator",
    "AsyncPageIterator": "PageIterator",
    "AsyncSearchIterator": "SearchIterator",
    "AsyncMessages": "Messages",
    "AsyncBranches": "Branches",
    "AsyncCheckpoints": "Checkpoints",
    "AsyncAutobranch": "Autobranch",
    "AsyncModels": "Models",
    "AsyncClient": "Client",
    "AsyncConnections": "Connections",
    "AsyncTransport": "Transport",
    "AsyncDirectTransport": "DirectTransport",
    "AsyncClientTransport": "ClientTransport",
    "AsyncBaseTransport": "BaseTransport",
    "AsyncHTTPTransport": "HTTPTransport",
    "AsyncFastConnection": "FastConnection",
    "AsyncPoolTransport": "PoolTransport",
    "AsyncConnectionPool": "ConnectionPool",
    "AsyncConnectionInterface": "ConnectionInterface",
    "AsyncHTTPConnection": "HTTPConnection",
    "AsyncHTTP11Connection": "HTTP11Connection",
    "AsyncNetworkStream": "NetworkStream",
    "AsyncNetworkBackend": "NetworkBackend",
    "AsyncConnectionBackend": "ConnectionBackend",
    "AsyncCallbackResult": "CallbackResult",
    "AsyncClosing": "Closing",
    "AsyncInterruption": "Interruption",
    "AsyncFinalizer": "Finalizer",
    "AsyncGenerator": "Generator",
    "AsyncIterator": "Iterator",
    "StopAsyncIteration": "StopIteration",
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "__aiter__": "__iter__",
    "__anext__": "__next__",
    "aclose": "close",
    "aiter_bytes": "iter_bytes",
    "aiter_raw": "iter_raw",
    "aread": "read",
    "handle_async_request": "handle_request",
    "anyio": "time",
    "anext": "next",
    "aiter": "iter",
    "current_event_loop_async": "current_event_loop",
    "finalizer_async": "finalizer",
    "close_body_async": "close_body",
    "run_shielded_async": "run_shielded",
    "iterate_items_async": "iterate_items",
    "AsyncComparisonStream": "ComparisonStream",
    "network_backend_async": "network_backend",
    "async_chatroutes_client": "chatroutes_client",
    "schedule_close_async": "schedule_close",
    "run_callback_async": "run_callback",
    "with_block_async": "with_block",
    "validate_callback_async": "validate_callback",
    "wait_until_idle_async": "wait_until_idle",
    "close_during_read_async": "close_during_read",
    "stop_during_read_async": "stop_during_read",
    "aclosing": "closing",
}

RESOURCES = ("Conversations", "Messages", "Branches", "Checkpoints", "Autobranch", "Models")
for _resource in RESOURCES:
    for _suffix in ("WithRawResponse", "WithStreamingResponse"):
        NAMES[f"Async{_resource}{_suffix}"] = f"{_resource}{_suffix}"

DROPPED = {"async", "await"}

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def derive(source: str, used: set[str]) -> str:
    """Return the synchronous version of asynchronous source, and add the rules that matched to `used`.

    Names, and the same words in strings and comments, are replaced. The keywords `async` and `await` are
    removed. In strings and comments they are removed only if code follows (`await client...`).
    """

    def replace(match: re.Match[str]) -> str:
        word = match.group()
        if word in NAMES:
            used.add(word)
            return NAMES[word]
        return word

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
