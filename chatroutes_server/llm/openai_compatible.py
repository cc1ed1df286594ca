"""A model elsewhere: its chat completions, streamed, and its failures in this API's words.

Whatever an upstream does, the turn that waits for it ends: connecting, silence and length are
bounded, and what is no chat completion is an error. A chunk breaks the silence though it holds no
text, since a model that reasons sends such; a comment does not. Every error names the upstream and
is a 502, or a 504 if it was too slow, because the fault is neither the client's nor this server's.
The upstream's key is in no message: what it says of itself is cut short, and the key struck out.

A reply is whole once it gave a finish reason, or the stream was `[DONE]` after it spoke. What goes
wrong from then on, such as a connection that is held open or torn down, takes nothing away from it.

Closing a reply early closes the connection, and with it ends the work at the other end.
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

from chatroutes_server.api import serializers as wire
from chatroutes_server.errors import UpstreamError, UpstreamTimeoutError
from chatroutes_server.llm.builtin import Context, Reply
from chatroutes_server.llm.providers import Upstream

CONNECTING = 4  # seconds, for the connection and again for TLS
AFTERWORD = 1  # seconds that a whole reply's stream has to end
LONGEST_LINE = 4 * 1024 * 1024  # bytes of one event; what is longer is none
LONGEST_STREAM = 64 * 1024 * 1024  # bytes; hundreds of thousands of tokens
LONGEST_SHOWN = 200


def new_client() -> httpx.AsyncClient:
    # The users of this server share it, so how many turns run at once is not decided here.
    return httpx.AsyncClient(limits=httpx.Limits(max_connections=None))


class UpstreamModel:
    repeatable = False

    def __init__(self, upstream: Upstream, client: httpx.AsyncClient) -> None:
        self.id = upstream.name
        self.provider = upstream.provider or urlsplit(upstream.url).hostname or ""
        self._upstream = upstream
        self._key = os.environ.get(upstream.key) if upstream.key else None
        self._client = client

    def reply(self, context: Context, at_once: bool = False, key: str | None = None) -> Reply:
        payload: wire.Json = {
            "model": self._upstream.model or self._upstream.name,
            "messages": _messages(context),
            "stream": True,
        }
        if context.temperature is not None:
            payload["temperature"] = context.temperature
        if context.max_tokens is not None:
            payload["max_tokens"] = context.max_tokens
        return _UpstreamReply(self._upstream, self._client, payload, key or self._key)

    async def whole_reply(self, context: Context, key: str | None = None) -> str:
        return "".join([piece async for piece in self.reply(context, key=key)])


def _messages(context: Context) -> list[wire.Json]:
    given = [{"role": each.role, "content": each.content} for each in context.messages]
    if context.system_prompt:
        given.insert(0, {"role": "system", "content": context.system_prompt})
    return given


class _UpstreamReply:
    def __init__(
        self, upstream: Upstream, client: httpx.AsyncClient, payload: wire.Json, key: str | None
    ) -> None:
        self.finish_reason = "stop"
        self._whole = False
        self._upstream = upstream
        self._client = client
        self._payload = payload
        self._key = key

    async def __aiter__(self) -> AsyncIterator[str]:
        async with aclosing(self._pieces()) as pieces:
            while True:
                silence = self._upstream.timeout
                if self._whole:
                    silence = min(AFTERWORD, silence)
                try:
                    piece = await asyncio.wait_for(anext(pieces), silence)
                except StopAsyncIteration:
                    return
                except (TimeoutError, httpx.HTTPError, httpx.InvalidURL) as error:
                    if self._whole:
                        return
                    raise self._broken(error) from None
                if piece:
                    yield piece

    async def _pieces(self) -> AsyncGenerator[str, None]:
        """Give a piece for each chunk, also where it is empty."""
        silence = self._upstream.timeout
        timeout = httpx.Timeout(silence, connect=min(CONNECTING, silence / 2), pool=None)
        headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        while True:
            async with self._client.stream(
                "POST",
                self._upstream.endpoint,
                json=self._payload,
                headers=headers,
                timeout=timeout,
            ) as response:
                if response.status_code == 200:
                    async for piece in self._told(response):
                        yield piece
                    return
                said = await _reason(response)
                if "max_tokens" not in self._payload or "max_completion_tokens" not in said:
                    raise self._refused(response, said)
                # The OpenAI service's newer models want the limit by its new name, others by its old.
                self._payload["max_completion_tokens"] = self._payload.pop("max_tokens")

    async def _told(self, response: httpx.Response) -> AsyncIterator[str]:
        media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type == "application/json":
            whole = self._read(await _first_bytes(response), "message")
            if whole is None:
                raise self._failed("sent what is no chat completion")
            yield whole
            return
        if media_type != "text/event-stream":
            raise self._failed(f"answered with {media_type or 'nothing'}, not an event stream")
        spoke = False
        async for line in self._lines(response):
            field, _, value = line.partition(b":")
            data = value.strip()
            if field == b"error":  # so llama.cpp says it
                data = b'{"error": %b}' % data
            elif field != b"data":
                continue
            if data == b"[DONE]":
                self._whole = self._whole or spoke
                break
            piece = self._read(data, "delta")
            spoke = spoke or piece is not None
            yield piece or ""
        if not self._whole:
            raise self._failed("stopped before the reply was whole")

    async def _lines(self, response: httpx.Response) -> AsyncIterator[bytes]:
        # By bytes: a line ends at a line feed, and not at what else Unicode calls a line's end.
        rest = b""
        length = 0
        async for piece in response.aiter_bytes():
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                yield line
            length += len(piece)
            if len(rest) > LONGEST_LINE or length > LONGEST_STREAM:
                raise self._failed("sent an event or a reply that is too long")
        yield rest

    def _read(self, data: bytes, part: str) -> str | None:
        """Give the text of a chunk, or of a whole completion; None if it holds no part of a reply.

        Takes note of the finish reason.
        """
        try:
            chunk: Any = json.loads(data)
            if chunk.get("error") or chunk.get("object") == "error":
                raise self._failed(f"said: {_said(chunk)}")
            choices: Any = chunk.get("choices") or [{}]
            said: Any = choices[0].get(part)
            content: Any = said.get("content") if said else None
            finish_reason: Any = choices[0].get("finish_reason")
            # Halves of a surrogate pair cannot be stored; whole ones are joined.
            text: str = (
                (content or "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            )
        except (ValueError, TypeError, AttributeError, LookupError, RecursionError):
            raise self._failed("sent what is no chat completion") from None
        if isinstance(finish_reason, str) and finish_reason.isidentifier():
            self.finish_reason = finish_reason
            self._whole = True
        part_of_reply = said is not None or (part == "delta" and self._whole)
        return text if part_of_reply else None

    def _broken(self, error: Exception) -> UpstreamError:
        if isinstance(error, httpx.ConnectTimeout):
            return self._failed("cannot be reached: it takes no connection")
        if isinstance(error, (asyncio.TimeoutError, httpx.TimeoutException)):
            name = self._upstream.name
            return UpstreamTimeoutError(f"the upstream {name} was silent for too long")
        reason = str(error) or type(error).__name__
        return self._failed(f"cannot be reached or broke off: {reason}")

    def _refused(self, response: httpx.Response, said: str) -> UpstreamError:
        text = f"answered {response.status_code}"
        wait = response.headers.get("retry-after", "")
        return self._failed(
            f"{text}: {said}" if said else text,
            int(wait) if wait.isascii() and wait.isdigit() and len(wait) < 7 else None,
        )

    def _failed(self, text: str, retry_after: int | None = None) -> UpstreamError:
        shown = text.replace(self._key, "…") if self._key else text
        shown = shown if len(shown) <= LONGEST_SHOWN else shown[:LONGEST_SHOWN] + "…"
        return UpstreamError(f"the upstream {self._upstream.name} {shown}", retry_after=retry_after)


async def _reason(response: httpx.Response) -> str:
    try:
        return _said(json.loads(await _first_bytes(response)))
    except (ValueError, AttributeError, RecursionError):
        return ""


async def _first_bytes(response: httpx.Response) -> bytes:
    content = b""
    async for piece in response.aiter_bytes():
        content += piece
        if len(content) > LONGEST_LINE:
            break
    return content


def _said(answer: Any) -> str:
    """Find the sentence in an error, in the forms that are about."""
    error: Any = answer.get("error") or answer.get("message") or answer.get("detail") or ""
    text: Any = cast("wire.Json", error).get("message", "") if isinstance(error, dict) else error
    return " ".join(str(text).encode("utf-8", "replace").decode("utf-8").split())
