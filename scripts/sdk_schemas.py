"""Describe the objects of the contract as the SDK returns them, for the generated code.

- The SDK adds the properties in `x-sdk-required` if the service leaves them out, so they are required.
- The schema of an event stream is that of the JSON in an event without a name.
"""

from __future__ import annotations

from typing import Any


def normalize(node: Any) -> Any:
    """Change a document, or a part of it, in place, and return it."""
    if isinstance(node, dict):
        if "x-sdk-required" in node:
            node["required"] = [*node.get("required", []), *node["x-sdk-required"]]
        if "x-events" in node:
            node["schema"] = node["x-events"].get("message", {})
    for each in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        normalize(each)
    return node
