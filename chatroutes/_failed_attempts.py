"""What follows a failed attempt: its error, and the time until the next attempt.

A program imports this module, and with it those of all errors, when the first attempt fails.
"""

from __future__ import annotations

import random
from functools import partial
from time import monotonic, time
from typing import TYPE_CHECKING

import httpx

from chatroutes_wire.client import Request

from ._content import ContentError
from ._hints import deadline_hint
from ._httpx import TIME_LIMITS, copy_headers, kept_body
from ._options import Options
from ._proxies import EnvironmentProxy, applicable_proxies
from ._response_errors import ResponseErrors
from ._retry import delay_before_retry, is_before_deadline
from ._time_limits import TimeLimits
from ._transport_errors import hide_api_key, is_permanent, map_httpx_error
from .errors import ChatRoutesError, NetworkError, RequestTimeoutError

if TYPE_CHECKING:
    from ._responses import Redact


def make_response_errors(redact: Redact, base_url: str) -> ResponseErrors:
    """Return what makes the errors for the responses to the requests of one client."""
    return ResponseErrors(redact, base_url, partial(applicable_proxies, base_url), copy_headers)


def attempt_error(
    error: Exception,
    request: Request,
    httpx_request: httpx.Request,
    response: httpx.Response | None,
    errors: ResponseErrors,
    base_url: str,
    proxy: EnvironmentProxy | None,
    started: float,
    handled: BaseException | None,
) -> ChatRoutesError:
    """Return the error of the SDK for an exception that ended an attempt.

    Args:
        error: A ContentError, or one of `TRANSPORT_ERRORS`. The API key is removed from it.
        request: The request.
        httpx_request: The same request, as it was sent.
        response: The response, if its headers have arrived.
        errors: Makes the errors for responses.
        base_url: The base URL of the client.
        proxy: The proxy of the environment that the request was sent through, if any.
        started: When the attempt began.
        handled: As for `clear_locals`.
    """
    now = monotonic()
    hide_api_key(error, httpx_request, handled)
    headers = None if response is None else response.headers
    if isinstance(error, ContentError):
        status = 0 if response is None else response.status_code
        return errors.content_error(request, status, headers or {}, error, time())
    if isinstance(error, httpx.HTTPStatusError):
        return _event_hook_error(errors, request, error.response)
    limits: TimeLimits | None = httpx_request.extensions.get(TIME_LIMITS)
    failure = map_httpx_error(
        request,
        error,
        httpx_request.url,
        base_url,
        proxy,
        elapsed=now - started,
        reached=None if limits is None else limits.reached(now),
        responded=response is not None,
    )
    if response is not None and _is_lost_error(failure, response):
        status = response.status_code
        return errors.unread_body_error(request, status, response.headers, failure.message, time())
    return errors.add_headers(failure, headers)


def _is_lost_error(failure: ChatRoutesError, response: httpx.Response) -> bool:
    """Return whether the body of a response that is no success was lost. Its status is known.

    A call that has reached its deadline ends, whatever its status is.
    """
    if isinstance(failure, RequestTimeoutError) and failure.limit == "deadline":
        return False
    return isinstance(failure, NetworkError) and not response.is_success


def _event_hook_error(
    errors: ResponseErrors, request: Request, response: httpx.Response
) -> ChatRoutesError:
    """Return the error for a status for which an event hook of the user's client has raised."""
    status, content = response.status_code, kept_body(response)
    if content is not None:
        return errors.make_status_error(request, status, response.headers, content, time())
    reason = "An event hook of the http_client raised an error before the body was read."
    if response.is_redirect:
        return errors.unread_body_error(request, status, response.headers, reason, time())
    return errors.make_error(request, status, response.headers, {"message": reason}, time())


def delay_before_next_attempt(
    error: ChatRoutesError, options: Options, retries_made: int, limits: TimeLimits | None
) -> float | None:
    """Return the number of seconds until the next attempt, or None if no retry is due.

    There is none for a certificate that cannot be verified, and for a server without TLS. After the
    deadline, or if the next attempt would begin later, there is no retry.
    """
    if error.__cause__ is not None and is_permanent(error.__cause__):
        return None
    if isinstance(error, RequestTimeoutError) and error.limit == "deadline":
        return None
    delay = delay_before_retry(
        retries_made=retries_made,
        retry_attempts=options.retry_attempts,
        retry_delay=options.retry_delay,
        status=None if isinstance(error, NetworkError) else error.status_code or 200,
        retry_after=error.retry_after,
        jitter=random.random(),
    )
    return delay if delay is not None and retry_is_in_time(error, delay, limits) else None


def retry_is_in_time(error: ChatRoutesError, delay: float, limits: TimeLimits | None) -> bool:
    """Return whether a retry begins before the deadline. If it does not, add a hint to the error."""
    remaining = None if limits is None else limits.remaining(monotonic())
    if remaining is None or is_before_deadline(delay, remaining):
        return True
    error.hint = " ".join(filter(None, [error.hint, deadline_hint(delay, remaining)]))
    return False
