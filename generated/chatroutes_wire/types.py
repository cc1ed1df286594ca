# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The objects of the contract as TypedDicts, which describe the result of `json.loads`."""

import sys
from functools import cache
from typing import Any, Literal, NotRequired, TypedDict, is_typeddict


class Unset:
    """The type of `UNSET`, the value of a property that an object does not have. A null property is None."""

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNSET"

    def __reduce__(self) -> str:
        return "UNSET"  # so that copies, and unpickled values, are the same object


UNSET = Unset()

ContextMode = Literal["FULL", "MINIMAL", "PARTIAL"]
"""Which inherited messages are sent to the model: all of them (`FULL`), the last ten (`PARTIAL`) or only
the message at the fork point (`MINIMAL`)."""
ConversationFilter = Literal["all", "owned", "shared"]
"""Which conversations a list contains."""
MessageScope = Literal["branch", "conversation"]
"""Selects the messages of one branch or of all branches."""
TreeFormat = Literal["flat", "nested"]
"""Which form of a tree a response contains."""


class CreateConversationRequest(TypedDict):
    """The title and the defaults of a new conversation."""

    title: str
    """Title of the conversation."""
    model: NotRequired[str | None]
    """Name of the default model of the conversation. Any name that the service accepts; currently gpt-5
    (used if no model is given), claude-opus-4-1, claude-opus-4, claude-opus-4-0, claude-sonnet-4-5,
    claude-sonnet-4-0, claude-3-7-sonnet-latest and claude-3-5-haiku-latest."""
    systemPrompt: NotRequired[str | None]
    """Instructions that are sent to the model before all messages."""
    temperature: NotRequired[float | None]
    """Default sampling temperature, 0 to 2."""
    maxTokens: NotRequired[int | None]
    """Default maximum length of a reply, in tokens."""


class UpdateConversationRequest(TypedDict, total=False):
    """The fields to change."""

    title: str | None
    """New title of the conversation."""
    model: str | None
    """New default model."""
    systemPrompt: str | None
    """New instructions for the model. The empty string removes them."""
    temperature: float | None
    """New default temperature, 0 to 2."""
    maxTokens: int | None
    """New default maximum length of a reply, in tokens."""


class SendMessageRequest(TypedDict):
    """A message to send, and options for the reply."""

    content: str
    """Text of the message."""
    model: NotRequired[str | None]
    """Name of the model that replies to this message. Defaults to the model of the conversation."""
    temperature: NotRequired[float | None]
    """Sampling temperature for this reply, 0 to 2. Defaults to the temperature of the conversation."""
    maxTokens: NotRequired[int | None]
    """Maximum length of this reply, in tokens. Defaults to the maximum of the conversation."""
    branchId: NotRequired[str | None]
    """Id of the branch to which the message is appended. Defaults to the main branch."""


class UpdateMessageRequest(TypedDict):
    """The new content of a message."""

    content: str
    """New text of the message."""


class CreateBranchRequest(TypedDict):
    """The title and the options of a new branch."""

    title: str
    """Title of the branch."""
    baseNodeId: NotRequired[str | None]
    """Id of the message after which the branch starts, or the id of the conversation to start before the
    first message. Defaults to the last message of the main branch."""
    description: NotRequired[str | None]
    """Description of the branch."""
    contextMode: NotRequired["ContextMode | None"]
    """Which inherited messages are sent to the model. Defaults to `FULL`."""


class ForkConversationRequest(TypedDict):
    """The message at which to fork, and the title of the new branch."""

    forkPointMessageId: str
    """Id of the message after which the branch starts."""
    title: str
    """Title of the branch."""
    contextMode: NotRequired["ContextMode | None"]
    """Which inherited messages are sent to the model. Defaults to `FULL`."""


class UpdateBranchRequest(TypedDict, total=False):
    """The fields to change."""

    title: str | None
    """New title of the branch."""
    description: str | None
    """New description of the branch. The empty string removes it."""
    contextMode: "ContextMode | None"
    """New context mode."""


class CreateCheckpointRequest(TypedDict):
    """The branch and the last message to summarize."""

    branchId: str
    """Id of the branch whose messages are summarized."""
    anchorMessageId: str
    """Id of the last message to summarize. The message must be visible on the branch."""


