"""Models behind an OpenAI-compatible endpoint: streamed chat completions.

A reply always ends, and its size is limited. These limits hold for every upstream:

- The time to connect, the time between chunks, the time without text, and the time of the whole
  reply. A chunk without text restarts the time between chunks, because reasoning models send such
  chunks. A comment or an empty line does not.
- The size of an event, of the response and of its text. A compressed response is an error, because a few
  kilobytes of it can expand to gigabytes; the request asks for `identity`.

An invalid chat completion is an error. Every error names the upstream and is a 502, or a 504 after a
timeout, because neither the client nor this server caused it. Error messages of the upstream are
shortened, and the upstream's API key and its parts are removed from them.

The request asks for the usage, which arrives after the text. An endpoint that rejects the field gets
the request again without it.

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
from chatroutes_server.llm.model import Context, ReplyStream, Usage
from chatroutes_server.llm.providers import Upstream
from chatroutes_server.llm.redaction import redact

CONNECT_TIMEOUT = 4  # seconds, for the connection and again for TLS
CLOSE_TIMEOUT = 1  # seconds that a stream may stay open after a complete reply
TEXT_TIMEOUT_FACTOR = 10  # the longest time without text, as a multiple of the timeout
MAX_REPLY_TIME = 60 * 60  # seconds
MAX_EVENT_SIZE = 1024 * 1024  # bytes
MAX_RESPONSE_SIZE = 64 * 1024 * 1024  # bytes; hundreds of thousands of tokens
MAX_TOKENS = 2**31 - 1  # of a usage
MAX_TEXT_LENGTH = 4 * 1024 * 1024  # characters
MAX_ERROR_LENGTH = 200  # characters
MAX_FINISH_REASON_LENGTH = 40  # characters


def create_client() -> httpx.AsyncClient:
    # All clients of the server share it, and the number of concurrent generations is not limited.
    return httpx.AsyncClient(limits=httpx.Limits(max_connections=None))


class OpenAICompatibleModel:
    deterministic = False

    def __init__(self, upstream: Upstream, client: httpx.AsyncClient) -> None:
        self.id: str = upstream.name
        self.provider: str = upstream.provider or urlsplit(upstream.url).hostname or ""
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
            "stream_options": {"include_usage": True},
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
        self.usage: Usage | None = None
        self._complete = False
        self._upstream = upstream
        self._client = client
        self._payload = payload
        self._api_key = api_key

    @property
    def cost(self) -> float | None:
        price = self._upstream.price
        if price is None or self.usage is None:
            return None
        dollars = (
            price.input * self.usage.prompt_tokens + price.output * self.usage.completion_tokens
        )
        return dollars / 1_000_000

    async def __aiter__(self) -> AsyncIterator[str]:
        idle_timeout = self._upstream.timeout
        now = asyncio.get_running_loop().time
        text_timeout = TEXT_TIMEOUT_FACTOR * idle_timeout
        end = now() + MAX_REPLY_TIME
        text_end = now() + text_timeout
        length = 0
        async with aclosing(self._request()) as batches:
            while True:
                left = min(end, text_end) - now()
                try:
                    texts = await asyncio.wait_for(anext(batches), min(idle_timeout, left))
                except StopAsyncIteration:
                    return
                except (TimeoutError, httpx.HTTPError, httpx.InvalidURL) as error:
                    if self._complete:
                        return
                    if isinstance(error, TimeoutError) and left < idle_timeout:
                        seconds = MAX_REPLY_TIME if end < text_end else text_timeout
                        what = "did not complete the reply" if end < text_end else "sent no text"
                        raise self._timeout_error(f"{what} for {seconds:g} seconds") from None
                    raise self._transport_error(error) from None
                if self._complete:
                    end = min(end, now() + CLOSE_TIMEOUT)
                for text in texts:
                    length += len(text)
                    if length > MAX_TEXT_LENGTH:
                        raise self._error("sent a reply that is too large")
                    yield text
                if texts:
                    text_end = now() + text_timeout

    async def _request(self) -> AsyncGenerator[list[str], None]:
        """Send the request. Yield the texts of the chunks that arrive together, even if all are empty."""
        idle_timeout = self._upstream.timeout
        timeout = httpx.Timeout(
            idle_timeout, connect=min(CONNECT_TIMEOUT, idle_timeout / 2), pool=None
        )
        headers = {"Accept-Encoding": "identity"}
        if self._api_key:
            headers["Authorization"] = f"Bearer {self._api_key}"
        while True:
            async with self._client.stream(
                "POST",
                self._upstream.endpoint,
                json=self._payload,
                headers=headers,
                timeout=timeout,
            ) as response:
                if response.status_code == 200:
                    async for texts in self._read_response(response):
                        yield texts
                    return
                message = "" if _encoding(response) else await _read_error_message(response)
                if "stream_options" in self._payload and "stream_options" in message:
                    del self._payload["stream_options"]  # some endpoints reject unknown fields
                elif "max_tokens" in self._payload and "max_completion_tokens" in message:
                    # Newer models of OpenAI require the new name of the limit, other models the old one.
                    self._payload["max_completion_tokens"] = self._payload.pop("max_tokens")
                else:
                    raise self._status_error(response, message)

    async def _read_response(self, response: httpx.Response) -> AsyncIterator[list[str]]:
        encoding = _encoding(response)
        if encoding:
            raise self._error(f"sent a response with the content encoding {encoding}")
        media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type == "application/json":
            text = self._parse(await _read_start(response), "message")
            if text is None:
                raise self._error("sent an invalid chat completion")
            yield [text]
            return
        if media_type != "text/event-stream":
            content_type = media_type or "no content type"
            raise self._error(f"returned {content_type} instead of an event stream")
        started = done = False
        async for lines in self._read_lines(response):
            texts: list[str] = []
            chunks = 0
            for line in lines:
                data = _event_data(line)
                if data is None:
                    continue
                done = data == b"[DONE]"
                if done:
                    break
                try:
                    text = self._parse(data, "delta")
                except UpstreamError:
                    yield texts
                    raise
                chunks += 1
                started = started or text is not None
                if text:
                    texts.append(text)
            if chunks:
                yield texts
            if done:
                self._complete = self._complete or started
                break
        if not self._complete:
            raise self._error("ended the stream before the reply was complete")

    async def _read_lines(self, response: httpx.Response) -> AsyncIterator[list[bytes]]:
        """Yield the lines that arrive together."""
        # Lines are split as bytes: str.splitlines also splits at other characters than line feeds.
        line = bytearray()  # the last one, which is not complete
        size = 0
        async for data in response.aiter_raw():
            size += len(data)
            first, *others = data.split(b"\n")
            line += first
            if len(line) > MAX_EVENT_SIZE or size > MAX_RESPONSE_SIZE:
                raise self._error("sent an event or a reply that is too large")
            if others:
                last = others.pop()
                yield [bytes(line), *others]
                line = bytearray(last)
        yield [bytes(line)]

    def _parse(self, data: bytes, part: str) -> str | None:
        """Return the text of a chunk or of a whole completion. None if it has no part of a reply.

        Sets the finish reason and the usage.
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
        self.usage = _parse_usage(completion.get("usage")) or self.usage
        if isinstance(finish_reason, str) and finish_reason.isidentifier():
            self.finish_reason = redact(
                finish_reason[:MAX_FINISH_REASON_LENGTH], self._api_key or ""
            )
            self._complete = True
        is_part_of_reply = message is not None or (part == "delta" and self._complete)
        return text if is_part_of_reply else None

    def _transport_error(self, error: Exception) -> UpstreamError:
        if isinstance(error, httpx.ConnectTimeout):
            return self._error("could not be reached: the connection timed out")
        if isinstance(error, (TimeoutError, httpx.TimeoutException)):
            return self._timeout_error(f"sent no data for {self._upstream.timeout:g} seconds")
        reason = str(error) or type(error).__name__
        if isinstance(error, (httpx.ConnectError, httpx.InvalidURL)):
            return self._error(f"could not be reached: {reason}")
        return self._error(f"sent an incomplete or invalid response: {reason}")

    def _timeout_error(self, text: str) -> UpstreamTimeoutError:
        return UpstreamTimeoutError(f"upstream {self._upstream.name} {text}")

    def _status_error(self, response: httpx.Response, message: str) -> UpstreamError:
        text = f"returned status {response.status_code}"
        seconds = response.headers.get("retry-after", "")
        is_valid = seconds.isascii() and seconds.isdigit() and len(seconds) < 7
        return self._error(
            f"{text}: {message}" if message else text, int(seconds) if is_valid else None
        )

    def _error(self, text: str, retry_after: int | None = None) -> UpstreamError:
        # The first cut limits the work of `redact`.
        text = redact(text[: 10 * MAX_ERROR_LENGTH], self._api_key or "")
        if len(text) > MAX_ERROR_LENGTH:
            text = text[:MAX_ERROR_LENGTH] + "…"
        return UpstreamError(f"upstream {self._upstream.name} {text}", retry_after=retry_after)


