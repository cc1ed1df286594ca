"""The spans and metrics of `chatroutes.telemetry`. This is the only module that imports OpenTelemetry."""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Callable, Generator, Mapping, MutableMapping
from contextlib import contextmanager, suppress
from math import isfinite
from time import monotonic
from types import TracebackType
from typing import Any, Final, TypeVar, cast
from urllib.parse import unquote, urlsplit

from opentelemetry import context as otel_context
from opentelemetry import metrics, propagate, trace

from chatroutes_wire.client import Request

from . import _semconv as names
from ._concurrency import schedule_close
from ._logging import logger
from ._normalize import valid_text
from ._observer import Reply
from ._options import validate_headers
from ._version import __version__
from .errors import ChatRoutesError

T = TypeVar("T")

# The operations that generate a reply.
CHAT_OPERATIONS: Final = frozenset({"sendMessage", "sendBranchMessage", "streamMessage"})

# A metric has at most this many names of models. All further models count as `_OTHER`.
MAX_MODELS: Final = 100
MAX_MODEL_LENGTH: Final = 128

# An exporter sends integers with 64 bits. It could lose all spans or metrics of a batch with a larger one.
MAX_INTEGER: Final = 2**63 - 1

_CONVERSATION_PATH: Final = re.compile(r"/conversations/([^/?]+)")


@contextmanager
def _log_failures() -> Generator[None]:
    """Log an exception of OpenTelemetry, so that the call that is observed does not fail."""
    try:
        yield
    except Exception:  # noqa: BLE001 - samplers, processors and propagators belong to the program
        logger.warning("Telemetry failed. The call continues without it.", exc_info=True)


class Instruments:
    """The tracer and the metrics of one `Telemetry`."""

    def __init__(
        self,
        tracer_provider: trace.TracerProvider | None,
        meter_provider: metrics.MeterProvider | None,
        capture_content: bool,
    ) -> None:
        self.capture_content = capture_content
        self.tracer = trace.get_tracer("chatroutes", __version__, tracer_provider)
        meter = metrics.get_meter("chatroutes", __version__, meter_provider)
        self.duration = meter.create_histogram(
            names.OPERATION_DURATION,
            unit="s",
            description="GenAI operation duration.",
            explicit_bucket_boundaries_advisory=names.DURATION_BUCKETS,
        )
        self.time_to_first_chunk = meter.create_histogram(
            names.TIME_TO_FIRST_CHUNK,
            unit="s",
            description="Time to receive the first chunk of a stream.",
            explicit_bucket_boundaries_advisory=names.DURATION_BUCKETS,
        )
        self.token_usage = meter.create_histogram(
            names.TOKEN_USAGE,
            unit="{token}",
            description="Number of input and output tokens used.",
            explicit_bucket_boundaries_advisory=names.TOKEN_BUCKETS,
        )
        self._models: set[str] = set()

    def bounded_model(self, model: str) -> str:
        """Return the name of a model for a metric, or `_OTHER` if there are too many names."""
        if model in self._models:
            return model
        if len(self._models) >= MAX_MODELS or len(model) > MAX_MODEL_LENGTH:
            return names.OTHER
        self._models.add(model)
        return model


