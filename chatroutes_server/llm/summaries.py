"""Summaries: written by the conversation's model if it is an upstream, else extracted by a rule.

The rule makes nothing up: a line that says what it is, then for each message who wrote it and its
first sentence, cut where that is long. Of many messages it keeps the first ones, which say what it
is about, and the last ones, which say where it stands.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from chatroutes_server.errors import UpstreamError
from chatroutes_server.llm.model import Context, ContextMessage
from chatroutes_server.llm.registry import ModelRegistry

FIRST_KEPT, LAST_KEPT = 4, 12
LONGEST_LINE = 160
INSTRUCTION = (
    "Summarise the conversation that follows, so that somebody who has not read it can go on with "
    "it. Keep names, numbers, decisions and open questions. Answer with the summary alone."
)
_FIRST_SENTENCE = re.compile(r".+?[.!?…。！？](?=\s|$)|.+", re.DOTALL)


async def summarise(catalogue: ModelRegistry, model_name: str, rows: Sequence[Row[Any]]) -> str:
    """Summarise the messages; raises ApiError if the model has no answer."""
    upstream = catalogue.upstreams.get(model_name)
    if upstream is None:
        return extract(rows)
    spoken = "\n\n".join(f"{row.role}: {row.content}" for row in rows)
    asked = [ContextMessage("user", spoken)]
    summary = (await upstream.complete(Context(model_name, asked, INSTRUCTION))).strip()
    if not summary:  # it would stand in for the messages
        raise UpstreamError(f"the upstream {model_name} summarised the conversation in no words")
    return summary


def extract(rows: Sequence[Row[Any]]) -> str:
    lines = [f"{row.role}: {_first_sentence(row.content)}" for row in rows]
    left_out = len(lines) - FIRST_KEPT - LAST_KEPT
    if left_out > 0:
        lines[FIRST_KEPT:-LAST_KEPT] = [f"({left_out} messages left out)"]
    count = "1 message" if len(rows) == 1 else f"{len(rows)} messages"
    return "\n".join([f"Extract of {count}, the first sentence of each:", *lines])


def _first_sentence(content: str) -> str:
    match = _FIRST_SENTENCE.match(content[: 4 * LONGEST_LINE].strip())
    sentence = " ".join(match.group().split()) if match else ""
    return sentence if len(sentence) <= LONGEST_LINE else sentence[:LONGEST_LINE] + "…"
