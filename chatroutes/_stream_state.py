"""The state of a stream: the part of its reply that has arrived, and whether it is open."""

from __future__ import annotations

import warnings
from _thread import RLock
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Literal, NoReturn, SupportsIndex, TypeAlias

from chatroutes_wire.client import Request

from . import _lazy_types as types
from ._chunks import StreamAccumulator
from ._resume import ResumePoint
from .errors import ChatRoutesError

if TYPE_CHECKING:
    from ._observer import CallObserver
    from .types import SendMessageRequest

StreamStatus: TypeAlias = Literal["not sent", "open", "finished", "stopped", "closed", "failed"]

# How much of each text of the service a repr shows, in characters.
_MAX_REPR_LENGTH: Final = 120


class StreamState:
    """The attributes of a stream, which can be read at any time, also after its end."""

    _is_unused = False
    if TYPE_CHECKING:
        _observer: CallObserver | None
    else:  # get_type_hints() would import the class
        _observer = None

    def __init__(
        self,
        request: Request,
        conversation_id: str,
        data: SendMessageRequest,
        redact: Callable[[str], str],
    ) -> None:
        self._request = request
        self._redact = redact
        self._accumulator = StreamAccumulator(conversation_id, data)
        self._resume_point = ResumePoint()
        self._is_finished = False
        self._is_stopped = False
        self._is_closed = False
        self._is_abandoned = False  # by a read that was cancelled, or interrupted by Ctrl-C
        # Held by `stop` and `close`, which several threads and a signal handler can call at once.
        self._lock = RLock()
        self._error: ChatRoutesError | None = None

    def __repr__(self) -> str:
        text = f"<{type(self).__name__} [{self.status}] {self._request.method} {self._request.path}"
        facts = {"model": self.model, "finish_reason": self.finish_reason}
        for name, value in facts.items():
            if value is not None:
                shown = self._redact(value)
                if len(shown) > _MAX_REPR_LENGTH:
                    shown = shown[:_MAX_REPR_LENGTH] + "…"
                text += f" {name}={shown!r}"
        if characters := len(self.text):
            text += f" characters={characters}"
        if self.resumed:
            text += f" resumed={self.resumed}"
        return f"{text}>"

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError(
            "A stream cannot be copied or pickled, because it reads one response. Keep its text, or "
            "start another stream."
        )

    def __del__(self) -> None:
        if self._observer is not None:
            self._observer.end_dropped()
        if self._is_unused:
            warnings.warn(
                f"{self!r} was never read, so its message was not sent. Iterate over the stream, "
                "or call get_final_response().",
                RuntimeWarning,
                stacklevel=2,
                source=self,
            )

    @property
    def status(self) -> StreamStatus:
        """Whether the stream is `not sent`, `open`, `finished`, `stopped`, `closed` or `failed`."""
        if self._is_stopped:
            return "stopped"
        if self._is_finished:
            return "finished"
        if self._is_closed:
            return "closed"
        if self._error is not None:
            return "failed"
        return "not sent" if self._is_unused else "open"

    @property
    def text(self) -> str:
        """The text received so far. It remains available after the stream was closed."""
        return self._accumulator.text

    @property
    def model(self) -> str | None:
        """The model that generates the reply, or None until the service has named it."""
        return self._accumulator.model

    @property
    def finish_reason(self) -> str | None:
        """Why the reply ended, such as `stop`, `length` or `cancelled`, or None until then."""
        return self._accumulator.finish_reason

    @property
    def usage(self) -> types.Usage | None:
        """The numbers of tokens, or None until the service has sent them, which it does at the end."""
        return self._accumulator.usage

    @property
    def response_id(self) -> str | None:
        """The id of the message that contains the reply, or None until the service has sent it."""
        return self._accumulator.response_id

    @property
    def resumed(self) -> int:
        """How often the stream was interrupted and resumed."""
        return self._resume_point.times_resumed

    def _end_observation(self, error: BaseException | None = None) -> None:
        """End the telemetry of this stream, if it has any. Only the first call has an effect."""
        if self._observer is not None:
            self._observer.end(error)

    def _partial_content(self) -> str:
        """Return the text so far for an error. The service may have repeated the API key in it."""
        return self._redact(self._accumulator.text)