class ObservedCall:
    """The span and the metrics of one call, with all of its attempts."""

    def __init__(
        self,
        instruments: Instruments,
        request: Request,
        base_url: str,
        redact: Callable[[str], str],
        reply: Reply | None,
    ) -> None:
        self._instruments = instruments
        self._redact = redact
        self._reply = reply
        self._is_chat = request.operation in CHAT_OPERATIONS
        self._process = os.getpid()
        self._ended = threading.Lock()  # acquired once, when the call ends, and not released
        self._injected: set[str] = set()
        self._attempts = 0
        self._last_failure: dict[str, Any] = {}
        self._first_chunk_after: float | None = None
        operation = names.CHAT if self._is_chat else _snake_case(request.operation)
        # All attributes that a sampler may use, and those that the metrics share.
        self._shared: dict[str, Any] = {
            names.OPERATION_NAME: operation,
            names.PROVIDER_NAME: "chatroutes",
            **_server(base_url),
        }
        attributes = {**self._shared, **_request_attributes(request, self._is_chat, self._clean)}
        if reply is not None:
            attributes[names.REQUEST_STREAM] = True
        if self._is_chat and instruments.capture_content:
            text = _text(_mapping(request.body).get("content"))
            attributes[names.INPUT_MESSAGES] = _message("user", self._clean(text))
        model: Any = attributes.get(names.REQUEST_MODEL)
        if model is not None:
            self._shared[names.REQUEST_MODEL] = instruments.bounded_model(model)
        self._started = monotonic()
        self._span: trace.Span = trace.INVALID_SPAN
        self._context = otel_context.get_current()
        with _log_failures():
            self._span = instruments.tracer.start_span(
                f"{operation} {model}" if model is not None else operation,
                kind=trace.SpanKind.CLIENT,
                attributes=attributes,
            )
            self._context = trace.set_span_in_context(self._span)

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.end(error)

    def __del__(self) -> None:
        with suppress(Exception):  # the interpreter may be shutting down
            self.end_dropped()

    @contextmanager
    def attempt(self, headers: MutableMapping[str, str]) -> Generator[None]:
        """Observe one attempt. Its span is the current one, and the parent of the spans of a transport."""
        with _log_failures():
            self._inject(headers)
        self._attempts += 1
        if self._attempts > 1:
            is_resumed = self._first_chunk_after is not None
            with _log_failures():
                self._span.add_event(
                    "chatroutes.resume" if is_resumed else "chatroutes.retry",
                    {
                        names.HTTP_REQUEST_RESEND_COUNT: self._attempts - 1,
                        **self._last_failure,
                    },
                )
        token = otel_context.attach(self._context)
        try:
            yield
        except ChatRoutesError as error:
            self.record_failure(error)
            raise
        finally:
            otel_context.detach(token)

    def _inject(self, headers: MutableMapping[str, str]) -> None:
        """Add the headers of the trace to those of a request. Headers of the request are kept.

        Raises:
            ValidationError: If a header of the trace cannot be sent.
        """
        carrier: dict[str, str] = {}
        propagate.inject(carrier, context=self._context)
        validate_headers(carrier)
        for name, value in carrier.items():
            if name not in headers or name in self._injected:
                headers[name] = value
                self._injected.add(name)

    def record_failure(self, error: ChatRoutesError) -> None:
        """Record an error for the event of the next attempt."""
        self._last_failure = _error_attributes(error)

    def record(self, result: T) -> T:
        """Record the result of a call, and return it."""
        if self._is_chat:
            from ._raw_response import RawResponse

            payload: object = result
            if isinstance(payload, RawResponse):
                with suppress(ChatRoutesError):  # `parse` raises it again for the caller
                    payload = cast("RawResponse[object]", payload).parse()
            if isinstance(payload, Mapping):
                self._reply = _SentReply(cast("Mapping[str, Any]", payload))
        return result

    def record_first_chunk(self) -> None:
        """Record that the first chunk of a stream has arrived."""
        if self._first_chunk_after is None:
            self._first_chunk_after = monotonic() - self._started

    def end(self, error: BaseException | None = None) -> None:
        """End the span, and record the metrics. Only the first call has an effect.

        In a forked child process, it has no effect: the span belongs to the process that started it.
        """
        if os.getpid() != self._process or not self._ended.acquire(blocking=False):
            return
        elapsed = monotonic() - self._started
        attributes = self._response_attributes(is_failed=error is not None)
        if self._attempts > 1:
            attributes[names.HTTP_REQUEST_RESEND_COUNT] = self._attempts - 1
        if self._first_chunk_after is not None:
            attributes[names.RESPONSE_TIME_TO_FIRST_CHUNK] = self._first_chunk_after
        attributes.update(_error_attributes(error))
        with _log_failures():
            self._record_metrics(elapsed, attributes)
        with _log_failures():
            self._span.set_attributes(attributes)
            if error is not None:
                description = None
                if self._instruments.capture_content:
                    description = self._clean(str(error))
                self._span.set_status(trace.Status(trace.StatusCode.ERROR, description))
        with _log_failures():
            self._span.end()

    def end_dropped(self) -> None:
        """End the span of a call that was dropped, in a thread of its own. Finalizers call this.

        The current thread may hold a lock of the SDK of OpenTelemetry, which ending the span needs.
        """
        if not self._ended.locked():
            schedule_close(None, self.end)

    def _record_metrics(self, elapsed: float, attributes: Mapping[str, Any]) -> None:
        """Record the metrics of a call that has ended, with some attributes of its span."""
        instruments, shared = self._instruments, self._shared
        model = attributes.get(names.RESPONSE_MODEL)
        if model is not None:
            shared[names.RESPONSE_MODEL] = instruments.bounded_model(model)
        for token_type, name in (
            (names.INPUT, names.USAGE_INPUT_TOKENS),
            (names.OUTPUT, names.USAGE_OUTPUT_TOKENS),
        ):
            if name in attributes:
                instruments.token_usage.record(
                    attributes[name], {**shared, names.TOKEN_TYPE: token_type}, self._context
                )
        if self._first_chunk_after is not None:
            instruments.time_to_first_chunk.record(self._first_chunk_after, shared, self._context)
        if names.ERROR_TYPE in attributes:
            shared[names.ERROR_TYPE] = attributes[names.ERROR_TYPE]
        instruments.duration.record(elapsed, shared, self._context)

    def _clean(self, text: str) -> str:
        """Return a text without the API key, that UTF-8 can encode."""
        return self._redact(valid_text(text))

    def _response_attributes(self, *, is_failed: bool) -> dict[str, Any]:
        reply = self._reply
        if reply is None:
            return {}
        cleaned = {
            name: self._clean(_text(value))
            for name, value in (
                (names.RESPONSE_MODEL, reply.model),
                (names.RESPONSE_ID, reply.response_id),
                (names.RESPONSE_FINISH_REASONS, reply.finish_reason),
            )
        }
        reason = cleaned.pop(names.RESPONSE_FINISH_REASONS)
        found: dict[str, Any] = {name: value for name, value in cleaned.items() if value}
        if reason:
            found[names.RESPONSE_FINISH_REASONS] = [reason]
        usage = _mapping(reply.usage)
        for name, key in (
            (names.USAGE_INPUT_TOKENS, "promptTokens"),
            (names.USAGE_OUTPUT_TOKENS, "completionTokens"),
        ):
            count = _integer(usage.get(key))
            if count is not None:
                found[name] = count
        if self._instruments.capture_content and (reply.text or not is_failed):
            found[names.OUTPUT_MESSAGES] = _message(
                "assistant",
                self._clean(reply.text),
                finish_reason=reason or (names.ERROR if is_failed else ""),
            )
        return found


