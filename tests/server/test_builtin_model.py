"""The built-in model: its replies, and its pace on an event loop whose clock stands still."""

from __future__ import annotations

import asyncio

from chatroutes_server.llm.builtin import BuiltinModel
from chatroutes_server.llm.model import Context, ContextMessage
from chatroutes_server.llm.pacer import Pacer
from tests.support.manual_clock import ManualClockLoop
from tests.support.server_api import Api

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
    assert run(BuiltinModel(DELAY), [0]) == [1, 27]


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


INTRODUCTION = (
    "This is the built-in model of the local ChatRoutes server, which is not a language model. "
)


def send(api: Api, conversation_id: str, content: str, **fields: object) -> str:
    return api.send(conversation_id, content, **fields)["message"]["content"]


def test_reply_describes_the_context_and_introduces_the_model_once(api: Api) -> None:
    conversation_id = api.conversation(model="claude-opus-4")

    assert send(api, conversation_id, "What is a fork?") == (
        f'{INTRODUCTION}claude-opus-4 (built-in) sees 1 message. You wrote: "What is a fork?"'
    )
    assert send(api, conversation_id, "And a branch?", model="gpt-5") == (
        'gpt-5 (built-in) sees 3 messages. You wrote before: "What is a fork?". '
        'You wrote: "And a branch?"'
    )


def test_replies_on_branches_differ_by_what_the_branch_shows(api: Api) -> None:
    conversation_id = api.conversation()
    first = api.send(conversation_id, "My name is Ada.")
    api.send(conversation_id, "Later on the main branch")

    replies = {
        mode: send(
            api,
            conversation_id,
            "Who am I?",
            branchId=api.branch(
                conversation_id, mode, after=first["message"]["id"], contextMode=mode
            )["id"],
        )
        for mode in ("FULL", "MINIMAL")
    }

    fork = 'a branch that forks after "This is the built-in model of the local…"'
    assert replies == {
        "FULL": f'gpt-5 (built-in) sees 3 messages of {fork}. You wrote before: "My name is Ada.". '
        'You wrote: "Who am I?"',
        "MINIMAL": f'gpt-5 (built-in) sees 2 messages of {fork}. You wrote: "Who am I?"',
    }


def test_deleted_fork_point_is_the_message_before_it(api: Api) -> None:
    conversation_id = api.conversation()
    sent = api.send(conversation_id, "My name is Ada.")
    branch = api.branch(conversation_id, "Aside", after=sent["message"]["id"])
    api.data("DELETE", f"/messages/{sent['message']['id']}")

    reply = send(api, conversation_id, "Who am I?", branchId=branch["id"])

    assert 'sees 2 messages of a branch that forks after "My name is Ada.". ' in reply


def test_reply_under_its_own_name_names_no_other_model(api: Api) -> None:
    conversation_id = api.conversation(model="builtin")

    assert send(api, conversation_id, "a") == (
        f'{INTRODUCTION}The built-in model sees 1 message. You wrote: "a"'
    )


def test_earlier_messages_are_quoted_on_one_short_line(api: Api) -> None:
    conversation_id = api.conversation()
    send(api, conversation_id, "first\nline " + "word " * 500)

    reply = send(api, conversation_id, "short")

    assert 'You wrote before: "first line word word word word word word…". ' in reply


def test_same_context_has_the_same_reply(api: Api) -> None:
    assert len({send(api, api.conversation(), "hello") for _ in range(2)}) == 1
