"""How the requestor and the streams report to `chatroutes.telemetry`: once per call, and once per attempt.

A client without telemetry does not import this module.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from chatroutes_wire.client import Request

from .errors import ChatRoutesError

T = TypeVar("T")


class Reply(Protocol):
    """The part of a streamed reply that has arrived."""

    @property
    def text(self) -> str: ...
    @property
    def model(self) -> str | None: ...
    @property
    def finish_reason(self) -> str | None: ...
    @property
    def usage(self) -> Mapping[str, object] | None: ...
    @property
    def response_id(self) -> str | None: ...


class CallObserver(AbstractContextManager[None], Protocol):
    """Observes one call, with all of its attempts. Leaving the context ends it."""

    def attempt(self, headers: MutableMapping[str, str]) -> AbstractContextManager[None]:
        """Observe one attempt.

        Args:
            headers: The headers of the request, to which those of the trace are added.
        """
        ...

    def record_failure(self, error: ChatRoutesError) -> None:
        """Record the error that interrupted a stream. `attempt` records the errors of its own block."""
        ...

    def record(self, result: T) -> T:
        """Record the result of the call, and return it."""
        ...

    def record_first_chunk(self) -> None:
        """Record that the first chunk of a stream has arrived."""
        ...

    def end(self, error: BaseException | None = None) -> None:
        """End the observation, with the error if the call failed. Only the first call has an effect."""
        ...

    def end_dropped(self) -> None:
        """End the observation of a call that was dropped. Finalizers call this, in any thread."""
        ...


class Observer(Protocol):
    """Observes the calls of a client."""

    def start_call(
        self,
        request: Request,
        base_url: str,
        redact: Callable[[str], str],
        reply: Reply | None = None,
    ) -> CallObserver:
        """Begin to observe a call.

        Args:
            request: The request.
            base_url: The base URL of the client.
            redact: Replaces the API key in a text of the service.
            reply: The part of the reply that a stream has received, or None if the call is not a stream.
        """
        ...
