"""Removal of local variables from tracebacks: they show where an exception was raised, but no data."""

from __future__ import annotations


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

    link: BaseException | None = error
    while link is not None and link is not handled:
        traceback.clear_frames(link.__traceback__)
        link = link.__cause__ or link.__context__