class _SentReply:
    """The reply in the result of `messages.send`."""

    def __init__(self, result: Mapping[str, Any]) -> None:
        self._message = _mapping(result.get("assistantMessage"))
        fields = _mapping(self._message.get("metadata"))
        self.model: Any = result.get("model") or fields.get("model")
        self.finish_reason: Any = fields.get("finishReason")
        self.usage: Any = result.get("usage")
        self.response_id: Any = self._message.get("id")

    @property
    def text(self) -> str:
        return _text(self._message.get("content"))


def _request_attributes(
    request: Request, is_chat: bool, clean: Callable[[str], str]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    conversation = _CONVERSATION_PATH.match(request.path)
    if conversation is not None:
        found[names.CONVERSATION_ID] = clean(unquote(conversation[1]))
    if not is_chat:
        return found
    fields = _mapping(request.body)
    model = fields.get("model")
    values = {
        names.REQUEST_MODEL: clean(model) if isinstance(model, str) else None,
        names.REQUEST_TEMPERATURE: _number(fields.get("temperature")),
        names.REQUEST_MAX_TOKENS: _integer(fields.get("maxTokens")),
    }
    found.update({name: value for name, value in values.items() if value is not None})
    return found


def _server(base_url: str) -> dict[str, Any]:
    url = urlsplit(base_url)
    port = url.port or (443 if url.scheme == "https" else 80)
    return {names.SERVER_ADDRESS: url.hostname or "", names.SERVER_PORT: port}


def _error_attributes(error: BaseException | None) -> dict[str, Any]:
    """Return the class of an error, and its status if the service has responded."""
    if error is None:
        return {}
    found: dict[str, Any] = {names.ERROR_TYPE: type(error).__qualname__}
    status = getattr(error, "status_code", None)
    if status:
        found[names.HTTP_RESPONSE_STATUS_CODE] = status
    return found


def _text(value: object) -> str:
    """Return a value if it is a text, or else an empty one."""
    return value if isinstance(value, str) else ""


def _integer(value: object) -> int | None:
    """Return a number of tokens, or None if it is not one that an exporter can send."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_INTEGER:
        return value
    return None


def _number(value: object) -> float | None:
    """Return a number as a float, also if it is an integer, or None if it is not a finite number."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        with suppress(OverflowError):
            return float(value) if isfinite(value) else None
    return None


def _mapping(value: object) -> Mapping[str, Any]:
    """Return a value of the service or the user if it is an object, or else an empty one."""
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def _snake_case(operation: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", operation).lower()


def _message(role: str, text: str, **fields: str) -> str:
    parts = [{"type": "text", "content": text}]
    return json.dumps([{"role": role, "parts": parts, **fields}], ensure_ascii=False)
