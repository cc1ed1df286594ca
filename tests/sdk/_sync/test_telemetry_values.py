# Derived from tests/sdk/_async/test_telemetry_values.py by scripts/regen.py. Do not edit.

"""What telemetry records: no contents unless requested, no API key, no invalid values, and few models."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any, cast

import pytest
from opentelemetry.trace import StatusCode

from chatroutes import ChatRoutes, ChatRoutesError
from tests.support.fault_responses import event_stream, json_response
from tests.support.fault_server import FaultServer
from tests.support.payloads import (
    API_KEY,
    COMPLETE_STREAM,
    HELLO,
    MESSAGE,
    SEND_RESULT,
    envelope,
    sse_event,
    text_event,
)
from tests.support.telemetry_recorder import DURATION, REPLY, USAGE, TelemetryRecorder

from .recorded_clients import make_recorded_client

pytestmark = pytest.mark.transport


@pytest.fixture
def recorder() -> TelemetryRecorder:
    return TelemetryRecorder()


def send_and_stream(fault_server: FaultServer) -> None:
    fault_server.script(json_response(200, envelope(REPLY)), COMPLETE_STREAM)


def test_no_content_is_recorded_by_default(
    fault_server: FaultServer, recorder: TelemetryRecorder
) -> None:
    send_and_stream(fault_server)

    with make_recorded_client(fault_server, recorder) as client:
        client.messages.send("conv_1", {"content": "A private question"})
        client.messages.stream("conv_1", {"content": "A private question"}).get_final_text()

    assert len(recorder.spans) == 2
    assert "private" not in recorder.everything()
    assert "Hello" not in recorder.everything()


@pytest.mark.parametrize("value", [None, "true", "SPAN_ONLY", "span_and_event"])
def test_content_is_recorded_on_request(
    fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    if value is not None:
        monkeypatch.setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", value)
    recorder = TelemetryRecorder(capture_content=True if value is None else None)
    send_and_stream(fault_server)

    with make_recorded_client(fault_server, recorder) as client:
        client.messages.send("conv_1", {"content": "A question"})
        client.messages.stream("conv_1", {"content": "A question"}).get_final_text()

    for span, text in zip(recorder.spans, ("Hello to you", "Hello"), strict=True):
        attributes: Any = span.attributes
        asked, replied = (
            json.loads(attributes[name])
            for name in ("gen_ai.input.messages", "gen_ai.output.messages")
        )
        assert asked == [{"role": "user", "parts": [{"type": "text", "content": "A question"}]}]
        assert replied[0]["parts"] == [{"type": "text", "content": text}]
        assert (replied[0]["role"], replied[0]["finish_reason"]) == ("assistant", "stop")


@pytest.mark.parametrize("value", ["", "false", "no_content", "event_only"])
def test_other_values_of_the_variable_record_no_content(
    fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", value)
    recorder = TelemetryRecorder()
    fault_server.script(json_response(200, envelope(REPLY)))

    with make_recorded_client(fault_server, recorder) as client:
        client.messages.send("conv_1", HELLO)

    assert "Hello" not in recorder.everything()


def repeat_key(key: str) -> list[Any]:
    message = {
        **MESSAGE,
        "id": key,
        "content": f"a {key}",
        "metadata": {"model": f"m {key}", "finishReason": key},
    }
    last = {"type": "complete", "message": message, "usage": USAGE}
    return [
        json_response(200, envelope({**SEND_RESULT, "assistantMessage": message})),
        event_stream(text_event(f"Hel {key}"), sse_event(last)),
        json_response(500, {"error": key, "message": f"Not {key}."}),
    ]


@pytest.mark.parametrize("key", [API_KEY, 'a"key"with\\escapes'])
def test_the_api_key_is_never_recorded(fault_server: FaultServer, key: str) -> None:
    recorder = TelemetryRecorder(capture_content=True)
    fault_server.script(*repeat_key(key))
    data: Any = {"content": f"My key is {key}", "model": key}

    with ChatRoutes(
        key, fault_server.base_url, telemetry=recorder.telemetry, retry_attempts=0
    ) as client:
        client.messages.send(key, data)
        client.messages.stream(key, data).get_final_text()
        with pytest.raises(ChatRoutesError):
            client.messages.send(key, data)

    assert len(recorder.spans) == 3
    everything = recorder.everything()
    while "\\\\" in everything:  # JSON in JSON escapes twice
        everything = everything.replace("\\\\", "\\")
    assert key not in everything.replace('\\"', '"')
    assert recorder.spans[2].status.description is not None


def test_the_number_of_models_in_metrics_is_bounded(
    fault_server: FaultServer, recorder: TelemetryRecorder
) -> None:
    fault_server.script(
        *(
            json_response(200, envelope({**SEND_RESULT, "model": f"model-{number}"}))
            for number in range(150)
        ),
        json_response(200, envelope({**SEND_RESULT, "model": "m" * 1000})),
    )

    with make_recorded_client(fault_server, recorder) as client:
        for number in range(151):
            client.messages.send(f"conv_{number}", HELLO)

    points = recorder.metrics()[DURATION]
    models = {point.attributes["gen_ai.response.model"]: point.count for point in points}
    assert len(models) == 101
    assert models["_OTHER"] == 51
    assert not [each for each in recorder.metric_attributes() if "gen_ai.conversation.id" in each]


@pytest.mark.parametrize("metadata", [None, [], "text", {"model": 5, "finishReason": ["a"]}])
@pytest.mark.parametrize("usage", [None, 7, [], {"promptTokens": -1, "completionTokens": "5"}])
def test_invalid_values_of_the_service_are_not_recorded(
    fault_server: FaultServer, recorder: TelemetryRecorder, metadata: object, usage: object
) -> None:
    message = {**MESSAGE, "id": 5, "metadata": metadata}
    payload = {**SEND_RESULT, "assistantMessage": message, "usage": usage, "model": 7}
    fault_server.script(json_response(200, envelope(payload)))

    with make_recorded_client(fault_server, recorder) as client:
        try:
            client.messages.send("conv_1", HELLO)
        except ChatRoutesError:
            assert recorder.span().status.status_code is StatusCode.ERROR

    assert not {name for name in recorder.attributes() if "response." in name or "usage" in name}


def test_a_raw_response_has_the_attributes_of_its_result(
    fault_server: FaultServer, recorder: TelemetryRecorder
) -> None:
    failure = {"success": False, "error": "NOT_FOUND", "message": "No."}
    fault_server.script(json_response(200, envelope(REPLY)), json_response(200, failure))

    with make_recorded_client(fault_server, recorder) as client:
        response = client.messages.with_raw_response.send("conv_1", HELLO)
        assert response.parse()["usage"] == USAGE
        failed = client.messages.with_raw_response.send("conv_1", HELLO)
        with pytest.raises(ChatRoutesError):
            failed.parse()

    first, second = recorder.spans
    assert (first.attributes or {})["gen_ai.usage.output_tokens"] == 5
    assert "gen_ai.usage.output_tokens" not in (second.attributes or {})


HALF = "\ud83d"  # of a surrogate pair
HUGE = 10**400

BROKEN_MESSAGE = {
    **MESSAGE,
    "id": f"msg {HALF}",
    "content": f"text {HALF}",
    "metadata": {"model": f"m {HALF}", "finishReason": f"stop {HALF}"},
}


def can_be_exported(value: object) -> bool:
    """Return whether the protocol of OpenTelemetry can represent a value of an attribute."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode() == value
    return value is None or isinstance(value, float) or -(2**63) <= cast("int", value) < 2**63


