"""The results of `client.compare`, and the checks of its arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from chatroutes_wire.client import describe_argument

from . import _lazy_types as types
from ._workers import validate_max_concurrency
from .errors import ChatRoutesError, invalid_argument


@dataclass(frozen=True, slots=True)
class ComparisonResult:
    """The reply of one model to the message of `client.compare`, or its error.

    Attributes:
        model: The model, as it was passed.
        branch: The branch of this model, or None if it was not created.
        response: What `messages.send` would have returned, or None if there is an error.
        text: The text of the reply. If there is an error, the text so far.
        usage: The numbers of tokens, or None if the service sent none.
        duration: The time from the request to the end of the reply, in seconds.
        error: Why there is no whole reply, or None.
    """

    model: str
    branch: types.Branch | None = None
    response: types.SendMessageResponse | None = None
    text: str = ""
    usage: types.Usage | None = None
    duration: float = 0.0
    error: ChatRoutesError | None = None


def validate_comparison(data: object, models: Any, at: object, max_concurrency: Any) -> None:
    """Check the arguments of `client.compare`, before anything is sent.

    Raises:
        ValidationError: If an argument is invalid.
    """
    if not isinstance(data, Mapping):
        raise invalid_argument(f"data must be a dict, not {type(data).__name__}.")
    validate_content(cast("Mapping[str, object]", data), "data")
    if "branchId" in data:
        raise invalid_argument(
            "data has a branchId, but compare creates branches. Pass the last message as `at`."
        )
    is_list = isinstance(models, Sequence) and not isinstance(models, (str, bytes))
    names = cast("Sequence[object]", models if is_list else ())
    if not names or not all(isinstance(each, str) and each for each in names):
        raise invalid_argument('models must be a list of model names, such as ["gpt-5"].')
    if at is not None and (not isinstance(at, str) or not at):
        raise invalid_argument(f"at must be the id of a message, not {describe_argument(at)}.")
    validate_max_concurrency(max_concurrency)


def validate_content(message: Mapping[str, object], name: str) -> None:
    """Check that a message has a text, before a branch or a conversation is created for it.

    Raises:
        ValidationError: If it has none.
    """
    content = message.get("content")
    if not isinstance(content, str) or not content:
        raise invalid_argument(
            f"{name} must have content, a string that is not empty, not {content!r:.80}."
        )