class SuggestBranchesRequest(TypedDict):
    """The text to analyze, and options for the detection."""

    text: str
    """Text in which branch points are searched."""
    suggestionsCount: NotRequired[int | None]
    """Maximum number of suggestions."""
    hybridDetection: NotRequired[bool | None]
    """Whether a language model is used in addition to the patterns."""
    threshold: NotRequired[float | None]
    """Minimum confidence of a suggestion, 0 to 1."""
    llmModel: NotRequired[str | None]
    """Name of the language model for hybrid detection. Chosen by the server if missing."""
    llmProvider: NotRequired[str | None]
    """Provider of the language model."""
    llmApiKey: NotRequired[str | None]
    """API key for the provider. It is used for this request only and is not stored."""


class Conversation(TypedDict):
    """A conversation."""

    id: str
    """Id of the conversation."""
    userId: str
    """Id of the account that owns the conversation."""
    title: str
    """Title of the conversation."""
    createdAt: str
    """Time of creation."""
    updatedAt: str
    """Time of the last change of the conversation, its branches or its messages."""
    model: NotRequired[str | None]
    """Name of the default model."""
    systemPrompt: NotRequired[str | None]
    """Instructions that are sent to the model before all messages."""
    temperature: NotRequired[float | None]
    """Default sampling temperature."""
    maxTokens: NotRequired[int | None]
    """Default maximum length of a reply, in tokens."""
    messages: NotRequired["list[Message]"]
    """Messages of the main branch, oldest first. Missing in lists."""
    branches: NotRequired["list[Branch]"]
    """All branches, the main branch first. Missing in lists."""


class Message(TypedDict):
    """A message of a conversation."""

    id: str
    """Id of the message."""
    conversationId: str
    """Id of the conversation."""
    role: Literal["user", "assistant", "system"] | str
    """Role of the author: `user`, `assistant` or `system`. More roles may be added."""
    content: str
    """Text of the message."""
    createdAt: str
    """Time at which the message was written."""
    branchId: NotRequired[str | None]
    """Id of the branch to which the message belongs."""
    parentMessageId: NotRequired[str | None]
    """Id of the message that this message follows: the one before it on the branch or, for the first own
    message of a branch, the one at the fork point. Null if the message follows no other message.
    Deleted messages are skipped, so the parent of a message changes if its parent is deleted."""
    tokenCount: NotRequired[int | None]
    """Length of the message, in tokens."""
    contentHash: NotRequired[str | None]
    """Hash of the message, as 64 hexadecimal digits. It changes if the content changes. Which fields it
    covers is not defined, so a client can compare two hashes but cannot compute one."""
    metadata: NotRequired["MessageMetadata | None"]
    """How the reply was generated."""


class MessageMetadata(TypedDict, total=False):
    """How a reply was generated. Any field may be missing. The names of the last four fields are in snake_case."""

    model: str | None
    """Name of the model that generated the reply."""
    temperature: float | None
    """Sampling temperature that was used."""
    maxTokens: int | None
    """Maximum length of the reply that was used, in tokens."""
    responseTime: float | None
    """Time that the model took to reply, in milliseconds."""
    finishReason: Literal["stop", "length", "cancelled"] | str | None
    """Reason why the reply ended: `stop` (the reply is complete), `length` (the reply reached maxTokens) or
    `cancelled` (the reply was stopped because no client followed it any more, and contains the text up to
    then, which may be empty). More reasons may be added."""
    cost: float | None
    """Cost of the reply, in US dollars. Missing if it is not known."""
    warning: str | None
    """A sentence about a probable mistake in the request, such as the misspelled name of a model. Missing if
    there is none."""
    mergedFrom: "MergeSource | None"
    """Source of the message if it was copied by a merge."""
    context_truncated: bool | None
    """Whether the model received fewer messages than are visible on the branch."""
    checkpoint_used: bool | None
    """Whether the summary of a checkpoint replaced older messages."""
    prompt_tokens: int | None
    """Length of the input of the model, in tokens."""
    context_message_count: int | None
    """Number of messages that the model received. The summary of a checkpoint counts as one message."""


class MergeSource(TypedDict):
    """The source of a message that was copied by a merge."""

    branchId: str
    """Id of the branch that was merged."""
    messageId: str
    """Id of the original message."""


