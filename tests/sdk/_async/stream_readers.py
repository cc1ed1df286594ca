"""Read a stream to its end or to its error."""

from __future__ import annotations

from typing import Any

from chatroutes import AsyncChatRoutes, AsyncMessageStream, ChatRoutesError
from tests.support.payloads import HELLO


async def read(client: AsyncChatRoutes) -> tuple[list[str], AsyncMessageStream, Any]:
    """Read a stream to its end. Return its texts, the stream, and the error if it fails."""
    stream = client.messages.stream("conv_1", HELLO)
    texts: list[str] = []
    error: ChatRoutesError | None = None
    try:
        async for text in stream.text_stream:
            texts.append(text)
    except ChatRoutesError as failure:
        error = failure
    assert stream.text == "".join(texts)
    assert error is None or error.partial_content == stream.text
    return texts, stream, error


async def read_texts(client: AsyncChatRoutes) -> tuple[list[str], AsyncMessageStream]:
    """Return the texts of a stream, and the stream."""
    texts, stream, error = await read(client)
    assert error is None
    return texts, stream


async def fail_to_read(client: AsyncChatRoutes) -> tuple[list[str], ChatRoutesError]:
    """Return the texts of a stream that fails, and its error."""
    texts, _, error = await read(client)
    assert error is not None
    return texts, error
