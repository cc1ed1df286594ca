"""The difference of two branches: the messages that both have, and the messages of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from ..types import Message


@dataclass(frozen=True, slots=True)
class BranchDiff:
    """The difference of two branches.

    Attributes:
        common: The messages with which both branches begin.
        left: The other messages of the first branch.
        right: The other messages of the second branch.
    """

    common: list[Message]
    left: list[Message]
    right: list[Message]

    @property
    def fork_point(self) -> Message | None:
        """The last message that both branches have, or None if they have none in common."""
        return self.common[-1] if self.common else None

    def unified(
        self, left_title: str = "left", right_title: str = "right", *, context: int = 3
    ) -> Iterator[str]:
        """Yield the lines of a unified diff of the messages after the fork point, as `diff -u` prints it.

        Each message begins with its role. Equal messages yield nothing.

        Args:
            left_title: The name of the first branch, for the first line.
            right_title: The name of the second branch, for the second line.
            context: The number of equal lines around each difference.
        """
        import difflib

        yield from difflib.unified_diff(
            list(_lines(self.left)),
            list(_lines(self.right)),
            left_title,
            right_title,
            n=context,
            lineterm="",
        )


def diff(left: Iterable[Message], right: Iterable[Message]) -> BranchDiff:
    """Return the difference of two branches of a conversation.

        left = client.branches.get_messages(conversation_id, branch_id)
        right = client.branches.get_messages(conversation_id, other_branch_id)
        print("\\n".join(diff(left, right).unified()))

    A message is the same on both branches if its id is the same. Copies that a merge has made have ids of
    their own.

    Args:
        left: The messages of the first branch, as `branches.get_messages` returns them.
        right: The messages of the second branch.

    Raises:
        ValueError: If an argument is not a list of messages.
    """
    first, second = _read_messages("left", left), _read_messages("right", right)
    count = _count_common(first, second)
    return BranchDiff(first[:count], first[count:], second[count:])


def _read_messages(name: str, messages: Any) -> list[Message]:
    # A string is an iterable of strings.
    is_iterable = isinstance(messages, Iterable)
    items: list[Any] = list(cast("Iterable[Any]", messages)) if is_iterable else [messages]
    if not all(isinstance(each, Mapping) for each in items):
        raise ValueError(
            f"{name} must be a list of messages, as branches.get_messages returns it, "
            f"not {messages!r:.80}"
        )
    return items


def _count_common(left: Sequence[Message], right: Sequence[Message]) -> int:
    for count, (one, other) in enumerate(zip(left, right, strict=False)):
        if one.get("id") != other.get("id"):
            return count
    return min(len(left), len(right))


def _lines(messages: Iterable[Message]) -> Iterator[str]:
    """Yield the lines of messages. Only a line feed ends a line."""
    for message in messages:
        yield from f"{message.get('role')}: {message.get('content')}".split("\n")
