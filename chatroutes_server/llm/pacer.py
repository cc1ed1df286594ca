"""The pace of the built-in model: when each word of a reply is sent.

The time at which a word is due depends only on the start of the reply, so that delays do not add up.
All replies share one timer. If the event loop runs the timer late, it is busy: the next words wait for
a while, and all that are due are sent together. The words of running replies then leave time for new
requests, however many replies there are.
"""

from __future__ import annotations

import asyncio
from heapq import heappop, heappush
from itertools import count

YIELD_INTERVAL = 64  # words without a delay, before other tasks run
PAUSE_PER_LATENESS = 2  # times the lateness of the timer, until it runs again at the earliest
MAX_PAUSE = 0.25  # seconds


class Pacer:
    """Makes replies wait until their words are due. It belongs to one event loop.

    Args:
        word_delay: The time between two words of a reply, in seconds.
    """

    def __init__(self, word_delay: float) -> None:
        self._word_delay = word_delay
        self._delays_skipped = False
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []  # a heap, by due time
        self._numbers = count()
        self._timer: asyncio.TimerHandle | None = None
        self._next_wake = 0.0  # at the earliest

    def skip_delays(self) -> None:
        """Finish all replies without delays."""
        self._delays_skipped = True
        while self._sleepers:
            self._wake_first()

    async def wait(self, start: float, word_number: int, word_delay: float | None = None) -> None:
        """Return when a word of a reply is due that started at `start`, a time of the event loop.

        `word_delay` replaces the delay of the pacer.
        """
        loop = asyncio.get_running_loop()
        due = start + word_number * (self._word_delay if word_delay is None else word_delay)
        if self._delays_skipped or due <= loop.time():
            await yield_to_other_tasks(word_number)
            return
        sleeper = loop.create_future()
        heappush(self._sleepers, (due, next(self._numbers), sleeper))
        self._set_timer(loop)
        await sleeper

    def _set_timer(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self._sleepers:
            return
        time = max(self._sleepers[0][0], self._next_wake)
        if self._timer is not None:
            if self._timer.when() <= time:
                return
            self._timer.cancel()
        self._timer = loop.call_at(time, self._wake_due, loop, time)

    def _wake_due(self, loop: asyncio.AbstractEventLoop, expected: float) -> None:
        self._timer = None
        now = loop.time()
        self._next_wake = now + min(PAUSE_PER_LATENESS * (now - expected), MAX_PAUSE)
        while self._sleepers and self._sleepers[0][0] <= now:
            self._wake_first()
        self._set_timer(loop)

    def _wake_first(self) -> None:
        _, _, sleeper = heappop(self._sleepers)
        if not sleeper.done():  # the reply may have been cancelled
            sleeper.set_result(None)


async def yield_to_other_tasks(word_number: int) -> None:
    if word_number % YIELD_INTERVAL == 0:
        await asyncio.sleep(0)
