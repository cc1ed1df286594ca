"""The keyword arguments of the error classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict


class ResponseFields(TypedDict, total=False):
    """The keyword arguments that describe the response."""

    request_id: str | None
    headers: Mapping[str, str] | None
    body: str | None


class RateLimitErrorFields(ResponseFields, total=False):
    """The keyword arguments of `RateLimitError`, in which `retry_after` is positional."""

    status_code: int | None
    code: str | None
    partial_content: str | None
    operation: str | None
    asked: str | None
    hint: str | None


class ErrorFields(RateLimitErrorFields, total=False):
    """The keyword arguments of the other error classes."""

    retry_after: float | None
