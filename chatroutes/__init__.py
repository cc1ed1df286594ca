"""Python SDK of the ChatRoutes API: conversations with many models, with branches like those of git.

Each name is imported when it is first used, so that importing this package is fast.
"""

from typing import TYPE_CHECKING

from ._version import __version__

if TYPE_CHECKING:
    from ._async.batch import AsyncBatch
    from ._async.client import AsyncChatRoutes
    from ._async.comparison import AsyncComparisonStream
    from ._async.stream import AsyncMessageStream
    from ._async.streaming_response import AsyncStreamingResponse
    from ._batch import BatchProgress, BatchResult
    from ._comparison import ComparisonResult
    from ._openapi import openapi_path
    from ._raw_response import RawResponse
    from ._regeneration import RegenerationResult
    from ._request_options import RequestOptions, StreamOptions
    from ._results import request_id
    from ._search import SearchResult
    from ._sync.batch import Batch
    from ._sync.client import ChatRoutes
    from ._sync.comparison import ComparisonStream
    from ._sync.stream import MessageStream
    from ._sync.streaming_response import StreamingResponse
    from .errors import (
        AuthenticationError,
        ChatRoutesError,
        ConflictError,
        NetworkError,
        NotFoundError,
        PermissionDeniedError,
        RateLimitError,
        RequestTimeoutError,
        ResponseError,
        ServerError,
        StreamInterruptedError,
        UnknownFieldWarning,
        ValidationError,
    )
    from .events import (
        ComparisonEvent,
        DoneEvent,
        ErrorEvent,
        ReplyEvent,
        TextEvent,
        UnknownEvent,
        UsageEvent,
    )
    from .exports import ConversationExport, ExportProgress
    from .types import (
        Branch,
        BranchCount,
        BranchInfo,
        BranchNode,
        BranchPoint,
        BranchSuggestion,
        Checkpoint,
        CheckpointCreateRequest,
        CheckpointListResponse,
        CompletedMessage,
        ContextMode,
        Conversation,
        ConversationFilter,
        ConversationTree,
        CreateBranchRequest,
        CreateConversationRequest,
        FlatTreeNode,
        ForkConversationRequest,
        HealthResponse,
        ListBranchesParams,
        ListBranchMessagesParams,
        ListConversationsParams,
        MergeSource,
        Message,
        MessageMetadata,
        Model,
        PaginatedResponse,
        SendMessageRequest,
        SendMessageResponse,
        StreamChunk,
        StreamChunkChoice,
        StreamChunkDelta,
        SuggestBranchesRequest,
        SuggestBranchesResponse,
        SuggestionMetadata,
        TreeMetadata,
        TreeNode,
        UpdateBranchRequest,
        UpdateConversationRequest,
        Usage,
    )

__all__ = [
    "AsyncBatch",
    "AsyncChatRoutes",
    "AsyncComparisonStream",
    "AsyncMessageStream",
    "AsyncStreamingResponse",
    "AuthenticationError",
    "Batch",
    "BatchProgress",
    "BatchResult",
    "Branch",
    "BranchCount",
    "BranchInfo",
    "BranchNode",
    "BranchPoint",
    "BranchSuggestion",
    "ChatRoutes",
    "ChatRoutesError",
    "Checkpoint",
    "CheckpointCreateRequest",
    "CheckpointListResponse",
    "ComparisonEvent",
    "ComparisonResult",
    "ComparisonStream",
    "CompletedMessage",
    "ConflictError",
    "ContextMode",
    "Conversation",
    "ConversationExport",
    "ConversationFilter",
    "ConversationTree",
    "CreateBranchRequest",
    "CreateConversationRequest",
    "DoneEvent",
    "ErrorEvent",
    "ExportProgress",
    "FlatTreeNode",
    "ForkConversationRequest",
    "HealthResponse",
    "ListBranchMessagesParams",
    "ListBranchesParams",
    "ListConversationsParams",
    "MergeSource",
    "Message",
    "MessageMetadata",
    "MessageStream",
    "Model",
    "NetworkError",
    "NotFoundError",
    "PaginatedResponse",
    "PermissionDeniedError",
    "RateLimitError",
    "RawResponse",
    "RegenerationResult",
    "ReplyEvent",
    "RequestOptions",
    "RequestTimeoutError",
    "ResponseError",
    "SearchResult",
    "SendMessageRequest",
    "SendMessageResponse",
    "ServerError",
    "StreamChunk",
    "StreamChunkChoice",
    "StreamChunkDelta",
    "StreamInterruptedError",
    "StreamOptions",
    "StreamingResponse",
    "SuggestBranchesRequest",
    "SuggestBranchesResponse",
    "SuggestionMetadata",
    "TextEvent",
    "TreeMetadata",
    "TreeNode",
    "UnknownEvent",
    "UnknownFieldWarning",
    "UpdateBranchRequest",
    "UpdateConversationRequest",
    "Usage",
    "UsageEvent",
    "ValidationError",
    "__version__",
    "openapi_path",
    "request_id",
]

_SUBMODULES = (
    "client",
    "errors",
    "events",
    "exceptions",
    "exports",
    "http_client",
    "imports",
    "models",
    "resources",
    "telemetry",
    "trees",
    "types",
)
_MODULE_BY_NAME = {
    "AsyncBatch": "_async.batch",
    "AsyncChatRoutes": "_async.client",
    "AsyncComparisonStream": "_async.comparison",
    "AsyncMessageStream": "_async.stream",
    "AsyncStreamingResponse": "_async.streaming_response",
    "Batch": "_sync.batch",
    "BatchProgress": "_batch",
    "BatchResult": "_batch",
    "ChatRoutes": "_sync.client",
    "ComparisonResult": "_comparison",
    "ComparisonStream": "_sync.comparison",
    "ConversationExport": "exports",
    "ExportProgress": "exports",
    "MessageStream": "_sync.stream",
    "RawResponse": "_raw_response",
    "RegenerationResult": "_regeneration",
    "RequestOptions": "_request_options",
    "SearchResult": "_search",
    "StreamOptions": "_request_options",
    "StreamingResponse": "_sync.streaming_response",
    "openapi_path": "_openapi",
    "request_id": "_results",
}

if not TYPE_CHECKING:  # with __getattr__, a type checker would accept every name

    def __getattr__(name: str) -> object:
        import importlib

        if name in _SUBMODULES:
            return importlib.import_module(f".{name}", __name__)
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        module = _MODULE_BY_NAME.get(name) or (
            "errors"
            if name.endswith(("Error", "Warning"))
            else "events" if name.endswith("Event") else "types"
        )
        value = globals()[name] = getattr(importlib.import_module(f".{module}", __name__), name)
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *_SUBMODULES, *__all__})