@pytest.mark.parametrize("count", [2**63, HUGE], ids=["large", "huge"])
def test_values_of_the_service_can_be_exported(fault_server: FaultServer, count: int) -> None:
    usage = {"promptTokens": count, "completionTokens": 2**63 - 1, "totalTokens": count}
    last = {"type": "complete", "message": BROKEN_MESSAGE, "usage": usage}
    result = {**SEND_RESULT, "assistantMessage": BROKEN_MESSAGE, "usage": usage}
    fault_server.script(
        json_response(200, envelope(result)),
        event_stream(text_event("Hel"), b"data: " + json.dumps(last).encode() + b"\n\n"),
        json_response(400, {"error": f"code {HALF}", "message": f"text {HALF}"}),
    )
    recorder = TelemetryRecorder(capture_content=True)

    with make_recorded_client(fault_server, recorder) as client:
        client.messages.send("conv_1", HELLO)
        client.messages.stream("conv_1", HELLO).get_final_text()
        with pytest.raises(ChatRoutesError):
            client.messages.send("conv_1", HELLO)

    assert len(recorder.spans) == 3
    assert [value for value in recorder.values() if not can_be_exported(value)] == []
    for span in recorder.spans[:2]:
        attributes: Any = span.attributes
        assert attributes["gen_ai.response.id"] == "msg \ufffd"
        assert attributes["gen_ai.usage.output_tokens"] == 2**63 - 1
        assert "gen_ai.usage.input_tokens" not in attributes


@pytest.mark.parametrize(
    "data",
    [
        {"content": "x", "model": f"m {HALF}"},
        {"content": f"x {HALF}"},
        {"content": "x", "maxTokens": 2**63},
        {"content": "x", "maxTokens": -1, "temperature": HUGE},
        {"content": "x", "temperature": float("nan")},
        {"content": HUGE, "model": HUGE, "temperature": True, "maxTokens": "1"},
    ],
    ids=["model", "content", "large", "huge", "not a number", "types"],
)
def test_invalid_values_of_the_program_can_be_exported(
    fault_server: FaultServer, data: Any
) -> None:
    fault_server.script(json_response(200, envelope(REPLY)), repeat_last=True)
    recorder = TelemetryRecorder(capture_content=True)

    with make_recorded_client(fault_server, recorder) as client:
        with suppress(ChatRoutesError):  # the request cannot be written
            client.messages.send("conv_1", data)

    assert [value for value in recorder.values() if not can_be_exported(value)] == []
    names = set(recorder.attributes())
    assert not names & {"gen_ai.request.temperature", "gen_ai.request.max_tokens"}


def test_a_temperature_is_a_float(fault_server: FaultServer, recorder: TelemetryRecorder) -> None:
    fault_server.script(json_response(200, envelope(REPLY)))

    with make_recorded_client(fault_server, recorder) as client:
        client.messages.send("conv_1", {**HELLO, "temperature": 1})

    assert repr(recorder.attributes()["gen_ai.request.temperature"]) == "1.0"


def test_the_reply_of_a_failed_stream_is_recorded_if_there_is_text(
    fault_server: FaultServer,
) -> None:
    recorder = TelemetryRecorder(capture_content=True)
    fault_server.script(
        event_stream(text_event("Hel"), end="close"),
        json_response(403, {"error": "FORBIDDEN", "message": "No."}),
    )

    with make_recorded_client(fault_server, recorder, retry_attempts=0) as client:
        for _ in range(2):
            with pytest.raises(ChatRoutesError):
                client.messages.stream("conv_1", HELLO).get_final_text()

    cut, refused = (span.attributes or {} for span in recorder.spans)
    assert json.loads(str(cut["gen_ai.output.messages"])) == [
        {
            "role": "assistant",
            "parts": [{"type": "text", "content": "Hel"}],
            "finish_reason": "error",
        }
    ]
    assert "gen_ai.output.messages" not in refused
