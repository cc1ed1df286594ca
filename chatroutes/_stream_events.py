"""Classify the events of a stream: chunk, error, heartbeat, or end of the stream."""

from __future__ import annotations

import enum
from collections import deque
from typing import TYPE_CHECKING, Any

from chatroutes_wire.api.messages import stream_message
from chatroutes_wire.client import Request
from chatroutes_wire.errors import UnexpectedPayload

from . import _json
from ._chunks import ERROR_FIELDS, StreamAccumulator, find_error, is_done, is_heartbeat
from ._responses import ResponseReader, describe_request
from ._sse import Event
from .errors import ChatRoutesError, ResponseError

if TYPE_CHECKING:
    from .types import StreamChunk


class Marker(enum.Enum):
    """The kinds of events that are neither chunks nor errors."""

    END = enum.auto()
    HEARTBEAT = enum.auto()


class EventReader:
    """Reads the events of one stream.

    Args:
        request: The request of the stream.
        responses: Makes the errors that events report.
        accumulator: Collects the chunks.
    """

    def __init__(
        self, request: Request, responses: ResponseReader, accumulator: StreamAccumulator
    ) -> None:
        self._request = request
        self._responses = responses
        self._accumulator = accumulator

    def read(self, events: deque[Event]) -> StreamChunk | ChatRoutesError | Marker:
        """Take the first event. Return its chunk, the error that it reports, or a marker.

        Errors are returned and not raised. A traceback can show local variables, and here they hold
        what the service sent, which may repeat the API key.
        """
        event = events.popleft()
        data, name, _ = event
        payload: Any = None
        problem = ""
        try:
            payload = _json.loads(data)
        except ValueError as error:
            problem = str(error)
        # Nearly every event is a chunk without a name. This recognizes it without further calls.
        if not name and payload.__class__ is dict and ERROR_FIELDS.isdisjoint(payload):
            return self._accumulator.add(payload)
        failure = find_error(name, data if problem else payload)
        if failure is not None:
            return self._responses.make_event_error(self._request, failure)
        if (problem or name) and is_done(data):
            chunk = self._accumulator.mark_done()
            if chunk is None:
                return Marker.END
            events.appendleft(event)
            return chunk
        if (problem or name) and is_heartbeat(name, data, payload):
            return Marker.HEARTBEAT
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
            )
        return self._accumulator.add(payload)
