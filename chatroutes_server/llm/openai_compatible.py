"""Models behind an OpenAI-compatible endpoint: streamed chat completions.

A reply always ends: the time to connect, the silence between chunks and the size of the response
are limited, and an invalid chat completion is an error. A chunk without text also ends a silence,
because reasoning models send such chunks. A comment does not. Every error names the upstream and is
a 502, or a 504 after a timeout, because neither the client nor this server caused it. Error
messages of the upstream are shortened, and the upstream's API key is removed from them.

A reply is complete when it has a finish reason, or when `[DONE]` follows at least one chunk. Later
failures, such as a connection that stays open or is reset, do not change a complete reply.

Closing a reply early closes the connection, which also stops the upstream.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any, cast
from urllib.parse import urlsplit

import httpx

from chatroutes_server.errors import UpstreamError, UpstreamTimeoutError
from chatroutes_server.json_encoding import Json
from chatroutes_server.llm.model import Context, ReplyStream
from chatroutes_server.llm.providers import Upstream

CONNECT_TIMEOUT = 4  # seconds, for the connection and again for TLS
CLOSE_TIMEOUT = 1  # seconds that a stream may stay open after a complete reply
MAX_EVENT_SIZE = 4 * 1024 * 1024  # bytes
MAX_RESPONSE_SIZE = 64 * 1024 * 1024  # bytes; hundreds of thousands of tokens
MAX_ERROR_LENGTH = 200  # characters


def create_client() -> httpx.AsyncClient:
    # All clients of the server share it, and the number of concurrent generations is not limited.
    return httpx.AsyncClient(limits=httpx.Limits(max_connections=None))


class OpenAICompatibleModel:
    deterministic = False

    def __init__(self, upstream: Upstream, client: httpx.AsyncClient) -> None:
        self.id = upstream.name
        self.provider = upstream.provider or urlsplit(upstream.url).hostname or ""
        self._upstream = upstream
        self._api_key = os.environ.get(upstream.key) if upstream.key else None
        self._client = client

    def stream_reply(
        self, context: Context, no_delay: bool = False, api_key: str | None = None
    ) -> ReplyStream:
        payload: Json = {
            "model": self._upstream.model or self._upstream.name,
            "messages": _messages(context),
            "stream": True,
        }
        if context.temperature is not None:
            payload["temperature"] = context.temperature
        if context.max_tokens is not None:
            payload["max_tokens"] = context.max_tokens
        return _UpstreamReply(self._upstream, self._client, payload, api_key or self._api_key)

    async def complete(self, context: Context, api_key: str | None = None) -> str:
        """Return the text of a whole reply."""
        return "".join([chunk async for chunk in self.stream_reply(context, api_key=api_key)])


def _messages(context: Context) -> list[Json]:
    messages = [{"role": each.role, "content": each.content} for each in context.messages]
    if context.system_prompt:
        messages.insert(0, {"role": "system", "content": context.system_prompt})
    return messages


class _UpstreamReply:
    def __init__(
        self, upstream: Upstream, client: httpx.AsyncClient, payload: Json, api_key: str | None
    ) -> None:
        self.finish_reason = "stop"
        self._complete = False
        self._upstream = upstream
        self._client = client
        self._payload = payload
        self._api_key = api_key

    async def __aiter__(self) -> AsyncIterator[str]:
        async with aclosing(self._request()) as chunks:
            while True:
                timeout = self._upstream.timeout
                if self._complete:
                    timeout = min(CLOSE_TIMEOUT, timeout)
                try:
                    chunk = await asyncio.wait_for(anext(chunks), timeout)
                except StopAsyncIteration:
                    return
                except (TimeoutError, httpx.HTTPError, httpx.InvalidURL) as error:
                    if self._complete:
                        return
                    raise self._transport_error(error) from None
                if chunk:
                    yield chunk

    async def _request(self) -> AsyncGenerator[str, None]:
        """Send the request and yield the text of each chunk, even if it is empty."""
        silence = self._upstream.timeout
        timeout = httpx.Timeout(silence, connect=min(CONNECT_TIMEOUT, silence / 2), pool=None)
        headers = {"Authorization": f"Bearer {self._api_key}"} if self._api_key else {}
        while True:
            async with self._client.stream(
                "POST",
                self._upstream.endpoint,
                json=self._payload,
                headers=headers,
                timeout=timeout,
            ) as response:
                if response.status_code == 200:
                    async for chunk in self._read_response(response):
                        yield chunk
                    return
                message = await _read_error_message(response)
                if "max_tokens" not in self._payload or "max_completion_tokens" not in message:
                    raise self._status_error(response, message)
                # Newer models of OpenAI require the new name of the limit, other models the old one.
                self._payload["max_completion_tokens"] = self._payload.pop("max_tokens")

    async def _read_response(self, response: httpx.Response) -> AsyncIterator[str]:
        media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type == "application/json":
            text = self._parse(await _read_start(response), "message")
            if text is None:
                raise self._error("sent an invalid chat completion")
            yield text
            return
        if media_type != "text/event-stream":
            content_type = media_type or "no content type"
            raise self._error(f"returned {content_type} instead of an event stream")
        started = False
        async for line in self._read_lines(response):
            field, _, value = line.partition(b":")
            data = value.strip()
            if field == b"error":  # llama.cpp reports errors in this field
                data = b'{"error": %b}' % data
            elif field != b"data":
                continue
            if data == b"[DONE]":
                self._complete = self._complete or started
                break
            text = self._parse(data, "delta")
            started = started or text is not None
            yield text or ""
        if not self._complete:
            raise self._error("ended the stream before the reply was complete")

    async def _read_lines(self, response: httpx.Response) -> AsyncIterator[bytes]:
        # Lines are split as bytes: str.splitlines also splits at other characters than line feeds.
        rest = b""
        size = 0
        async for data in response.aiter_bytes():
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                yield line
            size += len(data)
            if len(rest) > MAX_EVENT_SIZE or size > MAX_RESPONSE_SIZE:
                raise self._error("sent an event or a reply that is too large")
        yield rest

    def _parse(self, data: bytes, part: str) -> str | None:
        """Return the text of a chunk or of a whole completion. None if it has no part of a reply.

        Sets the finish reason.
        """
        try:
            completion: Any = json.loads(data)
            if completion.get("error") or completion.get("object") == "error":
                raise self._error(f"reported an error: {_find_error_message(completion)}")
            choices: Any = completion.get("choices") or [{}]
            message: Any = choices[0].get(part)
            content: Any = message.get("content") if message else None
            finish_reason: Any = choices[0].get("finish_reason")
            # Joins surrogate pairs, and replaces lone surrogates, which cannot be stored.
            text: str = (
                (content or "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            )
        except (ValueError, TypeError, AttributeError, LookupError, RecursionError):
            raise self._error("sent an invalid chat completion") from None
        if isinstance(finish_reason, str) and finish_reason.isidentifier():
            self.finish_reason = finish_reason
            self._complete = True
        is_part_of_reply = message is not None or (part == "delta" and self._complete)
        return text if is_part_of_reply else None

    def _transport_error(self, error: Exception) -> UpstreamError:
        if isinstance(error, httpx.ConnectTimeout):
            return self._error("could not be reached: the connection timed out")
        if isinstance(error, (TimeoutError, httpx.TimeoutException)):
            name, seconds = self._upstream.name, self._upstream.timeout
            return UpstreamTimeoutError(f"upstream {name} sent no data for {seconds:g} seconds")
        reason = str(error) or type(error).__name__
        if isinstance(error, (httpx.ConnectError, httpx.InvalidURL)):
            return self._error(f"could not be reached: {reason}")
        return self._error(f"sent an incomplete or invalid response: {reason}")

    def _status_error(self, response: httpx.Response, message: str) -> UpstreamError:
        text = f"returned status {response.status_code}"
        seconds = response.headers.get("retry-after", "")
        is_valid = seconds.isascii() and seconds.isdigit() and len(seconds) < 7
        return self._error(
            f"{text}: {message}" if message else text, int(seconds) if is_valid else None
        )

    def _error(self, text: str, retry_after: int | None = None) -> UpstreamError:
        if self._api_key:
            text = text.replace(self._api_key, "…")
        if len(text) > MAX_ERROR_LENGTH:
            text = text[:MAX_ERROR_LENGTH] + "…"
        return UpstreamError(f"upstream {self._upstream.name} {text}", retry_after=retry_after)


async def _read_error_message(response: httpx.Response) -> str:
    try:
        return _find_error_message(json.loads(await _read_start(response)))
    except (ValueError, AttributeError, RecursionError):
        return ""


async def _read_start(response: httpx.Response) -> bytes:
    """Read the body, and stop when it is larger than an event may be."""
    content = b""
    async for data in response.aiter_bytes():
        content += data
        if len(content) > MAX_EVENT_SIZE:
            break
    return content


def _find_error_message(body: Any) -> str:
    """Return the message of an error, in any of the common forms."""
    error: Any = body.get("error") or body.get("message") or body.get("detail") or ""
    message: Any = cast("Json", error).get("message", "") if isinstance(error, dict) else error
    return " ".join(str(message).encode("utf-8", "replace").decode("utf-8").split())
