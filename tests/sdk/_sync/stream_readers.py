# Derived from tests/sdk/_async/stream_readers.py by scripts/regen.py. Do not edit.

"""Read a stream to its end or to its error."""

from __future__ import annotations

from typing import Any

from chatroutes import ChatRoutes, MessageStream, ChatRoutesError
from tests.support.payloads import HELLO


def read(client: ChatRoutes) -> tuple[list[str], MessageStream, Any]:
    """Read a stream to its end. Return its texts, the stream, and the error if it fails."""
    stream = client.messages.stream("conv_1", HELLO)
    texts: list[str] = []
    error: ChatRoutesError | None = None
    try:
        for text in stream.text_stream:
            texts.append(text)
    except ChatRoutesError as failure:
        error = failure
    assert stream.text == "".join(texts)
    assert error is None or error.partial_content == stream.text
    return texts, stream, error


def read_texts(client: ChatRoutes) -> tuple[list[str], MessageStream]:
    """Return the texts of a stream, and the stream."""
    texts, stream, error = read(client)
    assert error is None
    return texts, stream


def fail_to_read(client: ChatRoutes) -> tuple[list[str], ChatRoutesError]:
    """Return the texts of a stream that fails, and its error."""
    texts, _, error = read(client)
    assert error is not None
    return texts, error
