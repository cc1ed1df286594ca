"""The reason in the payload of an error: the body of a response, or the data of an event.

The contract has one form: `{"success": false, "error": CODE, "message": TEXT, "details": ...}`. Other
forms come from gateways, frameworks and identity providers in front of the service: FastAPI's `detail`,
`errors` of JSON:API or GraphQL, `application/problem+json`, OAuth's `error_description`, AWS's `Message`
and Apigee's `fault`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

from . import _json
from ._normalize import valid_text

Json = dict[str, Any]


def with_message(payload: object) -> Json:
    """Return the payload of an error, with a `message` if the service described it in another way."""
    if not isinstance(payload, dict):
        text = find_reason(payload) or _to_text(payload)
        message: Json = {"message": text} if text else {}
        return message if isinstance(payload, str) else {**message, "details": payload}
    fields = cast("Json", payload)
    reason = find_reason(fields)
    if not reason:
        other = {name: value for name, value in fields.items() if name not in ("type", "success")}
        reason = None if is_empty(other) else _to_text(other)
    if not reason or reason in (fields.get("message"), fields.get("error")):
        return fields
    return {"details": fields, **fields, "message": reason}


# The names of fields that can have the reason, compared without regard to case. The first field with a
# text is the reason.
_KEYS: Final = (
    "message",
    "error_description",
    "errormessage",
    "error_message",
    "detail",
    "errors",
    "msg",
    "fault",
    "faultstring",
    "error",
    "reason",
    "description",
    "title",
    "details",
    "code",
    "data",
)
# Names of the keys above that are not usual names of fields.
_KEYS_OF_OBJECTS: Final = frozenset(_KEYS) - {"title", "description", "reason", "message"}
_MAX_DEPTH: Final = 5
_MAX_ITEMS: Final = 5
_MAX_LENGTH: Final = 1000


def find_reason(body: object, depth: int = 0) -> str | None:
    """Return the reason in a decoded body, or None if it has no text."""
    if isinstance(body, str):
        text = valid_text(" ".join(body.split()))
        return (text if len(text) <= _MAX_LENGTH else f"{text[:_MAX_LENGTH]}…") or None
    if depth >= _MAX_DEPTH:
        return None
    if isinstance(body, list):
        items = cast("list[object]", body)[:_MAX_ITEMS]
        reasons = [each for each in (find_reason(item, depth + 1) for item in items) if each]
        return "; ".join(reasons) or None
    if not isinstance(body, dict):
        return None
    fields = {name.lower(): value for name, value in cast("Json", body).items()}
    if depth and _KEYS_OF_OBJECTS.isdisjoint(fields) and _has_only_lists(fields):
        # Errors by field, such as {"title": ["must not be empty"]}.
        named = [(name, find_reason(value, depth + 1)) for name, value in fields.items()]
        return "; ".join([f"{name}: {text}" for name, text in named if text][:_MAX_ITEMS]) or None
    for key in _KEYS:
        reason = find_reason(fields.get(key), depth + 1)
        if reason:
            title = find_reason(fields.get("title"), depth + 1) if key == "detail" else None
            return f"{title}: {reason}" if title else reason
    return None


def describe_body(body: object) -> str | None:
    """Return the beginning of the decoded body of an error as JSON, or None if it has no text."""
    text = _to_text(body) if _has_text(body) else ""
    return (text if len(text) <= _MAX_LENGTH else f"{text[:_MAX_LENGTH]}…") or None


def is_contract_form(fields: Json) -> bool:
    """Return whether an error has the form of the contract, whose `details` are its details.

    The code and the message may also be in an object, which some servers send.
    """
    known = {"success", "error", "message", "details", "retryAfter", "type", "requestId"}
    code, message = fields.get("error"), fields.get("message")
    return (
        known.issuperset(fields)
        and not isinstance(message, (list, dict))
        and not isinstance(code, list)
        and (
            not isinstance(code, dict) or {"code", "type", "message"}.issuperset(cast("Json", code))
        )
    )


def _has_only_lists(fields: Mapping[str, object]) -> bool:
    return all(isinstance(value, list) for value in fields.values())


def _has_text(value: object, depth: int = _MAX_DEPTH) -> bool:
    if isinstance(value, dict):
        value = list(cast("Json", value).values())
    if isinstance(value, list) and depth:
        return any(_has_text(each, depth - 1) for each in cast("list[object]", value))
    return isinstance(value, str) and bool(value.strip())


def _to_text(value: object) -> str:
    """Return a value as JSON, or an empty string for one that is empty."""
    if is_empty(value):
        return ""
    try:
        return _json.dumps(value).decode()
    except (ValueError, RecursionError):  # half a surrogate pair, or nested too deep
        return ""


def is_empty(value: object, depth: int = 4) -> bool:
    """Return whether a value contains no text, no `true` and no number but 0."""
    if isinstance(value, str):
        return not value.strip()
    if not value or depth == 0:
        return not value
    if isinstance(value, dict):
        value = [*cast("Json", value).values()]
    if isinstance(value, list):
        return all(is_empty(each, depth - 1) for each in cast("list[object]", value))
    return False
