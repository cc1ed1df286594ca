"""The results of an import and of a replay, and their progress."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..types import Conversation


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """How far the reading of a file or a replay is, for `on_progress`.

    Attributes:
        completed: The number of bytes that were read, or of requests that are complete.
        total: The number of bytes of the file, or of all requests.
    """

    completed: int
    total: int


@dataclass(frozen=True, slots=True)
class ImportResult:
    """A conversation that is stored in a local server.

    Attributes:
        conversation: The conversation.
        created: Whether it is new. False if the same content was imported before.
        warnings: What the server could not store, one sentence for each reason.
    """

    conversation: Conversation
    created: bool
    warnings: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """A conversation whose questions were sent again. Its replies are new.

    Attributes:
        conversation: The conversation.
        model: The model that replied.
        questions: The number of questions that were sent.
        branches: The number of branches, with the main branch.
        warnings: What could not be sent again, one sentence for each reason.
    """

    conversation: Conversation
    model: str
    questions: int
    branches: int
    warnings: Sequence[str] = ()
