"""The errors of a stream that is interrupted, closed, read twice at once or silent, and of time limits."""

from __future__ import annotations

from chatroutes_wire.client import Request

from ._responses import describe_request
from ._time_limits import ReachedLimit, format_seconds
from .errors import ChatRoutesError, RequestTimeoutError, StreamInterruptedError


def interrupted_error(
    request: Request, is_in_event: bool, reason: str = ""
) -> StreamInterruptedError:
    """Return the error for a stream that stopped before its end.

    Args:
        request: The request of the stream.
        is_in_event: Whether a part of an event arrived last.
        reason: Why it stopped, as a sentence, if that is known.
    """
    place = ", in the middle of an event" if is_in_event else ""
    return StreamInterruptedError(
        f"The stream stopped before its end{place}" + (f": {reason}" if reason else "."),
        status_code=0,
        operation=describe_request(request),
    )


def not_resumed_error(request: Request, failure: ChatRoutesError) -> ChatRoutesError:
    """Return the error for a stream that was interrupted and could not be resumed.

    Args:
        request: The request of the stream.
        failure: The error of the last attempt. A timeout or another interruption is returned as it is.
    """
    if isinstance(failure, (RequestTimeoutError, StreamInterruptedError)):
        return failure
    status = f"status {failure.status_code}: " if failure.status_code else ""
    error = StreamInterruptedError(
        "The stream stopped before its end, and the attempt to resume it failed: "
        f"{status}{failure.message}",
        status_code=0,
        request_id=failure.request_id,
        retry_after=failure.retry_after,
        headers=failure.headers,
        body=failure.body,
        operation=describe_request(request),
        hint=failure.hint,
    )
    error.__cause__ = failure
    return error


def not_continued_error(request: Request) -> StreamInterruptedError:
    """Return the error for a stream whose service did not continue the reply after a resume."""
    return StreamInterruptedError(
        "The stream stopped before its end, and could not be resumed: the service did not continue "
        "after the last event.",
        status_code=0,
        operation=describe_request(request),
    )


def closed_error(request: Request, text: str, is_reading: bool) -> ChatRoutesError:
    """Return the error for reading from a stream that was closed before its end.

    Args:
        request: The request of the stream.
        text: The text so far.
        is_reading: Whether a read was waiting when the stream was closed.
    """
    operation = describe_request(request)
    if is_reading:
        return StreamInterruptedError(
            "The stream was closed while a read waited for the next chunk.",
            status_code=0,
            partial_content=text,
            operation=operation,
        )
    return ChatRoutesError(
        "The stream was closed before its end.",
        hint="Read it inside its `with` block. The text received so far is in `stream.text`.",
        status_code=None,
        partial_content=text,
        operation=operation,
    )


def closed_response_error(request: Request) -> ChatRoutesError:
    """Return the error for reading the body of a response of `with_streaming_response` that was closed."""
    return ChatRoutesError(
        "The response was closed before its body was read to the end.",
        hint="Read it inside the `with` block of `with_streaming_response`. Without a `with` block, the "
        "response is closed when the program no longer refers to the context manager.",
        status_code=None,
        operation=describe_request(request),
    )


def consumed_response_error(request: Request) -> ChatRoutesError:
    """Return the error for reading the body of a response of `with_streaming_response` again."""
    return ChatRoutesError(
        "The body of the response is read by an iterator or a stream, and can be read once only.",
        hint="Read it in one place. After `read()`, it can be read again.",
        status_code=None,
        operation=describe_request(request),
    )


def other_process_error(request: Request) -> ChatRoutesError:
    """Return the error for reading a response that the parent process has opened.

    Both processes would read from the same connection, and each would get a part of the response.
    """
    return ChatRoutesError(
        "The response was opened before this process was forked, and belongs to the parent process.",
        hint="Send the request in the process that reads the response.",
        status_code=None,
        operation=describe_request(request),
    )


def concurrent_read_error(request: Request) -> ChatRoutesError:
    """Return the error for a read while another one waits."""
    return ChatRoutesError(
        "Another task or thread is reading this stream. Read a stream in one place.",
        status_code=None,
        operation=describe_request(request),
    )


def timeout_error(
    request: Request, reached: ReachedLimit | None, waited: float = 0
) -> RequestTimeoutError:
    """Return the error for a call that has reached a limit, or a stream that was silent for too long.

    Args:
        request: The request.
        reached: The limit that was reached, or None if no event arrived within the timeout.
        waited: The time without an event, in seconds.
    """
    operation = describe_request(request)
    if reached is None:
        return RequestTimeoutError(
            f"Timed out after {format_seconds(waited)} s: no event arrived within the timeout.",
            status_code=0,
            operation=operation,
            hint="Pass a longer timeout if the service needs more time.",
            limit="timeout",
            elapsed=waited,
        )
    what = "the call did not end" if reached.name == "deadline" else "no event arrived"
    return RequestTimeoutError(
        f"Timed out after {format_seconds(reached.elapsed)} s: {what} within the {reached.name} "
        f"of {reached.seconds:g} s.",
        status_code=0,
        operation=operation,
        hint=f"Pass a longer {reached.name} if the service needs more time.",
        limit=reached.name,
        elapsed=reached.elapsed,
    )