class Branch(TypedDict):
    """A branch of a conversation."""

    id: str
    """Id of the branch."""
    conversationId: str
    """Id of the conversation."""
    title: str
    """Title of the branch."""
    isMain: bool
    """Whether the branch is the main branch of the conversation."""
    isActive: bool
    """Whether the branch accepts messages. False after a merge."""
    createdAt: str
    """Time of creation."""
    parentBranchId: NotRequired[str | None]
    """Id of the parent branch. Null for the main branch."""
    forkPointMessageId: NotRequired[str | None]
    """Id of the message after which the branch starts. Null for the main branch."""
    description: NotRequired[str | None]
    """Description of the branch."""
    contextMode: NotRequired[Literal["FULL", "PARTIAL", "MINIMAL"] | str | None]
    """Which inherited messages are sent to the model: a value of `ContextMode`. More modes may be added."""
    updatedAt: NotRequired[str | None]
    """Time of the last change of the branch."""
    messageCount: NotRequired[int | None]
    """Number of messages that are visible on the branch, including inherited messages."""
    _count: NotRequired["BranchCount | None"]
    """The numbers of objects that belong to the branch. Present in the tree of a conversation."""


class BranchCount(TypedDict, total=False):
    """The numbers of objects that belong to a branch."""

    messages: int
    """Number of the branch's own messages, without inherited messages."""


class ConversationTree(TypedDict):
    """A conversation as a tree of messages. Which fields are present depends on the parameter `format` and on
    the dialect. `tree` and `nodes` have the same messages. The compact dialect has `branches` and
    `mainBranch`, and may have none of `tree`, `nodes` and `metadata`."""

    conversation: "Conversation"
    """A conversation."""
    tree: "TreeNode"
    """A message and the messages that follow it. The root is the conversation."""
    metadata: "TreeMetadata"
    """The size of a tree."""
    nodes: NotRequired["list[FlatTreeNode]"]
    """The messages of all branches, without the root. Each message is followed by the messages below it, so
    a client can draw the tree line by line. The messages that follow one message are sorted from oldest
    to newest. `conversation.branches` has the branches to which they belong."""
    branches: NotRequired["list[BranchNode]"]
    """The branches that fork from no other branch, which is the main branch."""
    mainBranch: NotRequired["Branch"]
    """A branch of a conversation."""


class BranchNode(TypedDict):
    """A branch and the branches that fork from it."""

    branch: "Branch"
    """A branch of a conversation."""
    children: "list[BranchNode]"
    """The branches that fork from this branch, oldest first."""


class TreeNode(TypedDict):
    """A message and the messages that follow it. The root is the conversation."""

    id: str
    """Id of the message. At the root, id of the conversation."""
    content: str
    """Text of the message. At the root, title of the conversation."""
    role: Literal["user", "assistant", "system"] | str
    """Role of the author. At the root, `system`. More roles may be added."""
    children: "list[TreeNode]"
    """The messages that follow this message, oldest first. More than one if branches start here."""
    branchInfo: NotRequired["BranchInfo | None"]
    """The branch that starts with this message."""


class FlatTreeNode(TypedDict):
    """A message of a tree, with the id of the message that it follows."""

    id: str
    """Id of the message."""
    parentId: str | None
    """Id of the message that this message follows. Null if it follows no other message."""
    branchId: str
    """Id of the branch to which the message belongs."""
    depth: int
    """Number of messages from the root to this message, including it. It is 1 if `parentId` is null."""
    role: Literal["user", "assistant", "system"] | str
    """Role of the author: `user`, `assistant` or `system`. More roles may be added."""
    content: str
    """Text of the message."""


class BranchInfo(TypedDict, total=False):
    """A branch, as shown in a tree."""

    branchId: str
    """Id of the branch."""
    title: str
    """Title of the branch."""
    isMain: bool
    """Whether the branch is the main branch."""
    isActive: bool
    """Whether the branch accepts messages. False after a merge."""


class TreeMetadata(TypedDict):
    """The size of a tree."""

    totalNodes: int
    """Number of messages in the tree, without the root."""
    totalBranches: int
    """Number of branches of the conversation, including the main branch."""
    maxDepth: int
    """Number of messages on the longest path from the root to a leaf."""


