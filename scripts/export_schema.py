"""Derive the JSON Schema of an exported conversation from the contract.

The shapes of conversations, branches, messages and checkpoints are those of the contract. This module
adds the document around them, and what a document requires of them.
"""

from __future__ import annotations

import json
from typing import Any, cast

Schema = dict[str, Any]

FORMAT = "chatroutes-conversation"
VERSION = 1

PROPERTIES: Schema = {
    "format": {"const": FORMAT, "description": "The name of the format."},
    "version": {"const": VERSION, "description": "The version of the format."},
    "exportedAt": {
        "type": "string",
        "format": "date-time",
        "description": "Time of the export.",
    },
    "warnings": {
        "type": "array",
        "description": "What the document does not contain, one sentence for each reason.",
        "items": {"type": "string"},
    },
    "conversation": {"$ref": "#/$defs/Conversation"},
    "branches": {
        "type": "array",
        "description": "All branches, including merged ones. A branch comes after its parent.",
        "items": {"$ref": "#/$defs/Branch"},
    },
    "messages": {
        "type": "array",
        "description": (
            "The messages of all branches, each once. A message comes after the message that it follows."
        ),
        "items": {"$ref": "#/$defs/Message"},
    },
    "checkpoints": {
        "type": "array",
        "description": "The checkpoints of all branches.",
        "items": {"$ref": "#/$defs/Checkpoint"},
    },
}

REQUIRED = {
    "Conversation": ["id", "title"],
    "Branch": ["id", "title", "isMain"],
    "Message": ["id", "branchId", "parentMessageId", "role", "content"],
    "Checkpoint": ["id", "summary", "branch_id", "anchor_message_id"],
}
"""What a document requires. The contract requires more, which other programs do not have."""

MODEL: Schema = {
    "type": ["string", "null"],
    "description": "Name of the model that generated the reply: `metadata.model`.",
}


def derive(contract: Schema) -> str:
    """Return the schema as JSON.

    Args:
        contract: The OpenAPI document.
    """
    schemas = cast("dict[str, Schema]", contract["components"]["schemas"])
    definitions: dict[str, Schema] = {}
    names = [*REQUIRED]
    for name in names:  # grows
        definitions[name] = cast("Schema", _convert(schemas[name], names))
    for name, required in REQUIRED.items():
        definitions[name]["required"] = required
    for name in ("messages", "branches"):  # they are beside the conversation
        del definitions["Conversation"]["properties"][name]
    definitions["Message"]["properties"]["model"] = MODEL
    for name in ("branchId", "parentMessageId"):
        assert name in definitions["Message"]["properties"]
    definitions["Message"]["properties"]["branchId"]["type"] = "string"
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": "Derived from the contract by scripts/regen.py. Do not edit.",
        "title": "An exported conversation",
        "description": "A conversation with all its branches, messages and checkpoints. Unknown fields are allowed.",
        "type": "object",
        "required": [name for name in PROPERTIES if name != "warnings"],
        "properties": PROPERTIES,
        "$defs": definitions,
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _convert(value: object, names: list[str]) -> object:
    """Return a part of the contract as a part of the schema, and add the schemas that it needs to `names`."""
    if isinstance(value, list):
        return [_convert(each, names) for each in cast("list[object]", value)]
    if not isinstance(value, dict):
        return value.strip() if isinstance(value, str) else value
    converted: Schema = {}
    for key, each in cast("Schema", value).items():
        if key == "$ref":
            name = str(each).rpartition("/")[2]
            if name not in names:
                names.append(name)
            converted[key] = f"#/$defs/{name}"
        elif not key.startswith("x-"):
            converted[key] = _convert(each, names)
    return converted
