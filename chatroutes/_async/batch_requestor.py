"""Sends the requests of a batch, which share a rate limit and can be interrupted together."""

from __future__ import annotations

import random
from time import monotonic, time
from typing import Any

import httpx

from chatroutes_wire.client import Request

from .._batch import is_fatal
from .._batch_rate_limiter import AsyncRateLimiter, BatchStoppedError
from .._concurrency import shut_down
from .._failed_attempts import retry_is_in_time
from .._httpx import TIME_LIMITS
from .._interruption import AsyncSleeper
from .._logging import logger
from .._rate_limit_rules import Rejection, parse_window
from .._time_limits import TimeLimits
from ..errors import ChatRoutesError, RateLimitError
from .requestor import AsyncRequestor


class AsyncBatchRequestor(AsyncRequestor):
    """A requestor for one request of a batch.

    A 429 delays all requests of the batch. The rejected request is then sent again, which does not count
    as a retry.
    """

    rate_limiter: AsyncRateLimiter
    _sent: httpx.Request | None = None
    _rejections = 0

    async def send_once(
        self,
        request: Request,
        httpx_request: httpx.Request,
        retries_made: int,
        *,
        stream: bool = False,
    ) -> httpx.Response:
        """Wait until the rate limit allows a request, and make one attempt to send it."""
        limits: TimeLimits | None = httpx_request.extensions.get(TIME_LIMITS)
        remaining = None if limits is None else limits.remaining(monotonic())
        with self.wake_on_close(self.rate_limiter.wake):
            await self.rate_limiter.acquire(None if remaining is None else monotonic() + remaining)
        self._sent = httpx_request
        try:
            response = await super().send_once(request, httpx_request, retries_made, stream=stream)
        except ChatRoutesError as error:
            self._release(request, error.headers, error)
            raise
        except BaseException:
            self.rate_limiter.release(has_response=False)
            raise
        finally:
            self._sent = None
        self._release(request, response.headers)
        return response

    async def sleep_before_retry(
        self,
        request: Request,
        error: ChatRoutesError,
        retries_made: int,
        limits: TimeLimits | None = None,
        sleeper: AsyncSleeper | AsyncRateLimiter | None = None,
    ) -> bool:
        """Sleep until the next attempt is due, or return False.

        After a 429, the next attempt waits in `send_once`. The end of the batch ends every sleep, so that the
        argument `sleeper` is not used.
        """
        if is_fatal(error):
            return False
        if self.rate_limiter.is_stopped:
            raise BatchStoppedError from error
        if not isinstance(error, RateLimitError):
            return await super().sleep_before_retry(
                request, error, retries_made - self._rejections, limits, self.rate_limiter
            )
        if self.rate_limiter.is_exhausted:
            self.rate_limiter.stop()
            return False
        self._rejections += 1
        return retry_is_in_time(error, self.rate_limiter.delay(), limits)

    def close(self) -> None:
        """Interrupt the request, if another thread waits for its response."""
        sent = self._sent
        sock = None if sent is None else self.find_socket(sent)
        if sock is not None:
            shut_down(sock)

    def _release(
        self, request: Request, headers: Any, error: ChatRoutesError | None = None
    ) -> None:
        rejection = None
        if isinstance(error, RateLimitError):
            jitter = random.random()
            rejection = Rejection(error.retry_after, self.options.retry_delay, jitter)
        held = self.rate_limiter.release(
            has_response=error is None or bool(error.status_code),
            window=parse_window(headers, time()),
            rejection=rejection,
        )
        if held is not None:
            logger.warning(
                "%s %s: 429, all requests of this batch wait %.1f s",
                request.method,
                request.path,
                held,
            )