class Checkpoint(TypedDict):
    """A summary that replaces the older messages of a branch in the context of the model. Some deployments
    spell `conversationId`, `branchId`, `anchorMessageId`, `tokenCount` and `createdAt` in camelCase. The
    fields with underscores are missing then. Both spellings have the same values."""

    id: str
    """Id of the checkpoint."""
    summary: str
    """Text of the summary."""
    conversation_id: str
    """Id of the conversation."""
    branch_id: str
    """Id of the branch."""
    anchor_message_id: str
    """Id of the last message that is summarized."""
    token_count: int
    """Length of the summary, in tokens."""
    created_at: str
    """Time at which the summary was created."""


class Usage(TypedDict):
    """The number of tokens that a reply used."""

    promptTokens: int
    """Length of the input of the model, in tokens."""
    completionTokens: int
    """Length of the reply, in tokens."""
    totalTokens: int
    """Sum of both lengths, in tokens."""
    estimated: NotRequired[bool]
    """True if the model reported no numbers, and the service estimated them. Missing otherwise."""


class BranchSuggestion(TypedDict):
    """A place in a text where a conversation could branch."""

    id: str
    """Id of the suggestion, unique within the response."""
    title: str
    """Title for the branch."""
    description: str
    """Subject of the branch."""
    triggerText: str
    """Words in the text that led to the suggestion."""
    branchPoint: "BranchPoint"
    """The position of the trigger in the text."""
    confidence: float
    """Confidence of the detection, 0 to 1."""
    reasoning: str
    """Reason for the suggestion."""
    estimatedDivergence: Literal["low", "medium", "high"] | str
    """How far the branch would diverge: `low`, `medium` or `high`. More values may be added."""


class BranchPoint(TypedDict):
    """The position of the trigger in the text."""

    start: int
    """Index of the first character, counted from 0 in Unicode code points."""
    end: int
    """Index after the last character."""


class SuggestionMetadata(TypedDict):
    """How the suggestions were found."""

    detectionMethod: Literal["pattern", "hybrid", "llm"] | str
    """Method that found the suggestions: `pattern`, `hybrid` or `llm`. More methods may be added."""
    totalBranchPointsFound: int
    """Number of branch points that were found, before the maximum number and the threshold were applied."""
    modelUsed: NotRequired[str | None]
    """Name of the language model, if one was used."""


class SuggestBranchesResponse(TypedDict):
    """The suggested branches."""

    suggestions: "list[BranchSuggestion]"
    """The suggestions, ordered by confidence, highest first."""
    metadata: "SuggestionMetadata"
    """How the suggestions were found."""


class HealthResponse(TypedDict):
    """The status of the branch suggestion service."""

    status: Literal["healthy"] | str
    """`healthy` if the service handles requests. More values may be added."""
    version: str
    """Version of the service."""
    service: str
    """Name of the service."""


class Model(TypedDict):
    """A model that is available."""

    id: str
    """Name of the model, for use in conversations and messages."""
    provider: str
    """Name of the provider."""
    isDefault: bool
    """Whether the model is used if no model is given."""


class SendMessageResponse(TypedDict):
    """The reply to a sent message, with the fields of both dialects. The documented dialect has `userMessage`
    and `assistantMessage`, the compact dialect has `message`, `usage` and `model`. A server may send the
    fields of both. The reply is `assistantMessage` or, if that is missing, `message`."""

    userMessage: "Message"
    """A message of a conversation."""
    assistantMessage: "Message"
    """A message of a conversation."""
    message: NotRequired["Message"]
    """A message of a conversation."""
    usage: NotRequired["Usage"]
    """The number of tokens that a reply used."""
    model: NotRequired[str]
    """Name of the model that generated the reply, in the compact dialect."""


class StreamChunk(TypedDict):
    """The `data` of one event, with the fields of both dialects. A server may send the fields of both.

    In the documented dialect, every event has `id`, `model`, `created` and `choices`. The text of the reply
    is the concatenation of `choices[0].delta.content`. The last event has a `finish_reason`, and may have
    `userMessage` and `assistantMessage`.

    In the compact dialect, every event has a `type`. An event of type `content` has the next part of the
    text as `content`, and its `model`. The event of type `complete` ends the reply and has `message`,
    `usage` and `model`.

    The `data` of an event named `error` is a `StreamError`. So is an object of type `error`, or with an
    `error` that is not empty, whatever the name of its event."""

    id: str
    """Id of the message that contains the reply. The same in every event of a reply."""
    model: str
    """Name of the model that generates the reply."""
    created: int
    """Time at which the reply started, in seconds since 1970."""
    choices: "list[StreamChunkChoice]"
    """The parts of the replies. Currently always one."""
    type: NotRequired[Literal["content", "complete"] | str]
    """Kind of the event, in the compact dialect."""
    content: NotRequired[str]
    """Next part of the text, in an event of type `content`."""
    userMessage: NotRequired["Message"]
    """A message of a conversation."""
    assistantMessage: NotRequired["Message"]
    """A message of a conversation."""
    message: NotRequired["Message"]
    """A message of a conversation."""
    usage: NotRequired["Usage"]
    """The number of tokens that a reply used."""


