# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The objects of the contract as attrs classes. Times are datetimes."""

from .branch import Branch
from .branch_count import BranchCount
from .branch_info import BranchInfo
from .branch_list_response import BranchListResponse
from .branch_list_response_data import BranchListResponseData
from .branch_node import BranchNode
from .branch_point import BranchPoint
from .branch_response import BranchResponse
from .branch_response_data import BranchResponseData
from .branch_suggestion import BranchSuggestion
from .checkpoint import Checkpoint
from .checkpoint_list_response import CheckpointListResponse
from .checkpoint_list_response_data import CheckpointListResponseData
from .checkpoint_response import CheckpointResponse
from .checkpoint_response_data import CheckpointResponseData
from .context_mode import ContextMode
from .conversation import Conversation
from .conversation_filter import ConversationFilter
from .conversation_list_response import ConversationListResponse
from .conversation_page import ConversationPage
from .conversation_response import ConversationResponse
from .conversation_response_data import ConversationResponseData
from .conversation_tree import ConversationTree
from .conversation_tree_response import ConversationTreeResponse
from .create_branch_request import CreateBranchRequest
from .create_checkpoint_request import CreateCheckpointRequest
from .create_conversation_request import CreateConversationRequest
from .delete_response import DeleteResponse
from .empty_request import EmptyRequest
from .error_response import ErrorResponse
from .flat_tree_node import FlatTreeNode
from .fork_conversation_request import ForkConversationRequest
from .health_envelope import HealthEnvelope
from .health_response import HealthResponse
from .merge_source import MergeSource
from .message import Message
from .message_list_response import MessageListResponse
from .message_list_response_data import MessageListResponseData
from .message_metadata import MessageMetadata
from .message_response import MessageResponse
from .message_response_data import MessageResponseData
from .message_scope import MessageScope
from .message_sent_response import MessageSentResponse
from .model import Model
from .model_list_response import ModelListResponse
from .model_list_response_data import ModelListResponseData
from .send_message_request import SendMessageRequest
from .send_message_response import SendMessageResponse
from .stream_chunk import StreamChunk
from .stream_chunk_choice import StreamChunkChoice
from .stream_chunk_delta import StreamChunkDelta
from .stream_error import StreamError
from .suggest_branches_envelope import SuggestBranchesEnvelope
from .suggest_branches_request import SuggestBranchesRequest
from .suggest_branches_response import SuggestBranchesResponse
from .suggestion_metadata import SuggestionMetadata
from .tree_format import TreeFormat
from .tree_metadata import TreeMetadata
from .tree_node import TreeNode
from .update_branch_request import UpdateBranchRequest
from .update_conversation_request import UpdateConversationRequest
from .update_message_request import UpdateMessageRequest
from .usage import Usage

__all__ = [
    "Branch",
    "BranchCount",
    "BranchInfo",
    "BranchListResponse",
    "BranchListResponseData",
    "BranchNode",
    "BranchPoint",
    "BranchResponse",
    "BranchResponseData",
    "BranchSuggestion",
    "Checkpoint",
    "CheckpointListResponse",
    "CheckpointListResponseData",
    "CheckpointResponse",
    "CheckpointResponseData",
    "ContextMode",
    "Conversation",
    "ConversationFilter",
    "ConversationListResponse",
    "ConversationPage",
    "ConversationResponse",
    "ConversationResponseData",
    "ConversationTree",
    "ConversationTreeResponse",
    "CreateBranchRequest",
    "CreateCheckpointRequest",
    "CreateConversationRequest",
    "DeleteResponse",
    "EmptyRequest",
    "ErrorResponse",
    "FlatTreeNode",
    "ForkConversationRequest",
    "HealthEnvelope",
    "HealthResponse",
    "MergeSource",
    "Message",
    "MessageListResponse",
    "MessageListResponseData",
    "MessageMetadata",
    "MessageResponse",
    "MessageResponseData",
    "MessageScope",
    "MessageSentResponse",
    "Model",
    "ModelListResponse",
    "ModelListResponseData",
    "SendMessageRequest",
    "SendMessageResponse",
    "StreamChunk",
    "StreamChunkChoice",
    "StreamChunkDelta",
    "StreamError",
    "SuggestBranchesEnvelope",
    "SuggestBranchesRequest",
    "SuggestBranchesResponse",
    "SuggestionMetadata",
    "TreeFormat",
    "TreeMetadata",
    "TreeNode",
    "UpdateBranchRequest",
    "UpdateConversationRequest",
    "UpdateMessageRequest",
    "Usage",
]
