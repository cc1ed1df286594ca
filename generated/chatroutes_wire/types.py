# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The objects of the contract as TypedDicts: what `json.loads` gives, with names and types."""

from typing import Any, Literal, TypedDict


class Unset:
    """The type of `UNSET`: a property that an object does not have, as opposed to one that is null."""

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNSET"


UNSET = Unset()

ContextMode = Literal["FULL", "MINIMAL", "PARTIAL"]
"""How much of the inherited messages a model is given: `FULL` all of them, `PARTIAL` the last ten,
`MINIMAL` the fork point alone."""
ConversationFilter = Literal["all", "owned", "shared"]
"""Which conversations a list holds."""


class _CreateConversationRequestRequired(TypedDict):
    title: str
    """Name of the conversation, as people see it."""


class CreateConversationRequest(_CreateConversationRequestRequired, total=False):
    """What a new conversation is made from."""

    model: str | None
    """Name of the model that answers by default. Any name that the service serves; today gpt-5 (the
    default), claude-opus-4-1, claude-opus-4, claude-opus-4-0, claude-sonnet-4-5, claude-sonnet-4-0,
    claude-3-7-sonnet-latest and claude-3-5-haiku-latest."""
    systemPrompt: str | None
    """Instructions that the model is given before all messages."""
    temperature: float | None
    """Sampling temperature by default, 0 to 2."""
    maxTokens: int | None
    """Longest reply by default, in tokens."""


class UpdateConversationRequest(TypedDict, total=False):
    """The fields to change."""

    title: str | None
    """New name of the conversation."""
    model: str | None
    """New default model."""
    systemPrompt: str | None
    """New instructions; the empty string removes them."""
    temperature: float | None
    """New default temperature, 0 to 2."""
    maxTokens: int | None
    """New default for the longest reply, in tokens."""


class _SendMessageRequestRequired(TypedDict):
    content: str
    """Text of the message."""


class SendMessageRequest(_SendMessageRequestRequired, total=False):
    """A message to send, and how it is to be answered."""

    model: str | None
    """Name of the model that answers this message; else the conversation's."""
    temperature: float | None
    """Sampling temperature for this reply, 0 to 2; else the conversation's."""
    maxTokens: int | None
    """Longest reply to this message, in tokens; else the conversation's."""
    branchId: str | None
    """Id of the branch to send to; else the main branch."""


class UpdateMessageRequest(TypedDict):
    """The new content of a message."""

    content: str
    """New text of the message."""


class _CreateBranchRequestRequired(TypedDict):
    title: str
    """Name of the branch."""


class CreateBranchRequest(_CreateBranchRequestRequired, total=False):
    """What a new branch is made from."""

    baseNodeId: str | None
    """Id of the message after which the branch begins; else the last one of the main branch."""
    description: str | None
    """What the branch is for."""
    contextMode: "ContextMode | None"
    """How much of the inherited messages a model is given; `FULL` if left out."""


class _ForkConversationRequestRequired(TypedDict):
    forkPointMessageId: str
    """Id of the message after which the branch begins."""
    title: str
    """Name of the branch."""


class ForkConversationRequest(_ForkConversationRequestRequired, total=False):
    """Where to fork, and the name of the new branch."""

    contextMode: "ContextMode | None"
    """How much of the inherited messages a model is given; `FULL` if left out."""


class UpdateBranchRequest(TypedDict, total=False):
    """The fields to change."""

    title: str | None
    """New name of the branch."""
    description: str | None
    """New description; the empty string removes it."""
    contextMode: "ContextMode | None"
    """New context mode."""


class CreateCheckpointRequest(TypedDict):
    """Up to where to summarise."""

    branchId: str
    """Id of the branch whose context is summarised."""
    anchorMessageId: str
    """Id of the last message that the summary stands for; the branch must see it."""


class _SuggestBranchesRequestRequired(TypedDict):
    text: str
    """The text in which to look for branch points."""


class SuggestBranchesRequest(_SuggestBranchesRequestRequired, total=False):
    """The text to look at, and how."""

    suggestionsCount: int
    """How many suggestions to give at the most."""
    hybridDetection: bool
    """Whether a language model is asked besides the patterns."""
    threshold: float
    """Least confidence of a suggestion, 0 to 1."""
    llmModel: str | None
    """Name of the language model for hybrid detection; else the server chooses."""
    llmProvider: str | None
    """Provider of that model."""
    llmApiKey: str | None
    """Key for that provider; used for this request and not stored."""


