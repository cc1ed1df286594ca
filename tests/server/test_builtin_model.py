"""The pace of the built-in model, on an event loop whose clock stands still."""

from __future__ import annotations

import asyncio

from chatroutes_server.llm.builtin import BuiltinModel
from chatroutes_server.llm.model import Context, ContextMessage
from chatroutes_server.llm.pacer import Pacer
from tests.support.manual_clock import ManualClockLoop

CONTEXT = Context("gpt-5", [ContextMessage("user", "one two three four")])
DELAY = 10.0


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
        await loop.advance(time)
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


def test_words_wait_longer_on_a_busy_event_loop() -> None:
    # At 0.25 the timer is 0.15 late, so it runs again at 0.55. Two words are due meanwhile.
    assert run(BuiltinModel(0.1), [0, 0.25, 0.45, 0.56])[:-1] == [1, 3, 3, 6]


def test_words_wait_a_limited_time_on_a_busy_event_loop() -> None:
    assert run(BuiltinModel(0.1), [0, 1.15, 1.39, 1.41])[:-1] == [1, 12, 12, 15]


async def cancel_one_of_two_replies() -> int:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, ManualClockLoop)
    pacer = Pacer(DELAY)
    cancelled, other = (asyncio.create_task(pacer.wait(0.0, 1)) for _ in range(2))
    await asyncio.sleep(0)
    cancelled.cancel()
    loop.now = DELAY
    await asyncio.wait({cancelled, other})
    return [cancelled.cancelled(), other.cancelled()].count(False)


def test_cancelled_reply_does_not_stop_another_one() -> None:
    with asyncio.Runner(loop_factory=ManualClockLoop) as runner:
        assert runner.run(cancel_one_of_two_replies()) == 1
