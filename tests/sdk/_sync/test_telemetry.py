# Derived from tests/sdk/_async/test_telemetry.py by scripts/regen.py. Do not edit.

"""Telemetry: a span for each call and each stream, metrics, and the propagation of the trace."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode

from chatroutes import ChatRoutes, ChatRoutesError, ValidationError
from chatroutes.telemetry import Telemetry
from tests.support.fault_responses import close_connection, event_stream, json_response
from tests.support.fault_server import FaultServer
from tests.support.payloads import (
    API_KEY,
    COMPLETE_STREAM,
    CONVERSATION,
    HELLO,
    envelope,
    sse_event,
    text_event,
)
from tests.support.resumable_stream import TEXTS, encode, make_events
from tests.support.telemetry_recorder import (
    DURATION,
    FIRST_CHUNK,
    REPLY,
    TOKENS,
    USAGE,
    TelemetryRecorder,
)

from .clients import make_client
from .recorded_clients import make_recorded_client

pytestmark = pytest.mark.transport


@pytest.fixture
def recorder() -> Iterator[TelemetryRecorder]:
    """Return a recorder, and check at the end that no span of it is current."""
    yield TelemetryRecorder()
    assert not trace.get_current_span().get_span_context().is_valid


# Calls


def test_a_sent_message_has_the_attributes_of_the_conventions(
    fault_server: FaultServer, recorder: TelemetryRecorder
) -> None:
    fault_server.script(json_response(200, envelope(REPLY)))
    data: Any = {**HELLO, "model": "gpt-5", "temperature": 0.5, "maxTokens": 40}

    with make_recorded_client(fault_server, recorder) as client:
        client.messages.send("conv/1", data)

    span = recorder.span()
    assert (span.name, span.kind, span.status.status_code) == (
        "chat gpt-5",
        SpanKind.CLIENT,
        StatusCode.UNSET,
    )
    assert recorder.attributes() == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "chatroutes",
        "gen_ai.conversation.id": "conv/1",
        "gen_ai.request.model": "gpt-5",
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.max_tokens": 40,
        "gen_ai.response.id": "msg_1",
        "gen_ai.response.model": "gpt-5-0807",
        "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.usage.input_tokens": 3,
        "gen_ai.usage.output_tokens": 5,
        "server.address": "127.0.0.1",
        "server.port": int(fault_server.base_url.rpartition(":")[2].partition("/")[0]),
    }


def test_metrics_have_the_attributes_of_the_conventions(
    fault_server: FaultServer, recorder: TelemetryRecorder
) -> None:
    fault_server.script(json_response(200, envelope(REPLY)))

    with make_recorded_client(fault_server, recorder) as client:
        client.messages.send("conv_1", {**HELLO, "model": "gpt-5"})

    metrics = recorder.metrics()
    assert set(metrics) == {DURATION, TOKENS}
    (duration,) = metrics[DURATION]
    assert (duration.count, list(duration.explicit_bounds)[:3]) == (1, [0.01, 0.02, 0.04])
    counts = {point.attributes["gen_ai.token.type"]: point.sum for point in metrics[TOKENS]}
    assert counts == {"input": 3, "output": 5}
    for attributes in recorder.metric_attributes():
        assert attributes.pop("gen_ai.token.type", "input") in ("input", "output")
        assert attributes.pop("server.port") == recorder.attributes()["server.port"]
        assert attributes == {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "chatroutes",
            "gen_ai.request.model": "gpt-5",
            "gen_ai.response.model": "gpt-5-0807",
            "server.address": "127.0.0.1",
        }


def test_other_calls_have_the_name_of_their_operation(
    fault_server: FaultServer, recorder: TelemetryRecorder
) -> None:
    fault_server.script(
        json_response(200, envelope({"conversation": CONVERSATION})), json_response(200, {})
    )

    with make_recorded_client(fault_server, recorder) as client:
        client.conversations.get("conv_1")
        client.with_options(timeout=20).request("GET", "/anything")

    assert [span.name for span in recorder.spans] == ["get_conversation", "request"]
    assert set(recorder.metrics()) == {DURATION}


# Errors and retries


def test_an_error_has_its_class_and_its_status(
    fault_server: FaultServer, recorder: TelemetryRecorder
) -> None:
    fault_server.script(json_response(404, {"error": "NOT_FOUND", "message": "A private text."}))

    with make_recorded_client(fault_server, recorder) as client:
        with pytest.raises(ChatRoutesError):
            client.messages.send("conv_1", HELLO)

    span = recorder.span()
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, None)
    assert recorder.attributes()["error.type"] == "NotFoundError"
    assert recorder.attributes()["http.response.status_code"] == 404
    assert "private" not in recorder.everything()
    (duration,) = recorder.metrics()[DURATION]
    assert duration.attributes["error.type"] == "NotFoundError"


def test_a_result_that_breaks_the_contract_is_an_error(
    fault_server: FaultServer, recorder: TelemetryRecorder
) -> None:
    fault_server.script(json_response(200, envelope({"conversation": 5})))

    with make_recorded_client(fault_server, recorder) as client:
        with pytest.raises(ChatRoutesError):
            client.conversations.get("conv_1")

    assert recorder.attributes()["error.type"] == "ResponseError"


def test_retries_are_events_of_one_span(
    fault_server: FaultServer, recorder: TelemetryRecorder
) -> None:
    fault_server.script(
        json_response(503, {}), close_connection(), json_response(200, envelope(REPLY))
    )

    with make_recorded_client(fault_server, recorder) as client:
        client.messages.send("conv_1", HELLO)

    span = recorder.span()
    assert [(event.name, dict(event.attributes or {})) for event in span.events] == [
        (
            "chatroutes.retry",
            {
                "http.request.resend_count": 1,
                "error.type": "ServerError",
                "http.response.status_code": 503,
            },
        ),
        ("chatroutes.retry", {"http.request.resend_count": 2, "error.type": "NetworkError"}),
    ]
    assert recorder.attributes()["http.request.resend_count"] == 2
    assert span.status.status_code is StatusCode.UNSET
    assert len({each.headers["traceparent"] for each in fault_server.requests}) == 1


# The trace


def test_the_trace_is_sent_and_has_the_current_span_as_its_parent(
    fault_server: FaultServer, recorder: TelemetryRecorder
) -> None:
    fault_server.script(json_response(200, envelope(REPLY)))
    tracer = recorder.tracer_provider.get_tracer("test")

    with make_recorded_client(fault_server, recorder) as client:
        with tracer.start_as_current_span("program") as parent:
            client.messages.send("conv_1", HELLO)
            assert trace.get_current_span() is parent

    call, _ = recorder.spans
    context = call.context
    assert call.parent is not None
    assert call.parent.span_id == parent.get_span_context().span_id
    sent = fault_server.requests[0].headers["traceparent"]
    assert sent.startswith(f"00-{context.trace_id:032x}-{context.span_id:016x}-0")


def test_the_span_is_current_while_a_request_is_sent(
    fault_server: FaultServer, recorder: TelemetryRecorder
) -> None:
    fault_server.script(json_response(200, envelope(REPLY)), COMPLETE_STREAM)
    seen: list[Any] = []

    def record(request: httpx.Request) -> None:
        seen.append(trace.get_current_span())

    with (
        httpx.Client(event_hooks={"request": [record]}) as http_client,
        make_recorded_client(fault_server, recorder, http_client=http_client) as client,
    ):
        client.messages.send("conv_1", HELLO)
        client.messages.stream("conv_1", HELLO).get_final_text()

    assert [span.get_span_context() for span in seen] == [span.context for span in recorder.spans]


def test_a_header_of_the_user_is_kept(
    fault_server: FaultServer, recorder: TelemetryRecorder
) -> None:
    fault_server.script(json_response(200, envelope(REPLY)))
    given = "00-" + "ab" * 16 + "-" + "cd" * 8 + "-00"

    with make_recorded_client(fault_server, recorder, headers={"TraceParent": given}) as client:
        client.messages.send("conv_1", HELLO)

    assert fault_server.requests[0].headers["traceparent"] == given


def test_a_client_without_telemetry_sends_no_trace(
    fault_server: FaultServer, recorder: TelemetryRecorder
) -> None:
    fault_server.script(json_response(200, envelope(REPLY)))

    with recorder.tracer_provider.get_tracer("test").start_as_current_span("program"):
        with make_client(fault_server) as client:
            client.messages.send("conv_1", HELLO)

    assert "traceparent" not in fault_server.requests[0].headers
    assert [span.name for span in recorder.spans] == ["program"]


# Streams


def test_a_stream_has_one_span_until_its_end(
    fault_server: FaultServer, recorder: TelemetryRecorder
) -> None:
    last = sse_event({"type": "complete", "message": REPLY["assistantMessage"], "usage": USAGE})
    gate = threading.Event()
    fault_server.script(event_stream(text_event("Hel"), gate, text_event("lo"), last))

    with make_recorded_client(fault_server, recorder) as client:
        stream = client.messages.stream("conv_1", {**HELLO, "model": "gpt-5"})
        with stream:
            next(stream)
            assert not recorder.spans
            assert not trace.get_current_span().get_span_context().is_valid
            gate.set()
            stream.get_final_response()

    attributes = recorder.attributes()
    assert recorder.span().name == "chat gpt-5"
    assert attributes["gen_ai.request.stream"] is True
    assert attributes["gen_ai.response.finish_reasons"] == ("stop",)
    assert attributes["gen_ai.usage.output_tokens"] == 5
    assert attributes["gen_ai.response.time_to_first_chunk"] > 0
    (first_chunk,) = recorder.metrics()[FIRST_CHUNK]
    assert first_chunk.sum == attributes["gen_ai.response.time_to_first_chunk"]
    assert set(recorder.metrics()) == {DURATION, FIRST_CHUNK, TOKENS}


def test_a_cut_stream_is_an_error(fault_server: FaultServer, recorder: TelemetryRecorder) -> None:
    fault_server.script(event_stream(text_event("Hel"), end="close"))

    with make_recorded_client(fault_server, recorder) as client:
        with pytest.raises(ChatRoutesError):
            client.messages.stream("conv_1", HELLO).get_final_text()

    assert recorder.attributes()["error.type"] == "StreamInterruptedError"
    assert recorder.span().status.status_code is StatusCode.ERROR


def test_a_stream_that_is_refused_is_an_error(
    fault_server: FaultServer, recorder: TelemetryRecorder
) -> None:
    fault_server.script(json_response(403, {"error": "FORBIDDEN", "message": "No."}))

    with make_recorded_client(fault_server, recorder) as client:
        with pytest.raises(ChatRoutesError):
            with client.messages.stream("conv_1", HELLO):
                pass

    assert recorder.attributes()["error.type"] == "PermissionDeniedError"
    assert FIRST_CHUNK not in recorder.metrics()


def test_a_resumed_stream_has_one_span(
    fault_server: FaultServer, recorder: TelemetryRecorder
) -> None:
    events = make_events("documented")
    fault_server.script(
        json_response(503, {}),
        event_stream(encode(events[:1]), end="close"),
        event_stream(encode(events[1:])),
    )

    with make_recorded_client(fault_server, recorder) as client:
        text = client.messages.stream("conv_1", HELLO).get_final_text()

    assert text == "".join(TEXTS)
    retry, resume = ((event.name, event.attributes or {}) for event in recorder.span().events)
    assert (retry[0], retry[1]["error.type"]) == ("chatroutes.retry", "ServerError")
    assert (resume[0], dict(resume[1])) == (
        "chatroutes.resume",
        {"http.request.resend_count": 2, "error.type": "StreamInterruptedError"},
    )
    assert recorder.span().status.status_code is StatusCode.UNSET
    assert recorder.metrics()[DURATION][0].count == 1


@pytest.mark.parametrize("end", ["close", "stop"])
def test_a_closed_or_stopped_stream_is_not_an_error(
    fault_server: FaultServer, recorder: TelemetryRecorder, end: str
) -> None:
    fault_server.script(event_stream(text_event("Hel"), end="stall"))

    with make_recorded_client(fault_server, recorder) as client:
        stream = client.messages.stream("conv_1", HELLO)
        next(stream)
        getattr(stream, end)()
        stream.close()

    reasons = recorder.attributes().get("gen_ai.response.finish_reasons")
    assert reasons == (("cancelled",) if end == "stop" else None)
    assert recorder.span().status.status_code is StatusCode.UNSET


def test_a_dropped_stream_ends_its_span(
    fault_server: FaultServer, recorder: TelemetryRecorder
) -> None:
    fault_server.script(event_stream(text_event("Hel"), end="stall"))

    with make_recorded_client(fault_server, recorder) as client:
        stream = client.messages.stream("conv_1", HELLO)
        next(stream)
        assert not recorder.spans
        del stream
        recorder.wait_for_span()
        assert len(recorder.spans) == 1


def test_a_stream_that_is_not_read_has_no_span(
    fault_server: FaultServer, recorder: TelemetryRecorder
) -> None:
    with make_recorded_client(fault_server, recorder) as client:
        client.messages.stream("conv_1", HELLO).close()

    assert not recorder.spans


# The option


@pytest.mark.parametrize("value", ["yes", 1, object(), Telemetry])
def test_an_invalid_option_is_refused(value: Any) -> None:
    with pytest.raises(ValidationError, match="telemetry must be a bool or a Telemetry"):
        ChatRoutes(API_KEY, telemetry=value)


@pytest.mark.parametrize("make", [lambda: True, Telemetry])
def test_the_global_providers_are_the_default(
    fault_server: FaultServer, make: Callable[[], Any]
) -> None:
    fault_server.script(json_response(200, envelope(REPLY)))

    with make_client(fault_server, telemetry=make()) as client:
        result = client.messages.send("conv_1", HELLO)  # without an SDK, nothing is recorded

    assert result["usage"] == USAGE
    assert "traceparent" not in fault_server.requests[0].headers
