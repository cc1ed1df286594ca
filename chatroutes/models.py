"""The objects of the contract as attrs classes, with attributes and datetimes.

    conversation = Conversation.from_dict(client.conversations.get("conv_123"))
    conversation.created_at.year

`from_dict` takes a result of the SDK, and `to_dict` returns the JSON object again. A property that
the object does not have is `UNSET`. Unknown properties are kept in `additional_properties`.
"""

from chatroutes_wire.models import Branch as Branch
from chatroutes_wire.models import BranchCount as BranchCount
from chatroutes_wire.models import BranchInfo as BranchInfo
from chatroutes_wire.models import BranchNode as BranchNode
from chatroutes_wire.models import BranchPoint as BranchPoint
from chatroutes_wire.models import BranchSuggestion as BranchSuggestion
from chatroutes_wire.models import Checkpoint as Checkpoint
from chatroutes_wire.models import Conversation as Conversation
from chatroutes_wire.models import ConversationTree as ConversationTree
from chatroutes_wire.models import FlatTreeNode as FlatTreeNode
from chatroutes_wire.models import HealthResponse as HealthResponse
from chatroutes_wire.models import MergeSource as MergeSource
from chatroutes_wire.models import Message as Message
from chatroutes_wire.models import MessageMetadata as MessageMetadata
from chatroutes_wire.models import Model as Model
from chatroutes_wire.models import SendMessageResponse as SendMessageResponse
from chatroutes_wire.models import StreamChunk as StreamChunk
from chatroutes_wire.models import StreamChunkChoice as StreamChunkChoice
from chatroutes_wire.models import StreamChunkDelta as StreamChunkDelta
from chatroutes_wire.models import SuggestBranchesResponse as SuggestBranchesResponse
from chatroutes_wire.models import SuggestionMetadata as SuggestionMetadata
from chatroutes_wire.models import TreeMetadata as TreeMetadata
from chatroutes_wire.models import TreeNode as TreeNode
from chatroutes_wire.models import Usage as Usage
from chatroutes_wire.types import UNSET as UNSET
from chatroutes_wire.types import Unset as Unset
