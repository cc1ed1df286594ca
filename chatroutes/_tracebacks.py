"""Removal of local variables from tracebacks: they show where an exception was raised, but no data."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Final

_PACKAGES: Final = ("chatroutes", "chatroutes_wire")


def clear_locals(error: BaseException, handled: BaseException | None) -> None:
    """Clear the local variables of the frames in the tracebacks of an exception and of its causes.

    Frames of httpx and httpcore hold the headers of the request, with the API key. Frames that read a
    response hold what the service sent, which may repeat the key. Tools that show local variables,
    such as `traceback.TracebackException(capture_locals=True)`, would show the key. The tracebacks
    themselves stay, with files, lines and functions.

    Args:
        error: The exception. Frames that are still running are left alone.
        handled: The exception that the caller was already handling when the operation began, or
            None. It ends the chain of causes, belongs to the caller, and is left alone.
    """
    import traceback

    for each in iter_causes(error, handled):
        traceback.clear_frames(each.__traceback__)


def iter_causes(error: BaseException, handled: BaseException | None) -> Iterator[BaseException]:
    """Iterate over an exception, its causes, contexts and arguments, and those of each of them.

    Args:
        error: The exception.
        handled: As for `clear_locals`.
    """
    seen = {id(handled)}
    pending: list[object] = [error]
    while pending:
        each = pending.pop()
        if isinstance(each, BaseException) and id(each) not in seen:
            seen.add(id(each))
            yield each
            pending += [each.__cause__, each.__context__, *each.args]
            pending += getattr(each, "exceptions", ())


def find_stacklevel() -> int:
    """Return the level of the nearest frame outside of this package, counted from the caller.

    It is the `stacklevel` of a warning that the caller emits.
    """
    level, frame = 1, sys._getframe(1)  # pyright: ignore[reportPrivateUsage]  the documented way
    while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] in _PACKAGES:
        level, frame = level + 1, frame.f_back
    return level
