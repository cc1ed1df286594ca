"""One turn: a reply on its way, or a stored one read again, for any number of readers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass

from chatroutes_server.errors import ApiError
from chatroutes_server.json_encoding import Json


@dataclass(frozen=True)
class Piece:
    """Some text of a reply, and the place in the reply at which it ends, in code points."""

    text: str
    end: int


LARGEST_BATCH = 64  # pieces; then others get their turn


class Generation:
    def __init__(self, reply_id: str, model: str, created: int) -> None:
        self.reply_id = reply_id
        self.model = model
        self.created = created  # seconds since 1970
        self.pieces: list[str] = []
        self.result: Json | None = None
        self.error: ApiError | None = None
        self._news = asyncio.Event()

    @property
    def done(self) -> bool:
        return self.result is not None or self.error is not None

    def tell(self) -> None:
        """Wake everybody who waits for something new."""
        self._news.set()
        self._news = asyncio.Event()

    async def batches(self, after: int, silence: float) -> AsyncIterator[list[Piece]]:
        """Give what comes after a place in the reply, as many pieces at a time as there are.

        Nothing, in an empty list, is given after each silence of so many seconds, or somewhat
        sooner to one reader of several.
        """
        given, end = 0, 0
        while True:
            batch: list[Piece] = []
            for text in self.pieces[given : given + LARGEST_BATCH]:
                given += 1
                end += len(text)
                if end > after:
                    batch.append(Piece(text[max(0, after - end + len(text)) :], end))
            if batch:
                yield batch
            if given < len(self.pieces):
                await asyncio.sleep(0)
            elif self.done:
                return
            elif not batch:
                await self._wait(silence)
                if given == len(self.pieces) and not self.done:
                    yield []

    async def _wait(self, seconds: float) -> None:
        # Waking everybody is cheaper than a task with a timeout for each piece and reader.
        timer = asyncio.get_running_loop().call_later(seconds, self.tell)
        try:
            await self._news.wait()
        finally:
            timer.cancel()

    async def begun(self, seconds: float) -> None:
        """Wait so long for the first piece, and raise what went wrong before it."""
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._something(), seconds)
        if self.error is not None and not self.pieces:
            raise self.error

    async def _something(self) -> None:
        while not self.pieces and not self.done:
            await self._news.wait()

    async def finished(self) -> Json:
        """Wait for the end and give the answer's `data`, or raise what went wrong."""
        while not self.done:
            await self._news.wait()
        if self.error is not None:
            raise self.error
        assert self.result is not None
        return self.result
