"""The errors of `_header_limits`, which are mapped like the other errors of httpx."""

from __future__ import annotations

import httpx

from ._time_limits import format_seconds


class HeaderTimeoutError(httpx.ReadTimeout):
    """The headers of a response were not complete within the read timeout."""


class InterimResponsesError(httpx.RemoteProtocolError):
    """Too many interim responses arrived before the final one."""


def header_timeout_error(elapsed: float) -> HeaderTimeoutError:
    """Return the error for headers that were not complete after a number of seconds."""
    return HeaderTimeoutError(
        f"the headers of the response were not complete after {format_seconds(elapsed)} s"
    )


def interim_responses_error(limit: int, elapsed: float) -> InterimResponsesError:
    """Return the error for more interim responses than the limit, within a number of seconds."""
    return InterimResponsesError(
        f"more than {limit} interim responses (1xx) arrived within {format_seconds(elapsed)} s"
    )
