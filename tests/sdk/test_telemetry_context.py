"""Telemetry in threads, tasks and processes without OpenTelemetry: contexts and imports."""

from __future__ import annotations

import gc
import os
import threading
from typing import Any

import anyio
import pytest
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.trace import Tracer

from chatroutes import AsyncChatRoutes, ChatRoutes
from tests.support.fault_responses import json_response
from tests.support.fault_server import FaultServer
from tests.support.imported_modules import imported_modules
from tests.support.payloads import API_KEY, COMPLETE_STREAM, CONVERSATION, HELLO, envelope
from tests.support.telemetry_recorder import TelemetryRecorder

NUMBERS = range(4)


RESPONSE = json_response(200, envelope({"conversation": CONVERSATION}))


@pytest.fixture
def recorder() -> TelemetryRecorder:
    return TelemetryRecorder()


def parents(recorder: TelemetryRecorder) -> list[str]:
    """Return the names of the parents of all calls."""
    names = {span.context.span_id: span.name for span in recorder.spans if span.context}
    calls = [span for span in recorder.spans if span.name == "get_conversation"]
    return sorted(names[span.parent.span_id] for span in calls if span.parent)


def program_tracer(recorder: TelemetryRecorder) -> Tracer:
    return recorder.tracer_provider.get_tracer("program")


def test_threads_that_share_a_client_have_their_own_parents(
    fault_server: FaultServer, recorder: TelemetryRecorder
) -> None:
    fault_server.script(RESPONSE, repeat_last=True)
    barrier = threading.Barrier(len(NUMBERS))
    client = ChatRoutes(API_KEY, fault_server.base_url, telemetry=recorder.telemetry)

    def run(number: int) -> None:
        with program_tracer(recorder).start_as_current_span(f"program {number}"):
            barrier.wait()
            client.conversations.get("conv_1")

    threads = [threading.Thread(target=run, args=(number,)) for number in NUMBERS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    client.close()

    assert parents(recorder) == [f"program {number}" for number in NUMBERS]


async def test_tasks_that_share_a_client_have_their_own_parents(
    fault_server: FaultServer, recorder: TelemetryRecorder
) -> None:
    fault_server.script(RESPONSE, repeat_last=True)

    async def run(number: int) -> None:
        with program_tracer(recorder).start_as_current_span(f"program {number}"):
            await client.conversations.get("conv_1")

    async with (
        AsyncChatRoutes(API_KEY, fault_server.base_url, telemetry=recorder.telemetry) as client,
        anyio.create_task_group() as tasks,
    ):
        for number in NUMBERS:
            tasks.start_soon(run, number)

    assert parents(recorder) == [f"program {number}" for number in NUMBERS]


async def test_a_cancelled_call_is_an_error(
    fault_server: FaultServer, recorder: TelemetryRecorder
) -> None:
    gate = threading.Event()
    fault_server.script(lambda connection: bool(connection.wait_for(gate)))

    async with (
        AsyncChatRoutes(API_KEY, fault_server.base_url, telemetry=recorder.telemetry) as client,
        anyio.create_task_group() as tasks,
    ):
        tasks.start_soon(client.conversations.get, "conv_1")
        await anyio.to_thread.run_sync(fault_server.wait_for_requests, 1)
        tasks.cancel_scope.cancel()

    assert recorder.attributes()["error.type"] in ("CancelledError", "Cancelled")


def test_another_thread_can_close_a_stream(
    fault_server: FaultServer, recorder: TelemetryRecorder
) -> None:
    fault_server.script(COMPLETE_STREAM)
    with ChatRoutes(API_KEY, fault_server.base_url, telemetry=recorder.telemetry) as client:
        stream = client.messages.stream("conv_1", HELLO)
        next(stream)
        threads = [threading.Thread(target=stream.close) for _ in NUMBERS]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert recorder.span().name == "chat"


class CollectingProcessor(SpanProcessor):
    """Runs the garbage collector while it holds a lock, as an allocation in an exporter may do."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread = 0
        self.was_reentered = False

    def on_end(self, span: ReadableSpan) -> None:
        if self._thread == threading.get_ident():  # the lock would wait for its own thread
            self.was_reentered = True
            return
        with self._lock:
            self._thread = threading.get_ident()
            gc.collect()
            self._thread = 0


def test_a_dropped_stream_does_not_wait_for_a_lock_of_its_thread(
    fault_server: FaultServer, recorder: TelemetryRecorder
) -> None:
    processor = CollectingProcessor()
    recorder.tracer_provider.add_span_processor(processor)
    fault_server.script(COMPLETE_STREAM)

    with ChatRoutes(API_KEY, fault_server.base_url, telemetry=recorder.telemetry) as client:
        stream: Any = client.messages.stream("conv_1", HELLO)
        next(stream)
        stream.cycle = stream
        del stream
        with program_tracer(recorder).start_as_current_span("program"):
            pass
        recorder.wait_for_span()
        recorder.wait_for_span()

    assert not processor.was_reentered
    assert {span.name for span in recorder.spans} == {"program", "chat"}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_does_not_end_the_span_of_its_parent(
    fault_server: FaultServer, recorder: TelemetryRecorder
) -> None:
    fault_server.script(COMPLETE_STREAM)
    with ChatRoutes(API_KEY, fault_server.base_url, telemetry=recorder.telemetry) as client:
        stream = client.messages.stream("conv_1", HELLO)
        next(stream)
        child = os.fork()
        if not child:
            stream.close()
            os._exit(len(recorder.spans))
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert not recorder.spans
        stream.get_final_text()

    assert recorder.span().name == "chat"


@pytest.mark.parametrize("telemetry", ["False", "None"])
def test_a_client_without_telemetry_does_not_import_opentelemetry(telemetry: str) -> None:
    modules = imported_modules(
        "from chatroutes import ChatRoutes\n"
        f"client = ChatRoutes('a-key', 'http://127.0.0.1:9', telemetry={telemetry}, retry_attempts=0)\n"
        "try: client.conversations.get('c')\n"
        "except Exception: pass\n"
        "client.messages.stream('c', {'content': 'x'}).close()\n"
    )
    assert not {name for name in modules if name.startswith("opentelemetry")}
    unused = {"telemetry", "_otel", "_observer", "_semconv"}
    assert not modules & {f"chatroutes.{name}" for name in unused}


def test_the_error_names_the_extra_if_opentelemetry_is_missing() -> None:
    imported_modules(
        "import sys; sys.modules['opentelemetry'] = None\n"
        "from chatroutes import ChatRoutes, ValidationError\n"
        "try: ChatRoutes('a-key', telemetry=True)\n"
        "except ValidationError as error: assert 'chatroutes[otel]' in str(error), error\n"
        "else: raise AssertionError\n"
    )