class EmptyRequest(TypedDict, total=False):
    """An empty object; the body may be left out as well."""


class _ConversationRequired(TypedDict):
    id: str
    """Id of the conversation."""
    userId: str
    """Id of the account that owns it."""
    title: str
    """Name of the conversation."""
    createdAt: str
    """When it was created."""
    updatedAt: str
    """When anything in it changed last."""


class Conversation(_ConversationRequired, total=False):
    """A conversation."""

    model: str | None
    """Model that answers by default."""
    systemPrompt: str | None
    """Instructions that the model is given before all messages."""
    temperature: float | None
    """Sampling temperature by default."""
    maxTokens: int | None
    """Longest reply by default, in tokens."""
    messages: "list[Message]"
    """Messages of the main branch, oldest first; left out of lists."""
    branches: "list[Branch]"
    """All branches, the main one first; left out of lists."""


class _MessageRequired(TypedDict):
    id: str
    """Id of the message."""
    conversationId: str
    """Id of its conversation."""
    role: Literal["user", "assistant", "system"] | str
    """Who wrote it. Today `user`, `assistant` or `system`; new roles may come."""
    content: str
    """Its text."""
    createdAt: str
    """When it was written."""


class Message(_MessageRequired, total=False):
    """A message of a conversation."""

    branchId: str | None
    """Id of the branch that it was written on."""
    tokenCount: int | None
    """Its length in tokens."""
    contentHash: str | None
    """SHA-256 of the content in UTF-8, as 64 hexadecimal digits."""
    metadata: "MessageMetadata | None"
    """How a reply came about."""


class MessageMetadata(TypedDict, total=False):
    """How a reply came about. Any of it may be missing; the last four are spelled in snake_case."""

    model: str | None
    """Model that answered."""
    temperature: float | None
    """Sampling temperature that was used."""
    maxTokens: int | None
    """Limit on the reply that was used, in tokens."""
    responseTime: float | None
    """How long the reply took, in milliseconds."""
    finishReason: Literal["stop", "length", "cancelled"] | str | None
    """Why the reply ended, such as `stop` (it was done), `length` (it reached maxTokens) or `cancelled`
    (its reader went away)."""
    cost: float | None
    """What the reply cost, in US dollars."""
    mergedFrom: "MergeSource | None"
    """Source of a message that a merge copied."""
    context_truncated: bool | None
    """Whether the model was given less than all that the branch sees."""
    checkpoint_used: bool | None
    """Whether a checkpoint's summary stood in for older messages."""
    prompt_tokens: int | None
    """Length of what the model was given, in tokens."""
    context_message_count: int | None
    """How many messages the model was given; a checkpoint's summary counts as one."""


class MergeSource(TypedDict):
    """Where a merged message was copied from."""

    branchId: str
    """Id of the branch that was merged."""
    messageId: str
    """Id of the message that was copied."""


class _BranchRequired(TypedDict):
    id: str
    """Id of the branch."""
    conversationId: str
    """Id of its conversation."""
    title: str
    """Name of the branch."""
    isMain: bool
    """Whether it is the conversation's main branch."""
    isActive: bool
    """Whether it takes messages; false after a merge."""
    createdAt: str
    """When it was created."""


class Branch(_BranchRequired, total=False):
    """A branch of a conversation."""

    parentBranchId: str | None
    """Id of the branch that it forks from; null for the main branch."""
    forkPointMessageId: str | None
    """Id of the message after which it begins; null for the main branch."""
    description: str | None
    """What the branch is for."""
    contextMode: Literal["FULL", "PARTIAL", "MINIMAL"] | str | None
    """How much of the inherited messages a model is given. Today one of `ContextMode`; new modes may come."""
    updatedAt: str | None
    """When anything in it changed last."""
    messageCount: int | None
    """How many messages the branch sees, inherited ones included."""


class ConversationTree(TypedDict):
    """A conversation as a tree of messages."""

    conversation: "Conversation"
    """A conversation."""
    tree: "TreeNode"
    """A message and those that follow it; at the root, the conversation itself."""
    metadata: "TreeMetadata"
    """Size of a tree."""


class _TreeNodeRequired(TypedDict):
    id: str
    """Id of the message; at the root, of the conversation."""
    content: str
    """Text of the message; at the root, the title."""
    role: Literal["user", "assistant", "system"] | str
    """Who wrote it. New roles may come."""
    children: "list[TreeNode]"
    """The messages that follow it, oldest first. More than one where branches part."""


