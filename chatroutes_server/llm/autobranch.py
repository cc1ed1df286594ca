"""Detection of branch points: places in a text at which a conversation could continue in several ways.

`PATTERNS` is a table of the words that announce alternatives. Each row has a regular expression, a
confidence and an estimate of how far a branch would diverge. Matches ignore case and start and end
at word boundaries. The more explicit the words, the higher the confidence. Of overlapping matches,
the one with the highest confidence is used, and of equal ones the longest. Suggestions are ordered
by confidence, then by their position in the text. Indexes count code points, as in the API.

Branch points suggested by a language model follow the same rule. They are used if their words occur
in the text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from chatroutes_server.json_encoding import Json
from chatroutes_server.llm.model import Context, ContextMessage

MAX_TITLE_LENGTH = 60
MAX_REPLY_LENGTH = 100_000  # characters; longer replies of a model are ignored
MAX_MODEL_BRANCH_POINTS = 100


@dataclass(frozen=True)
class Pattern:
    regex: re.Pattern[str]
    confidence: float
    divergence: str
    title: str
    reasoning: str


def _pattern(regex: str, confidence: float, divergence: str, title: str, reasoning: str) -> Pattern:
    return Pattern(
        re.compile(regex, re.IGNORECASE | re.MULTILINE), confidence, divergence, title, reasoning
    )


# Words that are also used without a change of topic count only with punctuation beside them, or
# before a question: "sold separately" and "by the way he walks" are no change of topic.
_CHANGE_OF_TOPIC = (
    r"\b(?:another|one (?:more|other)|(?:a|an) (?:different|separate|second|unrelated)|unrelated) "
    r"(?:question|topic|subject|request|matter)\b"
    r"|\bone (?:more|other) thing\b"
    r"|\bon (?:another|a (?:different|separate|side)|an unrelated) (?:note|topic|subject|matter)\b"
    r"|\b(?:chang|switch)(?:e|ing)? (?:the )?(?:topics?|subjects?|gears)\b"
    r"|\b(?:speaking of which|while i have you|while (?:we are|we're|i am|i'm) at it)\b"
    r"|\b(?:btw|unrelatedly)\b"
    r"|\b(?:by the way|incidentally)(?=,)"
    r"|(?:(?<=[.!?;:,]\s)|^)(?:by the way|incidentally)\b"
    r"|\bby the way(?=[.!?]|\s(?:what|how|why|when|where|who|which|can|could|do|does|is|are)\b)"
    r"|(?:(?<=[.!?;:,]\s)|(?<=\band )|^)separately"
    r"(?=,|\s(?:i|we|can|could|would|how|what|why|is|are|do|does|please|my|our)\b)"
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
        _CHANGE_OF_TOPIC,
        0.75,
        "high",
        "Take up the other topic",
        "The text changes the topic.",
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
        "The text contrasts with an earlier statement.",
    ),
    _pattern(
        r"\b(?:how|why|what|which|when|where|who)\b[^.!?\n]{1,200}\?",
        0.6,
        "low",
        "Answer the question",
        "The text asks a question.",
    ),
    _pattern(
        r"\b(?:and also|(?:i|we) also (?:have|need|want|wanted|wonder|would like))\b"
        r"|\balso\b(?=,? (?:(?:can|could|would|will) you\b|please\b|i(?:'m| am| have| need| want)\b))",
        0.6,
        "medium",
        "Take up the second request",
        "The text adds a second request.",
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
    """A place in the text that a suggestion can refer to."""

    start: int
    end: int
    confidence: float
    divergence: str
    title: str
    description: str | None
    reasoning: str


def find_branch_points(text: str) -> list[BranchPoint]:
    """Return all matches of the patterns."""
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
        for match in pattern.regex.finditer(text)
    ]


def select_branch_points(points: Iterable[BranchPoint]) -> list[BranchPoint]:
    """Drop overlapping branch points, and sort the rest by confidence."""
    ranked = sorted(
        points, key=lambda point: (-point.confidence, point.start - point.end, point.start)
    )
    taken: set[int] = set()
    selected: list[BranchPoint] = []
    for point in ranked:
        if taken.isdisjoint(range(point.start, point.end)):
            taken.update(range(point.start, point.end))
            selected.append(point)
    return sorted(selected, key=lambda point: (-point.confidence, point.start))


def to_suggestions(
    text: str, points: list[BranchPoint], threshold: float, count: int
) -> list[Json]:
    """Return the first branch points that reach the threshold, as suggestions of the API."""
    confident = [point for point in points if point.confidence >= threshold]
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
        for number, point in enumerate(confident[:count], 1)
    ]


INSTRUCTION = (
    "Find the places in the user's text at which a conversation could go several ways. Answer with "
    'a JSON array alone, at most ten objects like {"trigger": words copied exactly from the text, '
    '"title": a short title for the branch, "description": where it would lead, "reasoning": why, '
    '"confidence": 0 to 1, "divergence": "low", "medium" or "high"}.'
)


def build_context(model: str, text: str) -> Context:
    """Return the context that asks a model for branch points."""
    # Without a temperature: some models accept only their default.
    return Context(model, [ContextMessage("user", text)], INSTRUCTION)


def parse_reply(text: str, reply: str) -> list[BranchPoint]:
    """Return the branch points in the reply of a model. Invalid ones, and too many, are left out."""
    if len(reply) > MAX_REPLY_LENGTH:
        return []
    try:
        parsed: Any = json.loads(reply[reply.find("[") : reply.rfind("]") + 1])
    except (ValueError, RecursionError):
        return []
    items = cast("Sequence[Any]", parsed if isinstance(parsed, list) else [])
    points = [_parse_branch_point(text, item) for item in items[:MAX_MODEL_BRANCH_POINTS]]
    return [point for point in points if point is not None]


def _parse_branch_point(text: str, item: Any) -> BranchPoint | None:
    fields = cast("Json", item) if isinstance(item, dict) else {}
    trigger, confidence = fields.get("trigger"), fields.get("confidence", 0.7)
    if not isinstance(trigger, str) or not trigger or trigger not in text:
        return None
    if not isinstance(confidence, (int, float)) or not 0 <= confidence <= 1:
        return None
    start, divergence = text.index(trigger), fields.get("divergence")

    def string(field: str, default: str) -> str:
        value = fields.get(field)
        # Lone surrogates are replaced, because a response cannot contain them.
        valid = value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""
        return valid or default

    return BranchPoint(
        start,
        start + len(trigger),
        float(confidence),
        divergence if divergence in ("low", "medium", "high") else "medium",
        string("title", _shorten(trigger)),
        string("description", "") or None,
        string("reasoning", "The language model suggests it."),
    )


def _description(point: BranchPoint, text: str) -> str:
    action = point.title[0].lower() + point.title[1:]
    return f"At “{_shorten(text[point.start : point.end])}”: {action}."


def _shorten(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= MAX_TITLE_LENGTH else line[:MAX_TITLE_LENGTH] + "…"
