"""The pace of the built-in model, on an event loop whose clock stands still."""

from __future__ import annotations

import asyncio

from chatroutes_server.llm.builtin import BuiltinModel
from chatroutes_server.llm.model import Context, ContextMessage

CONTEXT = Context("gpt-5", [ContextMessage("user", "one two three four")])
DELAY = 10.0


class ManualClockLoop(asyncio.SelectorEventLoop):
    """An event loop with a clock that the test sets."""

    now = 0.0

    def time(self) -> float:
        return self.now


async def count_words(model: BuiltinModel, times: list[float]) -> list[int]:
    """Return how many words have arrived at each of these times."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, ManualClockLoop)
    words: list[str] = []

    async def read() -> None:
        async for word in model.stream_reply(CONTEXT):
            words.append(word)

    task = asyncio.create_task(read())
    counts: list[int] = []
    for time in times:
        loop.now = time
        for _ in range(20):  # more rounds than the words need that are due
            await asyncio.sleep(0)
        counts.append(len(words))
    model.skip_delays()
    await task
    return [*counts, len(words)]


def run(model: BuiltinModel, times: list[float]) -> list[int]:
    with asyncio.Runner(loop_factory=ManualClockLoop) as runner:
        return runner.run(count_words(model, times))


def test_each_word_is_due_a_delay_after_the_one_before() -> None:
    assert run(BuiltinModel(DELAY), [0, 9, 11, 19, 21])[:-1] == [1, 1, 2, 2, 3]


def test_words_that_are_late_follow_together() -> None:
    assert run(BuiltinModel(DELAY), [0, 75, 81])[:-1] == [1, 8, 9]


def test_skipping_the_delays_wakes_a_reply_that_waits() -> None:
    assert run(BuiltinModel(DELAY), [0]) == [1, 37]