class TreeNode(_TreeNodeRequired, total=False):
    """A message and those that follow it; at the root, the conversation itself."""

    branchInfo: "BranchInfo | None"
    """The branch that begins with this message."""


class BranchInfo(TypedDict, total=False):
    """What a tree says of a branch."""

    branchId: str
    """Id of the branch."""
    title: str
    """Name of the branch."""
    isMain: bool
    """Whether it is the main branch."""
    isActive: bool
    """Whether it takes messages; false after a merge."""


class TreeMetadata(TypedDict):
    """Size of a tree."""

    totalNodes: int
    """How many messages the tree holds; the root does not count."""
    totalBranches: int
    """How many branches the conversation has, the main one included."""
    maxDepth: int
    """How many messages the longest way from the root to a leaf holds."""


class Checkpoint(TypedDict):
    """A summary that stands in for the older part of a branch. Some deployments spell these fields in camelCase
    (`conversationId`, `branchId`, `anchorMessageId`, `tokenCount`, `createdAt`)."""

    id: str
    """Id of the checkpoint."""
    summary: str
    """The summary."""
    conversation_id: str
    """Id of its conversation."""
    branch_id: str
    """Id of its branch."""
    anchor_message_id: str
    """Id of the last message that the summary stands for."""
    token_count: int
    """Length of the summary, in tokens."""
    created_at: str
    """When the summary was made."""


class Usage(TypedDict):
    """Tokens that a reply used."""

    promptTokens: int
    """Length of what the model was given, in tokens."""
    completionTokens: int
    """Length of the reply, in tokens."""
    totalTokens: int
    """Both together."""


class BranchSuggestion(TypedDict):
    """A place at which a text could branch."""

    id: str
    """Id of the suggestion within this answer."""
    title: str
    """A title for the branch."""
    description: str
    """Where the branch would lead."""
    triggerText: str
    """The words that suggest it."""
    branchPoint: "BranchPoint"
    """The place of the trigger in the text."""
    confidence: float
    """How sure the detection is, 0 to 1."""
    reasoning: str
    """Why it is suggested."""
    estimatedDivergence: Literal["low", "medium", "high"] | str
    """How far the branch would lead away. Today `low`, `medium` or `high`; new values may come."""


class BranchPoint(TypedDict):
    """The place of the trigger in the text."""

    start: int
    """Index of its first character, counted from 0 in Unicode code points."""
    end: int
    """Index after its last character."""


class _SuggestionMetadataRequired(TypedDict):
    detectionMethod: Literal["pattern", "hybrid", "llm"] | str
    """What found them. Today `pattern`, `hybrid` or `llm`; new values may come."""
    totalBranchPointsFound: int
    """How many branch points were found before the count and the threshold cut them down."""


class SuggestionMetadata(_SuggestionMetadataRequired, total=False):
    """How the suggestions were found."""

    modelUsed: str | None
    """The language model that was asked, if one was."""


class SuggestBranchesResponse(TypedDict):
    """Suggested branches."""

    suggestions: "list[BranchSuggestion]"
    """The suggestions, the most confident first."""
    metadata: "SuggestionMetadata"
    """How the suggestions were found."""


class HealthResponse(TypedDict):
    """State of the suggestion service."""

    status: Literal["healthy"] | str
    """`healthy` when it answers requests."""
    version: str
    """Version of the service."""
    service: str
    """Name of the service."""


class Model(TypedDict):
    """A model that answers."""

    id: str
    """Its name, as a conversation or a message names it."""
    provider: str
    """Who provides it."""
    isDefault: bool
    """Whether it answers where no model is named."""


class _SendMessageResponseRequired(TypedDict):
    userMessage: "Message"
    """A message of a conversation."""
    assistantMessage: "Message"
    """A message of a conversation."""


class SendMessageResponse(_SendMessageResponseRequired, total=False):
    """The message that was sent and the reply to it, as documented. A server that speaks both dialects adds
    the compact fields."""

    message: "Message"
    """A message of a conversation."""
    usage: "Usage"
    """Tokens that a reply used."""
    model: str
    """Model that answered."""


class _CompactSendMessageResponseRequired(TypedDict):
    message: "Message"
    """A message of a conversation."""


class CompactSendMessageResponse(_CompactSendMessageResponseRequired, total=False):
    """The reply to a message in the compact dialect."""

    usage: "Usage"
    """Tokens that a reply used."""
    model: str
    """Model that answered."""


