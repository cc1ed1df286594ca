"""The errors of `_header_limits`, which are mapped like the other errors of httpx."""

from __future__ import annotations

import httpx


class HeaderTimeoutError(httpx.ReadTimeout):
    """The headers of a response were not complete within the read timeout."""


class InterimResponsesError(httpx.RemoteProtocolError):
    """Too many interim responses arrived before the final one."""
