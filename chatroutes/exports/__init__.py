"""Exports of conversations: a JSON document with every branch, and files in other formats.

    from chatroutes import exports

    export = client.conversations.export("conv_123")
    exports.write(export, "conversation.json")
    exports.write(export, "conversation.md", "markdown")
    export = exports.read("conversation.json")

The JSON Schema of the document ships with the package: see `schema`.
"""

from __future__ import annotations

from ._document import FORMAT as FORMAT
from ._document import VERSION as VERSION
from ._document import ConversationExport as ConversationExport
from ._document import ExportedMessage as ExportedMessage
from ._document import ExportProgress as ExportProgress
from ._document import loads as loads
from ._document import read as read
from ._document import schema as schema
from ._document import schema_path as schema_path
from ._errors import InvalidExportError as InvalidExportError
from ._files import file_name as file_name
from ._formats import SUFFIXES as SUFFIXES
from ._formats import ExportFormat as ExportFormat
from ._formats import iter_text as iter_text
from ._formats import write as write
from ._paths import select_branch as select_branch
from ._validation import validate as validate

__all__ = [
    "FORMAT",
    "SUFFIXES",
    "VERSION",
    "ConversationExport",
    "ExportFormat",
    "ExportProgress",
    "ExportedMessage",
    "InvalidExportError",
    "file_name",
    "iter_text",
    "loads",
    "read",
    "schema",
    "schema_path",
    "select_branch",
    "validate",
    "write",
]