class _StreamChunkRequired(TypedDict):
    id: str
    """Id of the reply, which is the id of its message; the same in every chunk of it."""
    model: str
    """Model that answers."""
    created: int
    """When the reply began, in seconds since 1970."""
    choices: "list[StreamChunkChoice]"
    """The pieces; one today."""


class StreamChunk(_StreamChunkRequired, total=False):
    """A piece of a reply, as documented. The text so far is all `choices[0].delta.content` joined. A server
    that speaks both dialects adds the compact fields."""

    type: Literal["content", "complete"] | str
    """Kind of the chunk in the compact dialect."""
    content: str
    """The piece of text again, in a chunk of type `content`."""
    userMessage: "Message"
    """A message of a conversation."""
    assistantMessage: "Message"
    """A message of a conversation."""
    message: "Message"
    """A message of a conversation."""
    usage: "Usage"
    """Tokens that a reply used."""


class _StreamChunkChoiceRequired(TypedDict):
    index: int
    """Which of the replies; 0 today."""
    delta: "StreamChunkDelta"
    """What this chunk adds."""


class StreamChunkChoice(_StreamChunkChoiceRequired, total=False):
    """A piece of one reply."""

    finish_reason: Literal["stop", "length", "cancelled"] | str | None
    """Why the reply ended; null or missing until it has."""


class StreamChunkDelta(TypedDict, total=False):
    """What this chunk adds."""

    content: str | None
    """The next piece of the text."""
    role: Literal["assistant"] | str | None
    """Role of the reply, in its first chunk."""


class _ContentChunkRequired(TypedDict):
    type: Literal["content"]
    """Always `content`."""
    content: str
    """The next piece of the text."""


class ContentChunk(_ContentChunkRequired, total=False):
    """A piece of a reply in the compact dialect."""

    model: str
    """Model that answers."""


class _CompleteChunkRequired(TypedDict):
    type: Literal["complete"]
    """Always `complete`."""
    message: "Message"
    """A message of a conversation."""


class CompleteChunk(_CompleteChunkRequired, total=False):
    """The end of a reply in the compact dialect."""

    usage: "Usage"
    """Tokens that a reply used."""
    model: str
    """Model that answered."""


class _ErrorChunkRequired(TypedDict):
    type: Literal["error"]
    """Always `error`."""


class ErrorChunk(_ErrorChunkRequired, total=False):
    """What went wrong after the stream had begun; nothing comes after it. The event may be named `error`."""

    error: str
    """Code of the error, such as `INTERNAL_ERROR`."""
    message: str
    """What went wrong, in a sentence."""
    details: Any
    """More about it; its form depends on the code."""


class _ConversationPageRequired(TypedDict):
    conversations: "list[Conversation]"
    """The conversations of this page."""
    total: int
    """How many conversations there are on all pages."""
    page: int
    """Which page this is, counted from 1."""
    limit: int
    """How many conversations a page holds at the most."""


class ConversationPage(_ConversationPageRequired, total=False):
    """One page of a list of conversations."""

    hasNext: bool
    """Whether there is a page after this one; where it is missing, there is one if `page` times `limit` is less than `total`."""


class ConversationResponse(TypedDict):
    """Envelope of a conversation."""

    success: bool
    """True; false means a failure, whatever the status says."""
    data: "ConversationResponseData"
    """Holds the conversation."""


class _ConversationListResponseRequired(TypedDict):
    success: bool
    """True; false means a failure, whatever the status says."""


class ConversationListResponse(_ConversationListResponseRequired, total=False):
    """Envelope of a page of conversations. The compact dialect puts the page's fields beside `success`."""

    data: "ConversationPage"
    """One page of a list of conversations."""
    conversations: "list[Conversation]"
    """The conversations of this page, in the compact dialect."""
    total: int
    """How many conversations there are on all pages, in the compact dialect."""
    page: int
    """Which page this is, in the compact dialect."""
    limit: int
    """How many conversations a page holds at the most, in the compact dialect."""
    hasNext: bool
    """Whether there is a page after this one, in the compact dialect."""


class ConversationTreeResponse(TypedDict):
    """Envelope of a tree."""

    success: bool
    """True; false means a failure, whatever the status says."""
    data: "ConversationTree"
    """A conversation as a tree of messages."""


class MessageSentResponse(TypedDict):
    """Envelope of a reply, in either dialect."""

    success: bool
    """True; false means a failure, whatever the status says."""
    data: "SendMessageResponse | CompactSendMessageResponse"
    """The reply; what a message sent is answered with."""


