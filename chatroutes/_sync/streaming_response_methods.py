# Derived from chatroutes/_async/streaming_response_methods.py by scripts/regen.py. Do not edit.


"""The methods that open a response: see `StreamingResponse`."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Unpack
import builtins
from .stream import MessageStream
from .. import _lazy_types as types
from .response_methods import StreamingMethods
from .streaming_response import StreamingResponse


class AutobranchWithStreamingResponse(StreamingMethods):
    """The methods of `Autobranch`, which open a response: see `StreamingResponse`."""

    def suggest_branches(
        self,
        text: str,
        suggestions_count: int = 3,
        hybrid_detection: bool = False,
        threshold: float = 0.7,
        llm_model: str | None = None,
        llm_provider: str | None = None,
        llm_api_key: str | None = None,
        **options: Unpack[types.RequestOptions],
    ) -> AbstractContextManager[StreamingResponse[types.SuggestBranchesResponse]]:
        """Suggest places in a text where a conversation could branch (`suggestBranches`)."""
        return self._open(
            "suggest_branches",
            text,
            suggestions_count,
            hybrid_detection,
            threshold,
            llm_model,
            llm_provider,
            llm_api_key,
            **options,
        )

    def analyze_text(
        self,
        text: str,
        suggestions_count: int = 3,
        hybrid_detection: bool = False,
        threshold: float = 0.7,
        llm_model: str | None = None,
        **options: Unpack[types.RequestOptions],
    ) -> AbstractContextManager[StreamingResponse[types.SuggestBranchesResponse]]:
        """Suggest branches (`suggestBranches`): an alias of `suggest_branches`."""
        return self._open(
            "analyze_text",
            text,
            suggestions_count,
            hybrid_detection,
            threshold,
            llm_model,
            **options,
        )

    def health(
        self, **options: Unpack[types.RequestOptions]
    ) -> AbstractContextManager[StreamingResponse[types.HealthResponse]]:
        """Check that branch suggestions are available (`getAutobranchHealth`)."""
        return self._open("health", **options)


class BranchesWithStreamingResponse(StreamingMethods):
    """The methods of `Branches`, which open a response: see `StreamingResponse`."""

    def list(
        self, conversation_id: str, **options: Unpack[types.RequestOptions]
    ) -> AbstractContextManager[StreamingResponse[builtins.list[types.Branch]]]:
        """List the branches of a conversation, the main branch first (`listBranches`)."""
        return self._open("list", conversation_id, **options)

    def create(
        self,
        conversation_id: str,
        data: types.CreateBranchRequest,
        **options: Unpack[types.RequestOptions],
    ) -> AbstractContextManager[StreamingResponse[types.Branch]]:
        """Create a branch (`createBranch`)."""
        return self._open("create", conversation_id, data, **options)

    def fork(
        self,
        conversation_id: str,
        data: types.ForkConversationRequest,
        **options: Unpack[types.RequestOptions],
    ) -> AbstractContextManager[StreamingResponse[types.Branch]]:
        """Fork a conversation at a message (`forkConversation`)."""
        return self._open("fork", conversation_id, data, **options)

    def update(
        self,
        conversation_id: str,
        branch_id: str,
        data: types.UpdateBranchRequest,
        **options: Unpack[types.RequestOptions],
    ) -> AbstractContextManager[StreamingResponse[types.Branch]]:
        """Change the title, the description or the context mode of a branch (`updateBranch`)."""
        return self._open("update", conversation_id, branch_id, data, **options)

    def delete(
        self, conversation_id: str, branch_id: str, **options: Unpack[types.RequestOptions]
    ) -> AbstractContextManager[StreamingResponse[None]]:
        """Delete a branch and its own messages. Inherited messages stay (`deleteBranch`)."""
        return self._open("delete", conversation_id, branch_id, **options)

    def get_messages(
        self, conversation_id: str, branch_id: str, **options: Unpack[types.RequestOptions]
    ) -> AbstractContextManager[StreamingResponse[builtins.list[types.Message]]]:
        """List the messages of a branch, oldest first (`listBranchMessages`)."""
        return self._open("get_messages", conversation_id, branch_id, **options)

    def send_message(
        self,
        conversation_id: str,
        branch_id: str,
        data: types.SendMessageRequest,
        **options: Unpack[types.RequestOptions],
    ) -> AbstractContextManager[StreamingResponse[types.SendMessageResponse]]:
        """Send a message to a branch and wait for the whole reply (`sendBranchMessage`)."""
        return self._open("send_message", conversation_id, branch_id, data, **options)

    def merge(
        self, conversation_id: str, branch_id: str, **options: Unpack[types.RequestOptions]
    ) -> AbstractContextManager[StreamingResponse[types.Branch]]:
        """Merge a branch into its parent (`mergeBranch`)."""
        return self._open("merge", conversation_id, branch_id, **options)


class CheckpointsWithStreamingResponse(StreamingMethods):
    """The methods of `Checkpoints`, which open a response: see `StreamingResponse`."""

    def list(
        self,
        conversation_id: str,
        branch_id: str | None = None,
        **options: Unpack[types.RequestOptions],
    ) -> AbstractContextManager[StreamingResponse[builtins.list[types.Checkpoint]]]:
        """List the checkpoints of a conversation or of one branch (`listCheckpoints`)."""
        return self._open("list", conversation_id, branch_id, **options)

    def create(
        self,
        conversation_id: str,
        branch_id: str,
        anchor_message_id: str,
        **options: Unpack[types.RequestOptions],
    ) -> AbstractContextManager[StreamingResponse[types.Checkpoint]]:
        """Summarize the messages of a branch up to an anchor message (`createCheckpoint`)."""
        return self._open("create", conversation_id, branch_id, anchor_message_id, **options)

    def delete(
        self, checkpoint_id: str, **options: Unpack[types.RequestOptions]
    ) -> AbstractContextManager[StreamingResponse[None]]:
        """Delete a checkpoint. Its messages stay (`deleteCheckpoint`)."""
        return self._open("delete", checkpoint_id, **options)

    def recreate(
        self, checkpoint_id: str, **options: Unpack[types.RequestOptions]
    ) -> AbstractContextManager[StreamingResponse[types.Checkpoint]]:
        """Summarize the messages of a checkpoint again, as they are now (`recreateCheckpoint`)."""
        return self._open("recreate", checkpoint_id, **options)


class ConversationsWithStreamingResponse(StreamingMethods):
    """The methods of `Conversations`, which open a response: see `StreamingResponse`."""

    def create(
        self, data: types.CreateConversationRequest, **options: Unpack[types.RequestOptions]
    ) -> AbstractContextManager[StreamingResponse[types.Conversation]]:
        """Create a conversation with an empty main branch (`createConversation`)."""
        return self._open("create", data, **options)

    def list(
        self,
        params: types.ListConversationsParams | None = None,
        **options: Unpack[types.RequestOptions],
    ) -> AbstractContextManager[StreamingResponse[types.PaginatedResponse]]:
        """List one page of conversations, the most recently changed first (`listConversations`)."""
        return self._open("list", params, **options)

    def get(
        self, conversation_id: str, **options: Unpack[types.RequestOptions]
    ) -> AbstractContextManager[StreamingResponse[types.Conversation]]:
        """Get a conversation, its branches and the messages of its main branch (`getConversation`)."""
        return self._open("get", conversation_id, **options)

    def update(
        self,
        conversation_id: str,
        data: types.UpdateConversationRequest,
        **options: Unpack[types.RequestOptions],
    ) -> AbstractContextManager[StreamingResponse[types.Conversation]]:
        """Change the title or the defaults of a conversation (`updateConversation`)."""
        return self._open("update", conversation_id, data, **options)

    def delete(
        self, conversation_id: str, **options: Unpack[types.RequestOptions]
    ) -> AbstractContextManager[StreamingResponse[None]]:
        """Delete a conversation with its branches, messages and checkpoints (`deleteConversation`)."""
        return self._open("delete", conversation_id, **options)

    def get_tree(
        self, conversation_id: str, **options: Unpack[types.RequestOptions]
    ) -> AbstractContextManager[StreamingResponse[types.ConversationTree]]:
        """Get the messages of all branches of a conversation as a tree (`getConversationTree`)."""
        return self._open("get_tree", conversation_id, **options)


class MessagesWithStreamingResponse(StreamingMethods):
    """The methods of `Messages`, which open a response: see `StreamingResponse`."""

    def send(
        self,
        conversation_id: str,
        data: types.SendMessageRequest,
        **options: Unpack[types.RequestOptions],
    ) -> AbstractContextManager[StreamingResponse[types.SendMessageResponse]]:
        """Send a message and wait for the whole reply (`sendMessage`)."""
        return self._open("send", conversation_id, data, **options)

    def list(
        self,
        conversation_id: str,
        branch_id: str | None = None,
        **options: Unpack[types.RequestOptions],
    ) -> AbstractContextManager[StreamingResponse[builtins.list[types.Message]]]:
        """List the messages of a branch, oldest first (`listMessages`)."""
        return self._open("list", conversation_id, branch_id, **options)

    def update(
        self, message_id: str, content: str, **options: Unpack[types.RequestOptions]
    ) -> AbstractContextManager[StreamingResponse[types.Message]]:
        """Change the content of a message (`updateMessage`)."""
        return self._open("update", message_id, content, **options)

    def delete(
        self, message_id: str, **options: Unpack[types.RequestOptions]
    ) -> AbstractContextManager[StreamingResponse[None]]:
        """Delete a message. The messages after it stay (`deleteMessage`)."""
        return self._open("delete", message_id, **options)

    def stream(
        self,
        conversation_id: str,
        data: types.SendMessageRequest,
        **options: Unpack[types.StreamOptions],
    ) -> AbstractContextManager[StreamingResponse[MessageStream]]:
        """Send a message and receive the reply while it is generated (`streamMessage`)."""
        return self._open_stream("stream", conversation_id, data, **options)


class ModelsWithStreamingResponse(StreamingMethods):
    """The methods of `Models`, which open a response: see `StreamingResponse`."""

    def list(
        self, **options: Unpack[types.RequestOptions]
    ) -> AbstractContextManager[StreamingResponse[builtins.list[types.Model]]]:
        """List the models (`listModels`)."""
        return self._open("list", **options)