class StreamChunkChoice(TypedDict):
    """A part of one reply."""

    index: int
    """Index of the reply. Currently always 0."""
    delta: "StreamChunkDelta"
    """The content that the event adds to the reply."""
    finish_reason: NotRequired[Literal["stop", "length", "cancelled"] | str | None]
    """Reason why the reply ended, as in the metadata of the message (`finishReason`). Null, empty or missing
    until then."""


class StreamChunkDelta(TypedDict, total=False):
    """The content that the event adds to the reply."""

    content: str | None
    """Next part of the text."""
    role: Literal["assistant"] | str | None
    """Role of the author, in the first event of a reply."""


class StreamError(TypedDict, total=False):
    """An error that occurred after the stream had started. It is the last event. Any field may be missing."""

    type: Literal["error"] | str
    """Kind of the event, `error`."""
    error: str
    """Error code, as in `ErrorResponse`, such as `INTERNAL_ERROR`."""
    message: str
    """Description of the error, for people."""
    details: Any
    """Details of the error. Their form depends on the error code."""


class ConversationPage(TypedDict):
    """A page of a list of conversations."""

    conversations: "list[Conversation]"
    """The conversations on the page."""
    total: int
    """Number of conversations on all pages."""
    page: int
    """Number of the page, counted from 1."""
    limit: int
    """Maximum number of conversations on a page."""
    hasNext: NotRequired[bool]
    """Whether there is a next page. If the field is missing, there is a next page if `page` times `limit` is less than `total`."""


class ConversationResponse(TypedDict, total=False):
    """Response with a conversation."""

    success: bool
    """True if the request succeeded. False is an error, whatever the status of the response is."""
    data: "ConversationResponseData"
    """Contains the conversation."""


class ConversationListResponse(TypedDict, total=False):
    """Response with a page of conversations. The compact dialect has the fields of the page at the top level, beside `success`."""

    success: bool
    """True if the request succeeded. False is an error, whatever the status of the response is."""
    data: "ConversationPage"
    """A page of a list of conversations."""
    conversations: "list[Conversation]"
    """The conversations on the page, in the compact dialect."""
    total: int
    """Number of conversations on all pages, in the compact dialect."""
    page: int
    """Number of the page, in the compact dialect."""
    limit: int
    """Maximum number of conversations on a page, in the compact dialect."""
    hasNext: bool
    """Whether there is a next page, in the compact dialect."""


class ConversationTreeResponse(TypedDict, total=False):
    """Response with a conversation as a tree."""

    success: bool
    """True if the request succeeded. False is an error, whatever the status of the response is."""
    data: "ConversationTree"
    """A conversation as a tree of messages. Which fields are present depends on the parameter `format` and on
    the dialect. `tree` and `nodes` have the same messages. The compact dialect has `branches` and
    `mainBranch`, and may have none of `tree`, `nodes` and `metadata`."""


class MessageSentResponse(TypedDict, total=False):
    """Response with a reply, in either dialect."""

    success: bool
    """True if the request succeeded. False is an error, whatever the status of the response is."""
    data: "SendMessageResponse"
    """The reply to a sent message, with the fields of both dialects. The documented dialect has `userMessage`
    and `assistantMessage`, the compact dialect has `message`, `usage` and `model`. A server may send the
    fields of both. The reply is `assistantMessage` or, if that is missing, `message`."""


class MessageResponse(TypedDict, total=False):
    """Response with a message."""

    success: bool
    """True if the request succeeded. False is an error, whatever the status of the response is."""
    data: "MessageResponseData"
    """Contains the message."""


