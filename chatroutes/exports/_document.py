"""The JSON document of an exported conversation: its types, its schema, and the functions to read it."""

import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, NotRequired, TypedDict

from chatroutes_wire.types import add_pydantic_schemas

from .._json import loads as load_json
from ..types import Branch, Checkpoint, Conversation, Message
from ..types import MessageMetadata as MessageMetadata  # the type hints of a Message name it
from ._errors import InvalidExportError

FORMAT: Final = "chatroutes-conversation"
"""The value of `format` in a document."""

VERSION: Final = 1
"""The value of `version` in the documents that this release writes, and the newest that it reads."""


class ExportedMessage(Message):
    """A message, with the fields of the contract. `branchId` and `parentMessageId` are present."""

    model: NotRequired[str | None]
    """Name of the model that generated the reply: `metadata.model`."""


class ConversationExport(TypedDict):
    """A conversation with all its branches, messages and checkpoints.

    The objects have the names and the fields of the contract. Unknown fields are kept. An object that
    does not come from the API may lack fields that the contract requires: the JSON Schema requires fewer.
    """

    format: Literal["chatroutes-conversation"]
    """The name of the format."""
    version: Literal[1]
    """The version of the format."""
    exportedAt: str
    """Time of the export, as in the contract: `2025-10-05T03:01:09.598Z`."""
    warnings: NotRequired[list[str]]
    """What the document does not contain, one sentence for each reason."""
    conversation: Conversation
    """The conversation, without its branches and messages."""
    branches: list[Branch]
    """All branches, including merged ones. A branch comes after its parent."""
    messages: list[ExportedMessage]
    """The messages of all branches, each once. A message comes after the message that it follows."""
    checkpoints: list[Checkpoint]
    """The checkpoints of all branches."""


@dataclass(frozen=True, slots=True)
class ExportProgress:
    """How far an export is, for `on_progress`.

    If the conversation changes meanwhile, the export starts again.

    Attributes:
        fetched: The number of messages that were fetched.
        total: The number of messages of the conversation, or None if it is not known yet.
    """

    fetched: int
    total: int | None


def schema_path() -> Path:
    """Return the path of the JSON Schema of a `ConversationExport`. It ships with the package."""
    return Path(__file__).with_name("schema.json")


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a `ConversationExport`. The dict is a copy."""
    document: dict[str, Any] = json.loads(_schema_text())
    return document


@cache
def _schema_text() -> str:
    return schema_path().read_text("utf-8")


def read(path: str | os.PathLike[str]) -> ConversationExport:
    """Read and validate an exported conversation.

    Args:
        path: The path of a JSON file.

    Raises:
        InvalidExportError: If the file is not an exported conversation. The error names the file and the
            location.
        OSError: If the file cannot be read.
    """
    data = Path(path).read_bytes()
    try:
        return loads(data)
    except InvalidExportError as error:
        location = ", ".join(filter(None, [os.fspath(path), error.location]))
        raise InvalidExportError(error.message, location) from error.__cause__


def loads(data: bytes | str) -> ConversationExport:
    """Decode and validate an exported conversation.

    Args:
        data: The JSON document.

    Raises:
        InvalidExportError: If it is not an exported conversation. The error names the location.
    """
    from ._validation import validate

    try:
        if isinstance(data, str):
            document = load_json(data.removeprefix("\ufeff"))
        else:
            document = load_json(data.removeprefix(b"\xef\xbb\xbf"))
    except ValueError as error:
        raise InvalidExportError(f"The export is not JSON: {error}") from error
    return validate(document)


add_pydantic_schemas(globals())
