"""Where a text could branch, by the words that people choose from alternatives with.

The table below is all that there is to it. Each row is a kind of place, the words that give it
away, how sure one can be of it, and how far a branch there would lead. The words are looked for
without regard to case, as whole words; the more of an alternative they spell out, the surer.
Where several rows match at one place, the surest counts, and the longest of equals. Suggestions
come the surest first, then in the order of the text. Indexes are those of Python's strings, which
count code points, as the contract does.

What a language model adds goes through the same rule; a place that it names counts if its words
are in the text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from chatroutes_server.json_encoding import Json
from chatroutes_server.llm.model import Context, ContextMessage

LONGEST_TITLE = 60


@dataclass(frozen=True)
class Pattern:
    words: re.Pattern[str]
    confidence: float
    divergence: str
    title: str
    reasoning: str


def _pattern(words: str, confidence: float, divergence: str, title: str, reasoning: str) -> Pattern:
    return Pattern(
        re.compile(words, re.IGNORECASE | re.MULTILINE), confidence, divergence, title, reasoning
    )


PATTERNS = (
    _pattern(
        r"\b(?:alternatively|as an alternative|another (?:option|approach|way|possibility))\b",
        0.9,
        "high",
        "Take the alternative",
        "The text names an alternative.",
    ),
    _pattern(
        r"\b(?:on the other hand|in contrast|by contrast|conversely)\b",
        0.85,
        "high",
        "Follow the contrast",
        "The text weighs one thing against another.",
    ),
    _pattern(
        r"\bor (?:else|we could|you could|one could|they could|i could|should (?:we|i|you)|maybe|perhaps)\b",
        0.85,
        "medium",
        "Take the other way",
        "The text names an alternative.",
    ),
    _pattern(
        r"\beither\b(?=[^.!?\n]{1,200}\bor\b)",
        0.85,
        "medium",
        "Try each of the two",
        "The text offers a choice of two.",
    ),
    _pattern(
        r"\b(?:option|approach|choice|scenario|variant|plan) (?:[0-9]+|[a-d]|one|two|three)\b",
        0.8,
        "high",
        "Work out this option",
        "The text enumerates options.",
    ),
    _pattern(
        r"\b(?:what if|suppose(?: that)?|imagine(?: that)?|assuming(?: that)?)\b",
        0.8,
        "high",
        "Follow the supposition",
        "The text supposes something that may not be so.",
    ),
    _pattern(
        r"\b(?:it depends|depends on|depending on)\b",
        0.75,
        "medium",
        "Settle what it depends on",
        "The text says that it depends.",
    ),
    _pattern(
        r"\b(?:should|shall|could|can) (?:we|i|you) [^.!?\n]{1,200}\?",
        0.75,
        "medium",
        "Answer the question",
        "The text asks what to do.",
    ),
    _pattern(
        r"\b(?:if|unless|in case|otherwise)\b",
        0.7,
        "medium",
        "Take the other condition",
        "The text names a condition.",
    ),
    _pattern(
        r"\b(?:however|instead|rather than|whereas|although|nevertheless)\b",
        0.65,
        "medium",
        "Follow the objection",
        "The text turns against what it said before.",
    ),
    _pattern(
        r"\b(?:how|why|what|which|when|where|who)\b[^.!?\n]{1,200}\?",
        0.6,
        "low",
        "Answer the question",
        "The text asks a question.",
    ),
    _pattern(
        r"^[ \t]*(?:[0-9]{1,3}[.)]|[-*•])[ \t]+(?=\S)[^\n]{1,80}",
        0.6,
        "low",
        "Go into this point",
        "The text enumerates points.",
    ),
    _pattern(
        r"\b(?:first(?:ly)?|second(?:ly)?|third(?:ly)?|finally)\b,",
        0.55,
        "low",
        "Go into this point",
        "The text enumerates points.",
    ),
    _pattern(r"\bor\b", 0.5, "low", "Take the other one", "The text joins two things with “or”."),
)


class BranchPoint(NamedTuple):
    """A place in the text that could be suggested."""

    start: int
    end: int
    confidence: float
    divergence: str
    title: str
    description: str | None
    reasoning: str


def find(text: str) -> list[BranchPoint]:
    """Find the places by the table."""
    return [
        BranchPoint(
            match.start(),
            match.end(),
            pattern.confidence,
            pattern.divergence,
            pattern.title,
            None,
            pattern.reasoning,
        )
        for pattern in PATTERNS
        for match in pattern.words.finditer(text)
    ]


def choose(points: Iterable[BranchPoint]) -> list[BranchPoint]:
    """Leave one of those that overlap, and put the surest first."""
    ranked = sorted(
        points, key=lambda point: (-point.confidence, point.start - point.end, point.start)
    )
    taken: set[int] = set()
    chosen: list[BranchPoint] = []
    for point in ranked:
        if taken.isdisjoint(range(point.start, point.end)):
            taken.update(range(point.start, point.end))
            chosen.append(point)
    return sorted(chosen, key=lambda point: (-point.confidence, point.start))


def suggestions(text: str, chosen: list[BranchPoint], threshold: float, count: int) -> list[Json]:
    sure = [point for point in chosen if point.confidence >= threshold]
    return [
        {
            "id": f"sug_{number}",
            "title": point.title,
            "description": point.description or _description(point, text),
            "triggerText": text[point.start : point.end],
            "branchPoint": {"start": point.start, "end": point.end},
            "confidence": point.confidence,
            "reasoning": point.reasoning,
            "estimatedDivergence": point.divergence,
        }
        for number, point in enumerate(sure[:count], 1)
    ]


INSTRUCTION = (
    "Find the places in the user's text at which a conversation could go several ways. Answer with "
    'a JSON array alone, at most ten objects like {"trigger": words copied exactly from the text, '
    '"title": a short title for the branch, "description": where it would lead, "reasoning": why, '
    '"confidence": 0 to 1, "divergence": "low", "medium" or "high"}.'
)


def question(model: str, text: str) -> Context:
    # Without a temperature: some models take none but their own.
    return Context(model, [ContextMessage("user", text)], INSTRUCTION)


def read_answer(text: str, answer: str) -> list[BranchPoint]:
    """Find the places that a language model named; what it got wrong is left out."""
    array = re.search(r"\[.*\]", answer, re.DOTALL)
    try:
        named: Any = json.loads(array.group()) if array else []
    except (ValueError, RecursionError):
        return []
    found = [_named(text, each) for each in cast("list[Any]", named)]
    return [point for point in found if point is not None]


def _named(text: str, each: Any) -> BranchPoint | None:
    given = cast("Json", each) if isinstance(each, dict) else {}
    trigger, confidence = given.get("trigger"), given.get("confidence", 0.7)
    if not isinstance(trigger, str) or not trigger or trigger not in text:
        return None
    if not isinstance(confidence, (int, float)) or not 0 <= confidence <= 1:
        return None
    start, divergence = text.index(trigger), given.get("divergence")

    def said(field: str, otherwise: str) -> str:
        value = given.get(field)
        # Half of a surrogate pair is no character, and no answer can carry it.
        text = value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""
        return text or otherwise

    return BranchPoint(
        start,
        start + len(trigger),
        float(confidence),
        divergence if divergence in ("low", "medium", "high") else "medium",
        said("title", _shorten(trigger)),
        said("description", "") or None,
        said("reasoning", "The language model suggests it."),
    )


def _description(point: BranchPoint, text: str) -> str:
    what = point.title[0].lower() + point.title[1:]
    return f"At “{_shorten(text[point.start : point.end])}”: {what}."


def _shorten(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_TITLE else line[:LONGEST_TITLE] + "…"