def _event_data(line: bytes) -> bytes | None:
    """Return the data of a line of an event stream, or None if it has none."""
    field, _, value = line.partition(b":")
    data = value.strip()
    if field == b"error":  # llama.cpp reports errors in this field
        return b'{"error": %b}' % data
    return data if field == b"data" else None


def _parse_usage(usage: Any) -> Usage | None:
    """Return the numbers of a chunk or a completion, or None if it has none or invalid ones."""
    if not isinstance(usage, dict):
        return None
    numbers: list[Any] = [
        cast("Json", usage).get(f"{name}_tokens") for name in ("prompt", "completion")
    ]
    valid = all(type(each) is int and 0 <= each <= MAX_TOKENS for each in numbers)
    return Usage(*numbers) if valid else None


async def _read_error_message(response: httpx.Response) -> str:
    try:
        return _find_error_message(json.loads(await _read_start(response)))
    except (ValueError, AttributeError, RecursionError):
        return ""


async def _read_start(response: httpx.Response) -> bytes:
    """Read the body, and stop when it is larger than an event may be."""
    content = bytearray()
    async for data in response.aiter_raw():
        content += data
        if len(content) > MAX_EVENT_SIZE:
            break
    return bytes(content)


def _encoding(response: httpx.Response) -> str:
    """Return the content encoding, or an empty string if there is none."""
    encoding: str = response.headers.get("content-encoding", "").strip().lower()
    return "" if encoding == "identity" else encoding


def _find_error_message(body: Any) -> str:
    """Return the message of an error, in any of the common forms."""
    error: Any = body.get("error") or body.get("message") or body.get("detail") or ""
    message: Any = cast("Json", error).get("message", "") if isinstance(error, dict) else error
    return " ".join(str(message).encode("utf-8", "replace").decode("utf-8").split())
