"""Summaries of messages: written by the conversation's model if it is an upstream, else extracted.

An extract has a heading, and then for each message its role and its first sentence, shortened if it
is long. Of many messages it keeps the first, which introduce the topic, and the last, which show
the current state.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from chatroutes_server.errors import UpstreamError
from chatroutes_server.llm.model import Context, ContextMessage
from chatroutes_server.llm.registry import ModelRegistry

FIRST_MESSAGES, LAST_MESSAGES = 4, 12
MAX_SENTENCE_LENGTH = 160
INSTRUCTION = (
    "Summarise the conversation that follows, so that somebody who has not read it can go on with "
    "it. Keep names, numbers, decisions and open questions. Answer with the summary alone."
)
_FIRST_SENTENCE = re.compile(r".+?[.!?…。！？](?=\s|$)|.+", re.DOTALL)


async def summarise(
    models: ModelRegistry, model_name: str, messages: Sequence[ContextMessage]
) -> str:
    """Return a summary of the messages.

    Raises:
        ApiError: If the upstream fails or returns an empty summary.
    """
    upstream = models.upstreams.get(model_name)
    if upstream is None:
        return extract(messages)
    conversation = "\n\n".join(f"{each.role}: {each.content}" for each in messages)
    context = Context(model_name, [ContextMessage("user", conversation)], INSTRUCTION)
    summary = (await upstream.complete(context)).strip()
    if not summary:  # the context of later replies would lose the messages
        raise UpstreamError(f"upstream {model_name} returned an empty summary")
    return summary


def extract(messages: Sequence[ContextMessage]) -> str:
    lines = [f"{each.role}: {_first_sentence(each.content)}" for each in messages]
    omitted = len(lines) - FIRST_MESSAGES - LAST_MESSAGES
    if omitted > 0:
        lines[FIRST_MESSAGES:-LAST_MESSAGES] = [f"({omitted} messages left out)"]
    count = "1 message" if len(messages) == 1 else f"{len(messages)} messages"
    return "\n".join([f"Extract of {count}, the first sentence of each:", *lines])


def _first_sentence(content: str) -> str:
    match = _FIRST_SENTENCE.match(content[: 4 * MAX_SENTENCE_LENGTH].strip())
    sentence = " ".join(match.group().split()) if match else ""
    if len(sentence) > MAX_SENTENCE_LENGTH:
        return sentence[:MAX_SENTENCE_LENGTH] + "…"
    return sentence
