"""Telemetry with OpenTelemetry: a span for each call and each stream, metrics, and trace propagation.

    from chatroutes import ChatRoutes

    client = ChatRoutes(telemetry=True)

This needs `pip install "chatroutes[otel]"`. The names of spans, metrics and attributes are those of the
GenAI semantic conventions: see `_semconv`. Without an OpenTelemetry SDK, nothing is recorded.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from chatroutes_wire.client import Request

from . import _semconv
from ._observer import CallObserver, Reply
from .errors import invalid_argument

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import TracerProvider


class Telemetry:
    """The telemetry of one or more clients.

        client = ChatRoutes(telemetry=Telemetry(tracer_provider=provider, capture_content=True))

    Args:
        tracer_provider: Where spans go. Default: the global tracer provider.
        meter_provider: Where metrics go. Default: the global meter provider.
        capture_content: Whether spans contain the texts of messages and errors. Default: whether the
            environment variable OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT is `true`,
            `span_only` or `span_and_event`.

    Raises:
        ValidationError: If the API of OpenTelemetry is not installed.
    """

    def __init__(
        self,
        *,
        tracer_provider: TracerProvider | None = None,
        meter_provider: MeterProvider | None = None,
        capture_content: bool | None = None,
    ) -> None:
        try:
            from ._otel import Instruments, ObservedCall
        except ImportError as error:
            raise invalid_argument(
                'Telemetry needs OpenTelemetry. Install it with: pip install "chatroutes[otel]".'
            ) from error
        if capture_content is None:
            value = os.environ.get(_semconv.CAPTURE_MESSAGE_CONTENT, "")
            capture_content = value.strip().lower() in _semconv.CAPTURE_VALUES
        self._instruments = Instruments(tracer_provider, meter_provider, capture_content)
        self._call_class = ObservedCall

    def start_call(
        self,
        request: Request,
        base_url: str,
        redact: Callable[[str], str],
        reply: Reply | None = None,
    ) -> CallObserver:
        """Begin to observe a call. The client calls this.

        Args:
            request: The request.
            base_url: The base URL of the client.
            redact: Replaces the API key in a text.
            reply: The part of the reply that a stream has received, or None if the call is not a stream.
        """
        return self._call_class(self._instruments, request, base_url, redact, reply)
