"""Describe the objects of the contract as the SDK returns them, for the generated code.

- The SDK adds the properties in `x-sdk-required` if the service leaves them out, so they are required.
- The schema of an event stream is that of the JSON in an event without a name.
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def normalize(spec: Json) -> Json:
    """Change a document in place, and return it."""
    components = spec.get("components", {})
    for schema in components.get("schemas", {}).values():
        if isinstance(schema, dict) and "x-sdk-required" in schema:
            schema["required"] = [*schema.get("required", []), *schema["x-sdk-required"]]
    responses = [*components.get("responses", {}).values()]
    for item in spec.get("paths", {}).values():
        for operation in item.values():
            if isinstance(operation, dict):
                responses += operation.get("responses", {}).values()
    for response in responses:
        for media_type in response.get("content", {}).values():
            if "x-events" in media_type:
                media_type["schema"] = media_type["x-events"].get("message", {})
    return spec
