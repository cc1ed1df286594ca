"""A stream that is stopped, closed or interrupted at any line of its code keeps a consistent state.

A trace function acts before a line of the SDK is executed, like a signal handler, or like another
thread at a switch. The text of the chunks is the text of the stream, and of the partial response.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

import httpx

import chatroutes
from chatroutes import ChatRoutes, ChatRoutesError
from chatroutes._interruption import Interruption
from tests.support.markers import single_python
from tests.support.payloads import API_KEY, DONE_EVENT, HELLO

pytestmark = single_python

SDK = chatroutes.__path__[0]


def text_event(text: str, reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": reason}
    return b"data: " + json.dumps({"id": "msg_1", "choices": [choice]}).encode() + b"\n\n"


PARTS = [text_event("a") + text_event("b"), text_event("c", "stop"), DONE_EVENT]


class Body(httpx.SyncByteStream):
    def __iter__(self) -> Iterator[bytes]:
        yield from PARTS


class Run:
    """Reads a stream, and calls an action before a line of the SDK.

    Args:
        action: `stop`, `close` or `interrupt`.
        line: The number of the line, counted from the beginning of the iteration.
    """

    def __init__(self, action: str, line: int) -> None:
        self.texts: list[str] = []
        self.partial: Any = None
        self.error: BaseException | None = None
        self.lines = 0
        self._action = action
        self._line = line
        response = {"headers": {"Content-Type": "text/event-stream"}, "stream": Body()}
        transport = httpx.MockTransport(lambda _: httpx.Response(200, **response))  # type: ignore[arg-type]
        client = ChatRoutes(API_KEY, "http://a", http_client=httpx.Client(transport=transport))
        self.stream = client.messages.stream("conv_1", HELLO)
        previous = sys.gettrace()
        sys.settrace(self._trace)
        try:
            for text in self.stream.text_stream:
                self.texts.append(text)
        except (ChatRoutesError, KeyboardInterrupt) as error:
            self.error = error
        finally:
            sys.settrace(previous)

    def _trace(self, frame: FrameType, event: str, argument: object) -> Any:
        return self._trace_line if frame.f_code.co_filename.startswith(SDK) else None

    def _trace_line(self, frame: FrameType, event: str, argument: object) -> Any:
        if event == "line" and frame.f_code.co_name != "__del__":
            self.lines += 1
            if self.lines == self._line:
                sys.settrace(None)
                if self._action == "interrupt":
                    raise KeyboardInterrupt
                self.partial = getattr(self.stream, self._action)()
        return self._trace_line


def run_at_every_line(action: str) -> Iterator[Run]:
    line = 1
    while (run := Run(action, line)).lines == line:
        yield run
        line += 1
    assert line > 100


def content_of(response: Any) -> str:
    content: str = response["assistantMessage"]["content"]
    return content


ENDS = [("stopped", "cancelled"), ("finished", "stop")]


def test_stop_at_any_line() -> None:
    for run in run_at_every_line("stop"):
        stream = run.stream
        assert run.error is None
        assert content_of(run.partial) == "".join(run.texts) == stream.text
        assert (stream.status, stream.finish_reason) in ENDS
        assert stream.stop() == run.partial


def test_close_at_any_line() -> None:
    for run in run_at_every_line("close"):
        assert "".join(run.texts) == run.stream.text
        if run.stream.status == "finished":
            assert run.error is None
        else:
            assert run.stream.status == "closed"
            assert isinstance(run.error, ChatRoutesError)
            assert run.error.partial_content == run.stream.text


def test_stop_after_ctrl_c_at_any_line() -> None:
    for run in run_at_every_line("interrupt"):
        stream = run.stream
        assert isinstance(run.error, KeyboardInterrupt)
        partial = stream.stop()
        assert (stream.status, stream.finish_reason) in ENDS
        metadata = partial["assistantMessage"].get("metadata") or {}
        assert metadata.get("finishReason") == stream.finish_reason
        assert content_of(partial) == stream.text
        assert stream.text.startswith("".join(run.texts))
        assert list(stream) == []


def test_a_read_can_be_interrupted_while_it_is_interrupted() -> None:
    interruption = Interruption()
    interruption.is_reading = True
    assert interruption.interrupt(lambda: interruption.interrupt(lambda: None) and None)