class MessageResponse(TypedDict):
    """Envelope of a message."""

    success: bool
    """True; false means a failure, whatever the status says."""
    data: "MessageResponseData"
    """Holds the message."""


class MessageListResponse(TypedDict):
    """Envelope of messages."""

    success: bool
    """True; false means a failure, whatever the status says."""
    data: "MessageListResponseData"
    """Holds the messages."""


class BranchResponse(TypedDict):
    """Envelope of a branch."""

    success: bool
    """True; false means a failure, whatever the status says."""
    data: "BranchResponseData"
    """Holds the branch."""


class BranchListResponse(TypedDict):
    """Envelope of branches."""

    success: bool
    """True; false means a failure, whatever the status says."""
    data: "BranchListResponseData"
    """Holds the branches."""


class CheckpointResponse(TypedDict):
    """Envelope of a checkpoint."""

    success: bool
    """True; false means a failure, whatever the status says."""
    data: "CheckpointResponseData"
    """Holds the checkpoint."""


class CheckpointListResponse(TypedDict):
    """Envelope of checkpoints."""

    success: bool
    """True; false means a failure, whatever the status says."""
    data: "CheckpointListResponseData"
    """Holds the checkpoints."""


class SuggestBranchesEnvelope(TypedDict):
    """Envelope of suggestions."""

    success: bool
    """True; false means a failure, whatever the status says."""
    data: "SuggestBranchesResponse"
    """Suggested branches."""


class HealthEnvelope(TypedDict):
    """Envelope of the suggestion service's state."""

    success: bool
    """True; false means a failure, whatever the status says."""
    data: "HealthResponse"
    """State of the suggestion service."""


class ModelListResponse(TypedDict):
    """Envelope of models."""

    success: bool
    """True; false means a failure, whatever the status says."""
    data: "ModelListResponseData"
    """Holds the models."""


class DeleteResponse(TypedDict):
    """Answer to a delete."""

    success: bool
    """True; false means a failure, whatever the status says."""


class ErrorResponse(TypedDict, total=False):
    """Answer to a request that failed. Any field may be missing."""

    success: bool
    """False."""
    error: (
        Literal[
            "VALIDATION_ERROR",
            "UNAUTHORIZED",
            "NOT_FOUND",
            "METHOD_NOT_ALLOWED",
            "CONFLICT",
            "PAYLOAD_TOO_LARGE",
            "UNSUPPORTED_MEDIA_TYPE",
            "RATE_LIMITED",
            "UPSTREAM_ERROR",
            "INTERNAL_ERROR",
            "NOT_IMPLEMENTED",
        ]
        | str
    )
    """Code of the error, for programs. New codes may come."""
    message: str
    """What went wrong, in a sentence, for people."""
    details: Any
    """More about it; its form depends on the code. For `VALIDATION_ERROR`, a list of fields."""
    retryAfter: float
    """How long to wait before the next try, in seconds."""


class ConversationResponseData(TypedDict):
    """Holds the conversation."""

    conversation: "Conversation"
    """A conversation."""


class MessageResponseData(TypedDict):
    """Holds the message."""

    message: "Message"
    """A message of a conversation."""


class MessageListResponseData(TypedDict):
    """Holds the messages."""

    messages: "list[Message]"
    """The messages, oldest first."""


class BranchResponseData(TypedDict):
    """Holds the branch."""

    branch: "Branch"
    """A branch of a conversation."""


class BranchListResponseData(TypedDict):
    """Holds the branches."""

    branches: "list[Branch]"
    """The branches, the main one first."""


class CheckpointResponseData(TypedDict):
    """Holds the checkpoint."""

    checkpoint: "Checkpoint"
    """A summary that stands in for the older part of a branch. Some deployments spell these fields in camelCase
    (`conversationId`, `branchId`, `anchorMessageId`, `tokenCount`, `createdAt`)."""


class CheckpointListResponseData(TypedDict):
    """Holds the checkpoints."""

    checkpoints: "list[Checkpoint]"
    """The checkpoints, oldest first."""


class ModelListResponseData(TypedDict):
    """Holds the models."""

    models: "list[Model]"
    """The models."""


class ListConversationsParams(TypedDict, total=False):
    """Query parameters of `list_conversations`."""

    page: int
    limit: int
    filter: "ConversationFilter"
    """Which conversations a list holds."""


class ListMessagesParams(TypedDict, total=False):
    """Query parameters of `list_messages`."""

    branchId: str


class ListCheckpointsParams(TypedDict, total=False):
    """Query parameters of `list_checkpoints`."""

    branchId: str
