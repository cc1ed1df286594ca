"""The description of an error in the payload of a service or a gateway, wherever the payload has it."""

from __future__ import annotations

from typing import Any, Final, cast

from . import _json
from ._normalize import valid_text

Json = dict[str, Any]


def with_message(payload: object) -> Json:
    """Return the payload of an error, with a `message` if the service described it in another way."""
    if not isinstance(payload, dict):
        reason = _find_reason(payload) or _to_text(payload)
        message: Json = {"message": reason} if reason else {}
        return message if isinstance(payload, str) else {**message, "details": payload}
    fields = cast("Json", payload)
    reason = _find_reason(fields)
    if not reason:
        other = {name: value for name, value in fields.items() if name not in ("type", "success")}
        reason = "" if is_empty(other) else _to_text(other)
    if not reason or reason in (fields.get("message"), fields.get("error")):
        return fields
    return {"details": fields, **fields, "message": reason}


# Where services describe an error, the best description first.
_REASON_FIELDS: Final = (
    *("message", "Message", "detail", "msg", "error_description", "description", "reason"),
    *("title", "faultstring", "fault", "error", "errors", "details", "code"),
)


def _find_reason(value: object, depth: int = 4) -> str:
    """Return the text that describes an error, or an empty string."""
    if isinstance(value, str):
        return valid_text(value.strip())
    if depth == 0:
        return ""
    if isinstance(value, dict):
        fields = cast("Json", value)
        found = (_find_reason(fields.get(name), depth - 1) for name in _REASON_FIELDS)
        return next(filter(None, found), "")
    if isinstance(value, list):
        items = cast("list[object]", value)[:10]
        return "; ".join(filter(None, (_find_reason(each, depth - 1) for each in items)))
    return ""


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