class MessageListResponse(TypedDict, total=False):
    """Response with a list of messages."""

    success: bool
    """True if the request succeeded. False is an error, whatever the status of the response is."""
    data: "MessageListResponseData"
    """Contains the messages."""


class BranchResponse(TypedDict, total=False):
    """Response with a branch."""

    success: bool
    """True if the request succeeded. False is an error, whatever the status of the response is."""
    data: "BranchResponseData"
    """Contains the branch."""


class BranchListResponse(TypedDict, total=False):
    """Response with a list of branches."""

    success: bool
    """True if the request succeeded. False is an error, whatever the status of the response is."""
    data: "BranchListResponseData"
    """Contains the branches."""


class CheckpointResponse(TypedDict, total=False):
    """Response with a checkpoint."""

    success: bool
    """True if the request succeeded. False is an error, whatever the status of the response is."""
    data: "CheckpointResponseData"
    """Contains the checkpoint."""


class CheckpointListResponse(TypedDict, total=False):
    """Response with a list of checkpoints."""

    success: bool
    """True if the request succeeded. False is an error, whatever the status of the response is."""
    data: "CheckpointListResponseData"
    """Contains the checkpoints."""


class SuggestBranchesEnvelope(TypedDict, total=False):
    """Response with suggested branches."""

    success: bool
    """True if the request succeeded. False is an error, whatever the status of the response is."""
    data: "SuggestBranchesResponse"
    """The suggested branches."""


class HealthEnvelope(TypedDict, total=False):
    """Response with the status of the branch suggestion service."""

    success: bool
    """True if the request succeeded. False is an error, whatever the status of the response is."""
    data: "HealthResponse"
    """The status of the branch suggestion service."""


class ModelListResponse(TypedDict, total=False):
    """Response with a list of models."""

    success: bool
    """True if the request succeeded. False is an error, whatever the status of the response is."""
    data: "ModelListResponseData"
    """Contains the models."""


class DeleteResponse(TypedDict, total=False):
    """Response to a delete."""

    success: bool
    """True if the request succeeded. False is an error, whatever the status of the response is."""


class ErrorResponse(TypedDict, total=False):
    """Response to a request that failed. Any field may be missing."""

    success: bool
    """Always false."""
    error: (
        Literal[
            "VALIDATION_ERROR",
            "UNAUTHORIZED",
            "FORBIDDEN",
            "NOT_FOUND",
            "METHOD_NOT_ALLOWED",
            "REQUEST_TIMEOUT",
            "CONFLICT",
            "IDEMPOTENCY_KEY_REUSED",
            "PAYLOAD_TOO_LARGE",
            "UNSUPPORTED_MEDIA_TYPE",
            "RATE_LIMITED",
            "QUOTA_EXCEEDED",
            "UPSTREAM_ERROR",
            "INTERNAL_ERROR",
            "SERVICE_UNAVAILABLE",
            "NOT_IMPLEMENTED",
        ]
        | str
    )
    """Error code, for programs. More codes may be added."""
    message: str
    """Description of the error, for people."""
    details: Any
    """Details of the error. Their form depends on the error code. For `VALIDATION_ERROR`, a list of fields."""
    retryAfter: float
    """Time to wait before the next attempt, in seconds."""


class ConversationResponseData(TypedDict, total=False):
    """Contains the conversation."""

    conversation: "Conversation"
    """A conversation."""


class MessageResponseData(TypedDict, total=False):
    """Contains the message."""

    message: "Message"
    """A message of a conversation."""


class MessageListResponseData(TypedDict, total=False):
    """Contains the messages."""

    messages: "list[Message]"
    """The messages, oldest first."""
    nextCursor: str | None
    """Value of `cursor` for the next page. Missing or null if there is none, and if the service does
    not support pages."""


class BranchResponseData(TypedDict, total=False):
    """Contains the branch."""

    branch: "Branch"
    """A branch of a conversation."""


class BranchListResponseData(TypedDict, total=False):
    """Contains the branches."""

    branches: "list[Branch]"
    """The branches, the main branch first."""
    nextCursor: str | None
    """Value of `cursor` for the next page. Missing or null if there is none, and if the service does
    not support pages."""


