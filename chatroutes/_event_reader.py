"""Classify the events of a stream: chunk, error, unknown event, or end of the stream."""

from __future__ import annotations

import enum
from collections import deque
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from chatroutes_wire.api.messages import stream_message
from chatroutes_wire.client import Request
from chatroutes_wire.errors import UnexpectedPayload

from ._chunks import StreamAccumulator, find_error, is_done, is_heartbeat
from ._json import find_fast_loads
from ._logging import logger
from ._responses import ResponseReader, describe_request
from ._resume import Continuity, ResumePoint
from ._stream_errors import not_continued_error
from .errors import ChatRoutesError, ResponseError

if TYPE_CHECKING:
    from ._sse import Event
    from .types import StreamChunk


_loads: Final = find_fast_loads()


class Marker(enum.Enum):
    """The kinds of events that are neither chunks nor errors."""

    END = enum.auto()
    REPEATED = enum.auto()
    EMPTY = enum.auto()


class UnclassifiedEvent(NamedTuple):
    """An event with a name that is not a chunk: a heartbeat, or an event of an unknown kind.

    Attributes:
        name: The type of the event.
        data: The decoded data of the event, or its text if it is not JSON.
    """

    name: str
    data: Any


class EventReader:
    """Reads the events of one stream.

    Args:
        request: The request of the stream.
        responses: Makes the errors that events report.
        accumulator: Collects the chunks. It is also an attribute.
        resume_point: Records the ids.
    """

    def __init__(
        self,
        request: Request,
        responses: ResponseReader,
        accumulator: StreamAccumulator,
        resume_point: ResumePoint,
    ) -> None:
        self._request = request
        self._responses = responses
        self.accumulator = accumulator
        self._resume_point = resume_point
        self._last_chunk: StreamChunk | None = None  # the last one with an id
        self._is_compared = False

    def start_resuming(self) -> None:
        """Compare the next events with those before: the stream was opened again."""
        self._is_compared = True
        self._resume_point.start_resuming()

    def read(
        self, events: deque[Event]
    ) -> StreamChunk | ChatRoutesError | Marker | UnclassifiedEvent:
        """Take the first event. Return its chunk, the error that it reports, or its other meaning.

        Errors are returned and not raised. A traceback can show local variables. Here, they contain
        the data of the service, which may repeat the API key.
        """
        data, name, event_id = events.popleft()
        payload: Any
        try:
            payload = _loads(data)
        except ValueError as error:
            payload, problem = None, str(error)
        else:
            # Nearly every event is a chunk without a name. This recognizes it without further calls.
            if (
                not name
                and payload.__class__ is dict
                and payload.get("type", "content") == "content"
                and "error" not in payload
                and "success" not in payload
            ):
                if event_id or self._is_compared:
                    return self._add_identified(event_id, data, payload)
                return self.accumulator.add(payload)
            problem = ""
        failure = find_error(name, data if problem else payload)
        if failure is not None:
            return self._responses.errors.make_event_error(self._request, failure, data)
        if (problem or name) and is_done(data):
            chunk = self.accumulator.mark_done()
            if self._resume_point.is_resuming:
                self._confirm()
            if chunk is None:
                return Marker.END
            events.appendleft((data, name, event_id))
            return chunk
        if (problem or name) and is_heartbeat(name, data, payload):
            self._resume_point.record_other(event_id, data)
            if name in ("", "message"):
                return Marker.EMPTY
            return UnclassifiedEvent(name, data if problem else payload)
        if not problem:
            try:
                stream_message.read(payload)
            except UnexpectedPayload as error:
                problem = str(error)
        if problem:
            return ResponseError(
                f"An event of the stream does not follow the contract: {problem}.",
                status_code=200,
                operation=describe_request(self._request),
                **self._responses.errors.describe_response({}, data.encode()),
            )
        if event_id or self._is_compared:
            return self._add_identified(event_id, data, payload)
        return self.accumulator.add(payload)

    def _add_identified(
        self, event_id: str, data: str, payload: dict[str, Any]
    ) -> StreamChunk | ChatRoutesError | Marker:
        """Return the chunk of an event that has an id, or that follows a resume."""
        continuity = self._resume_point.record_chunk(event_id, data)
        if not self._is_compared:
            self._last_chunk = chunk = self.accumulator.add(payload)
            return chunk
        if self._resume_point.is_resuming:
            if continuity is Continuity.REPEATED:
                return Marker.REPEATED
            if (
                continuity is not Continuity.NEW
                or self._last_chunk is None
                or self.accumulator.is_restart(payload, self._last_chunk)
            ):
                return not_continued_error(self._request)
            self._confirm()
        elif continuity is Continuity.OTHER_REPLY:
            return not_continued_error(self._request)
        self._last_chunk = chunk = self.accumulator.add(payload)
        if self.accumulator.is_complete and not self.accumulator.has_text_of_message():
            return not_continued_error(self._request)
        return chunk

    def _confirm(self) -> None:
        self._resume_point.confirm()
        logger.info("%s %s: the stream was resumed", self._request.method, self._request.path)
