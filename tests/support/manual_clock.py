"""An event loop with a clock that the test sets."""

from __future__ import annotations

import asyncio


class ManualClockLoop(asyncio.SelectorEventLoop):
    """An event loop whose time is `now`."""

    now = 0.0

    def time(self) -> float:
        return self.now

    async def advance(self, now: float) -> None:
        """Set the clock, and run the tasks that are due."""
        self.now = now
        for _ in range(20):  # more rounds than the tasks of a test need
            await asyncio.sleep(0)
