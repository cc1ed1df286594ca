"""The names of OpenTelemetry's semantic conventions that `chatroutes.telemetry` uses, in one place.

The GenAI names are those of https://github.com/open-telemetry/semantic-conventions-genai, which are still
in development: a change of the conventions is a change of this file. The package
`opentelemetry-semantic-conventions` is not used, because it marks them as moved and is a beta release.
"""

from __future__ import annotations

from typing import Final

# https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-spans.md
OPERATION_NAME: Final = "gen_ai.operation.name"
PROVIDER_NAME: Final = "gen_ai.provider.name"
CONVERSATION_ID: Final = "gen_ai.conversation.id"
REQUEST_MODEL: Final = "gen_ai.request.model"
REQUEST_TEMPERATURE: Final = "gen_ai.request.temperature"
REQUEST_MAX_TOKENS: Final = "gen_ai.request.max_tokens"
REQUEST_STREAM: Final = "gen_ai.request.stream"
RESPONSE_ID: Final = "gen_ai.response.id"
RESPONSE_MODEL: Final = "gen_ai.response.model"
RESPONSE_FINISH_REASONS: Final = "gen_ai.response.finish_reasons"
RESPONSE_TIME_TO_FIRST_CHUNK: Final = "gen_ai.response.time_to_first_chunk"
USAGE_INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"
USAGE_OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"
INPUT_MESSAGES: Final = "gen_ai.input.messages"
OUTPUT_MESSAGES: Final = "gen_ai.output.messages"
TOKEN_TYPE: Final = "gen_ai.token.type"

# Values
CHAT: Final = "chat"
INPUT: Final = "input"
OUTPUT: Final = "output"
ERROR: Final = "error"
OTHER: Final = "_OTHER"

# https://opentelemetry.io/docs/specs/semconv/http/http-spans/
SERVER_ADDRESS: Final = "server.address"
SERVER_PORT: Final = "server.port"
ERROR_TYPE: Final = "error.type"
HTTP_REQUEST_RESEND_COUNT: Final = "http.request.resend_count"
HTTP_RESPONSE_STATUS_CODE: Final = "http.response.status_code"

# https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-metrics.md
OPERATION_DURATION: Final = "gen_ai.client.operation.duration"
TIME_TO_FIRST_CHUNK: Final = "gen_ai.client.operation.time_to_first_chunk"
TOKEN_USAGE: Final = "gen_ai.client.token.usage"
DURATION_BUCKETS: Final = [0.01 * 2**exponent for exponent in range(14)]  # seconds, to 81.92
TOKEN_BUCKETS: Final = [4**exponent for exponent in range(14)]  # tokens, to 67,108,864

CAPTURE_MESSAGE_CONTENT: Final = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
"""The environment variable that allows the texts of messages in spans."""
CAPTURE_VALUES: Final = frozenset({"true", "1", "span_only", "span_and_event"})
