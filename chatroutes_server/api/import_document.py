"""Documents of conversations: the JSON that the SDK exports, as the local server imports it.

The messages of a branch follow each other in the order of the list, and each message is after the one
that it follows. Each branch is after its parent. So a valid document has no cycles. Objects without a time
have that of the conversation.

Unknown fields of messages are kept in `importedFields` in the metadata. Other unknown fields are listed in the warnings of the response.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

from chatroutes_server.api.import_fields import Fields, field_error, index_ids, require_encodable
from chatroutes_server.api.schemas import Schema
from chatroutes_server.json_encoding import Json, dump_json
from chatroutes_server.store.imports import (
    ImportedBranch,
    ImportedCheckpoint,
    ImportedConversation,
    ImportedMessage,
    latest,
)

FORMAT, VERSION = "chatroutes-conversation", 1
CONTEXT_MODES = ("FULL", "PARTIAL", "MINIMAL")
MAX_TITLE_LENGTH, MAX_DESCRIPTION_LENGTH, MAX_NAME_LENGTH = 1000, 10_000, 255
MAX_WARNINGS = 100

# The known fields. Some are not stored, because the server sets or computes them.
DOCUMENT_FIELDS = (
    "format",
    "version",
    "exportedAt",
    "warnings",
    "conversation",
    "branches",
    "messages",
    "checkpoints",
)
CONVERSATION_FIELDS = (
    "id",
    "userId",
    "title",
    "model",
    "systemPrompt",
    "temperature",
    "maxTokens",
    "createdAt",
    "updatedAt",
)
BRANCH_FIELDS = (
    "id",
    "conversationId",
    "parentBranchId",
    "forkPointMessageId",
    "title",
    "description",
    "contextMode",
    "isMain",
    "isActive",
    "createdAt",
    "updatedAt",
    "messageCount",
    "_count",
)
MESSAGE_FIELDS = (
    "id",
    "conversationId",
    "branchId",
    "parentMessageId",
    "role",
    "content",
    "tokenCount",
    "createdAt",
    "contentHash",
    "metadata",
    "model",
)
CHECKPOINT_FIELDS = {
    "id": "id",
    "summary": "summary",
    "conversationId": "conversation_id",
    "branchId": "branch_id",
    "anchorMessageId": "anchor_message_id",
    "tokenCount": "token_count",
    "createdAt": "created_at",
}


class Document(NamedTuple):
    """A valid document. The warnings name the fields that cannot be stored."""

    conversation: ImportedConversation
    warnings: list[str]


def parse_document(body: Any, default_model: str, metadata_schema: Schema) -> Document:
    """Return the conversation of a document.

    Args:
        body: The document.
        default_model: The model of a conversation without one.
        metadata_schema: The schema of the metadata of a message.

    Raises:
        ValidationError: If the document is invalid.
    """
    document = Fields(body, "")
    if document.text("format") != FORMAT:
        raise field_error("format", f'expected "{FORMAT}"')
    if document.integer("version") != VERSION:
        raise field_error("version", f"expected {VERSION}: this server reads no other version")
    if not document.has("conversation"):
        raise field_error("conversation", "is required")
    conversation = Fields(document.object("conversation"), "conversation")
    parser = _TreeParser(
        document.objects("branches"),
        document.objects("messages"),
        document.objects("checkpoints"),
        metadata_schema,
    )
    warnings = _Warnings()
    warnings.add("", document.unknown(DOCUMENT_FIELDS))
    warnings.add("conversation.", conversation.unknown(CONVERSATION_FIELDS))
    for each in parser.branches:
        warnings.add("branches.", each.unknown(BRANCH_FIELDS))
    for each in parser.checkpoints:
        known = (*CHECKPOINT_FIELDS, *CHECKPOINT_FIELDS.values())
        warnings.add("checkpoints.", each.unknown(known))
    created_at = conversation.time("createdAt")
    branches = parser.parse_branches(created_at)
    return Document(
        ImportedConversation(
            _conversation_values(conversation, default_model),
            created_at,
            conversation.time("updatedAt"),
            branches,
            parser.parse_messages(created_at),
            parser.parse_checkpoints(branches),
        ),
        warnings.sentences,
    )


class _Warnings:
    """Collects the names of unknown fields, each once."""

    def __init__(self) -> None:
        self.sentences: list[str] = []

    def add(self, prefix: str, unknown: Mapping[str, Any]) -> None:
        for name in unknown:
            sentence = (
                f"{prefix}{name[:MAX_NAME_LENGTH]} was not stored: the server has no such field"
            )
            sentence = sentence.encode(errors="replace").decode()
            if sentence not in self.sentences and len(self.sentences) < MAX_WARNINGS:
                self.sentences.append(sentence)


def _conversation_values(conversation: Fields, default_model: str) -> Mapping[str, Any]:
    return {
        "title": conversation.required_text("title", min_length=1, max_length=MAX_TITLE_LENGTH),
        "model": conversation.text("model", max_length=MAX_NAME_LENGTH) or default_model,
        "system_prompt": conversation.text("systemPrompt") or None,
        "temperature": conversation.number("temperature", 0, 2),
        "max_tokens": conversation.integer("maxTokens", 1),
    }


def _reference(each: Fields, name: str, positions: Mapping[str, int]) -> int:
    object_id = each.id(name)
    if object_id not in positions:
        raise field_error(each.path(name), f'"{object_id}" is not in the document')
    return positions[object_id]


class _TreeParser:
    """Parses the branches, messages and checkpoints of a document, which refer to each other by ids.

    Raises:
        ValidationError: If two objects have the same id, or the branch of a message is missing.
    """

    def __init__(
        self,
        branches: Sequence[Fields],
        messages: Sequence[Fields],
        checkpoints: Sequence[Fields],
        metadata_schema: Schema,
    ) -> None:
        self.branches, self.messages, self.checkpoints = branches, messages, checkpoints
        self._metadata_schema = metadata_schema
        self._branch_ids, self._message_ids = index_ids(branches), index_ids(messages)
        index_ids(checkpoints)
        # The position of the branch of each message.
        self._owners = [_reference(each, "branchId", self._branch_ids) for each in messages]

    def parse_branches(self, default_time: int | None) -> Sequence[ImportedBranch]:
        """Return the branches, and check that the messages follow each other on them."""
        branches = [
            self._parse_branch(number, each, default_time)
            for number, each in enumerate(self.branches)
        ]
        if not branches:
            raise field_error("branches", "must not be empty")
        self._check_order(branches)
        return branches

    def parse_messages(self, default_time: int | None) -> Sequence[ImportedMessage]:
        """Return the messages."""
        return [
            self._parse_message(each, owner, default_time)
            for each, owner in zip(self.messages, self._owners, strict=True)
        ]

    def parse_checkpoints(self, branches: Sequence[ImportedBranch]) -> Sequence[ImportedCheckpoint]:
        """Return the checkpoints."""
        return [self._parse_checkpoint(each, branches) for each in self.checkpoints]

    def _parse_branch(
        self, number: int, branch: Fields, default_time: int | None
    ) -> ImportedBranch:
        parent = fork_point = None
        if branch.boolean("isMain", default=number == 0) != (number == 0):
            raise field_error(
                branch.path("isMain"), "expected true for the first branch, and no other"
            )
        if number == 0:
            for name in ("parentBranchId", "forkPointMessageId"):
                if branch.has(name):
                    raise field_error(branch.path(name), "the main branch has no parent")
        else:
            # The parent is the branch of the fork point. A branch without one starts at the beginning.
            parent = 0
            if branch.has("parentBranchId"):
                parent = _reference(branch, "parentBranchId", self._branch_ids)
            if branch.has("forkPointMessageId"):
                fork_point = _reference(branch, "forkPointMessageId", self._message_ids)
                parent = self._owners[fork_point]
            if parent >= number:
                raise field_error(branch.path("id"), "expected the parent of this branch before it")
        context_mode = branch.text("contextMode") or CONTEXT_MODES[0]
        if context_mode not in CONTEXT_MODES:
            raise field_error(
                branch.path("contextMode"), f"expected one of {', '.join(CONTEXT_MODES)}"
            )
        created_at = branch.time("createdAt")
        if created_at is None:
            created_at = default_time
        return ImportedBranch(
            parent,
            fork_point,
            branch.required_text("title", min_length=1, max_length=MAX_TITLE_LENGTH),
            branch.text("description", max_length=MAX_DESCRIPTION_LENGTH),
            context_mode,
            branch.boolean("isActive", default=True),
            created_at,
            latest(created_at, branch.time("updatedAt")),
        )

    def _check_order(self, branches: Sequence[ImportedBranch]) -> None:
        """Check that each message is after the one that it follows, and names it, if it names any."""
        last: dict[int, int | None] = {}  # the last message of each branch so far
        for number, (message, owner) in enumerate(zip(self.messages, self._owners, strict=True)):
            expected = last.get(owner, branches[owner].fork_point)
            if expected is not None and expected >= number:
                raise field_error(
                    message.path("branchId"),
                    "expected the fork point of the branch before the message",
                )
            if message.has("parentMessageId"):
                parent = _reference(message, "parentMessageId", self._message_ids)
                if parent != expected:
                    follows = "no message" if expected is None else self.messages[expected].id()
                    raise field_error(
                        message.path("parentMessageId"),
                        f"expected {follows}, which the message follows on its branch",
                    )
            last[owner] = number

    def _parse_message(
        self, message: Fields, owner: int, default_time: int | None
    ) -> ImportedMessage:
        metadata = message.object("metadata")
        for problem in self._metadata_schema.find_problems(metadata or {}):
            raise field_error(".".join((message.path("metadata"), *problem.path)), problem.sentence)
        unknown = message.unknown(MESSAGE_FIELDS)
        model = message.text("model")
        if model is not None and (metadata or {}).get("model") is None:
            metadata = {**(metadata or {}), "model": model}
        elif model is not None and (metadata or {}).get("model") != model:
            unknown["model"] = model
        if unknown:
            require_encodable(dump_json(unknown), message.path("metadata"))
            kept: Any = (metadata or {}).get("importedFields")
            earlier = cast("Json", kept) if isinstance(kept, dict) else {}
            metadata = {**(metadata or {}), "importedFields": {**earlier, **unknown}}
        merged_branch = merged_message = None
        source: Any = (metadata or {}).get("mergedFrom")
        if metadata is not None and isinstance(source, dict):
            fields = cast("Json", source)
            merged_branch = _find(self._branch_ids, fields.get("branchId"))
            merged_message = _find(self._message_ids, fields.get("messageId"))
            # The new ids replace those of the document. The message may have been deleted.
            replaced = {"branchId": merged_branch, "messageId": merged_message}
            rest = {name: value for name, value in fields.items() if replaced.get(name) is None}
            metadata = {**metadata, "mergedFrom": rest}
        created_at = message.time("createdAt")
        return ImportedMessage(
            owner,
            message.required_text("role", min_length=1, max_length=MAX_NAME_LENGTH),
            message.required_text("content"),
            message.integer("tokenCount"),
            metadata,
            default_time if created_at is None else created_at,
            merged_branch,
            merged_message,
        )

    def _parse_checkpoint(
        self, checkpoint: Fields, branches: Sequence[ImportedBranch]
    ) -> ImportedCheckpoint:
        names = {
            name: snake_case if checkpoint.has(snake_case) else name
            for name, snake_case in CHECKPOINT_FIELDS.items()
        }
        branch = _reference(checkpoint, names["branchId"], self._branch_ids)
        anchor = _reference(checkpoint, names["anchorMessageId"], self._message_ids)
        if not self._is_visible(anchor, branch, branches):
            raise field_error(
                checkpoint.path(names["anchorMessageId"]),
                "the message is not visible on the branch",
            )
        return ImportedCheckpoint(
            branch,
            anchor,
            checkpoint.required_text("summary"),
            checkpoint.integer(names["tokenCount"]),
            checkpoint.time(names["createdAt"]),
        )

    def _is_visible(self, message: int, branch: int, branches: Sequence[ImportedBranch]) -> bool:
        while self._owners[message] != branch:
            fork_point = branches[branch].fork_point
            if fork_point is None or message > fork_point:
                return False
            branch = self._owners[fork_point]
        return True


def _find(positions: Mapping[str, int], object_id: Any) -> int | None:
    return positions.get(object_id) if isinstance(object_id, str) else None