class CheckpointResponseData(TypedDict, total=False):
    """Contains the checkpoint."""

    checkpoint: "Checkpoint"
    """A summary that replaces the older messages of a branch in the context of the model. Some deployments
    spell `conversationId`, `branchId`, `anchorMessageId`, `tokenCount` and `createdAt` in camelCase. The
    fields with underscores are missing then. Both spellings have the same values."""


class CheckpointListResponseData(TypedDict, total=False):
    """Contains the checkpoints."""

    checkpoints: "list[Checkpoint]"
    """The checkpoints, oldest first."""
    nextCursor: str | None
    """Value of `cursor` for the next page. Missing or null if there is none, and if the service does
    not support pages."""


class ModelListResponseData(TypedDict, total=False):
    """Contains the models."""

    models: "list[Model]"
    """The models."""


class ListConversationsParams(TypedDict, total=False):
    """Query parameters of `list_conversations`."""

    page: int
    """Number of the page, counted from 1."""
    limit: int
    """Maximum number of conversations on a page."""
    filter: "ConversationFilter"
    """Which conversations a list contains."""


class GetConversationTreeParams(TypedDict, total=False):
    """Query parameters of `get_conversation_tree`."""

    format: "TreeFormat"
    """Which form of a tree a response contains."""


class ListMessagesParams(TypedDict, total=False):
    """Query parameters of `list_messages`."""

    branchId: str
    """Id of the branch to which the list is limited."""
    scope: "MessageScope"
    """Selects the messages of one branch or of all branches."""
    limit: int
    """Maximum number of objects in the response. Without it, the response has all of them."""
    cursor: str
    """`nextCursor` of the previous response of the same list: the response continues after it. Objects that
    are added or deleted between two requests neither repeat nor hide other objects. An invalid cursor, or
    one of another list, is rejected with 400. Without it, the response starts at the beginning."""


StreamMessageHeaders = TypedDict(
    "StreamMessageHeaders",
    {
        "Last-Event-ID": str,
    },
    total=False,
)
"""Headers of `stream_message`."""


class ListBranchesParams(TypedDict, total=False):
    """Query parameters of `list_branches`."""

    limit: int
    """Maximum number of objects in the response. Without it, the response has all of them."""
    cursor: str
    """`nextCursor` of the previous response of the same list: the response continues after it. Objects that
    are added or deleted between two requests neither repeat nor hide other objects. An invalid cursor, or
    one of another list, is rejected with 400. Without it, the response starts at the beginning."""


class ListBranchMessagesParams(TypedDict, total=False):
    """Query parameters of `list_branch_messages`."""

    limit: int
    """Maximum number of objects in the response. Without it, the response has all of them."""
    cursor: str
    """`nextCursor` of the previous response of the same list: the response continues after it. Objects that
    are added or deleted between two requests neither repeat nor hide other objects. An invalid cursor, or
    one of another list, is rejected with 400. Without it, the response starts at the beginning."""


class ListCheckpointsParams(TypedDict, total=False):
    """Query parameters of `list_checkpoints`."""

    branchId: str
    """Id of the branch to which the list is limited."""
    limit: int
    """Maximum number of objects in the response. Without it, the response has all of them."""
    cursor: str
    """`nextCursor` of the previous response of the same list: the response continues after it. Objects that
    are added or deleted between two requests neither repeat nor hide other objects. An invalid cursor, or
    one of another list, is rejected with 400. Without it, the response starts at the beginning."""


EmptyRequest = dict[str, Any]
"""An empty object. The body may also be left out."""


def add_pydantic_schemas(namespace: dict[str, Any]) -> None:
    """Let pydantic read the TypedDicts of a module.

    On Python 3.11, pydantic rejects the TypedDicts of `typing`. It then reads copies that are made with
    typing_extensions, which is a dependency of pydantic.
    """
    if sys.version_info < (3, 12):
        for value in namespace.values():
            if is_typeddict(value):
                value.__get_pydantic_core_schema__ = _pydantic_schema


def _pydantic_schema(source: Any, handler: Any) -> Any:
    return handler(_copy_for_pydantic(source))


@cache
def _copy_for_pydantic(typed_dict: Any) -> Any:
    import typing_extensions

    make: Any = typing_extensions.TypedDict
    copy = make(typed_dict.__name__, typed_dict.__annotations__, total=typed_dict.__total__)
    copy.__module__, copy.__doc__ = typed_dict.__module__, typed_dict.__doc__
    return copy


add_pydantic_schemas(globals())
