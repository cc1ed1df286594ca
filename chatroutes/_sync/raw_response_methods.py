# Derived from chatroutes/_async/raw_response_methods.py by scripts/regen.py. Do not edit.


"""The methods that return a `RawResponse`."""

from __future__ import annotations

from typing import Unpack
import builtins
from .. import _lazy_types as types
from .._raw_response import RawResponse
from .response_methods import RawMethods


class AutobranchWithRawResponse(RawMethods):
    """The methods of `Autobranch`, which return a `RawResponse`."""

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
    ) -> RawResponse[types.SuggestBranchesResponse]:
        """Suggest places in a text where a conversation could branch (`suggestBranches`)."""
        return self._send(
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
    ) -> RawResponse[types.SuggestBranchesResponse]:
        """Suggest branches (`suggestBranches`): an alias of `suggest_branches`."""
        return self._send(
            "analyze_text",
            text,
            suggestions_count,
            hybrid_detection,
            threshold,
            llm_model,
            **options,
        )

    def health(self, **options: Unpack[types.RequestOptions]) -> RawResponse[types.HealthResponse]:
        """Check that branch suggestions are available (`getAutobranchHealth`)."""
        return self._send("health", **options)


class BranchesWithRawResponse(RawMethods):
    """The methods of `Branches`, which return a `RawResponse`."""

    def list(
        self, conversation_id: str, **options: Unpack[types.RequestOptions]
    ) -> RawResponse[builtins.list[types.Branch]]:
        """List the branches of a conversation, the main branch first (`listBranches`)."""
        return self._send("list", conversation_id, **options)

    def create(
        self,
        conversation_id: str,
        data: types.CreateBranchRequest,
        **options: Unpack[types.RequestOptions],
    ) -> RawResponse[types.Branch]:
        """Create a branch (`createBranch`)."""
        return self._send("create", conversation_id, data, **options)

    def fork(
        self,
        conversation_id: str,
        data: types.ForkConversationRequest,
        **options: Unpack[types.RequestOptions],
    ) -> RawResponse[types.Branch]:
        """Fork a conversation at a message (`forkConversation`)."""
        return self._send("fork", conversation_id, data, **options)

    def update(
        self,
        conversation_id: str,
        branch_id: str,
        data: types.UpdateBranchRequest,
        **options: Unpack[types.RequestOptions],
    ) -> RawResponse[types.Branch]:
        """Change the title, the description or the context mode of a branch (`updateBranch`)."""
        return self._send("update", conversation_id, branch_id, data, **options)

    def delete(
        self, conversation_id: str, branch_id: str, **options: Unpack[types.RequestOptions]
    ) -> RawResponse[None]:
        """Delete a branch and its own messages. Inherited messages stay (`deleteBranch`)."""
        return self._send("delete", conversation_id, branch_id, **options)

    def get_messages(
        self, conversation_id: str, branch_id: str, **options: Unpack[types.RequestOptions]
    ) -> RawResponse[builtins.list[types.Message]]:
        """List the messages of a branch, oldest first (`listBranchMessages`)."""
        return self._send("get_messages", conversation_id, branch_id, **options)

    def send_message(
        self,
        conversation_id: str,
        branch_id: str,
        data: types.SendMessageRequest,
        **options: Unpack[types.RequestOptions],
    ) -> RawResponse[types.SendMessageResponse]:
        """Send a message to a branch and wait for the whole reply (`sendBranchMessage`)."""
        return self._send("send_message", conversation_id, branch_id, data, **options)

    def merge(
        self, conversation_id: str, branch_id: str, **options: Unpack[types.RequestOptions]
    ) -> RawResponse[types.Branch]:
        """Merge a branch into its parent (`mergeBranch`)."""
        return self._send("merge", conversation_id, branch_id, **options)


class CheckpointsWithRawResponse(RawMethods):
    """The methods of `Checkpoints`, which return a `RawResponse`."""

    def list(
        self,
        conversation_id: str,
        branch_id: str | None = None,
        **options: Unpack[types.RequestOptions],
    ) -> RawResponse[builtins.list[types.Checkpoint]]:
        """List the checkpoints of a conversation or of one branch (`listCheckpoints`)."""
        return self._send("list", conversation_id, branch_id, **options)

    def create(
        self,
        conversation_id: str,
        branch_id: str,
        anchor_message_id: str,
        **options: Unpack[types.RequestOptions],
    ) -> RawResponse[types.Checkpoint]:
        """Summarize the messages of a branch up to an anchor message (`createCheckpoint`)."""
        return self._send("create", conversation_id, branch_id, anchor_message_id, **options)

    def delete(
        self, checkpoint_id: str, **options: Unpack[types.RequestOptions]
    ) -> RawResponse[None]:
        """Delete a checkpoint. Its messages stay (`deleteCheckpoint`)."""
        return self._send("delete", checkpoint_id, **options)

    def recreate(
        self, checkpoint_id: str, **options: Unpack[types.RequestOptions]
    ) -> RawResponse[types.Checkpoint]:
        """Summarize the messages of a checkpoint again, as they are now (`recreateCheckpoint`)."""
        return self._send("recreate", checkpoint_id, **options)


class ConversationsWithRawResponse(RawMethods):
    """The methods of `Conversations`, which return a `RawResponse`."""

    def create(
        self, data: types.CreateConversationRequest, **options: Unpack[types.RequestOptions]
    ) -> RawResponse[types.Conversation]:
        """Create a conversation with an empty main branch (`createConversation`)."""
        return self._send("create", data, **options)

    def list(
        self,
        params: types.ListConversationsParams | None = None,
        **options: Unpack[types.RequestOptions],
    ) -> RawResponse[types.PaginatedResponse]:
        """List one page of conversations, the most recently changed first (`listConversations`)."""
        return self._send("list", params, **options)

    def get(
        self, conversation_id: str, **options: Unpack[types.RequestOptions]
    ) -> RawResponse[types.Conversation]:
        """Get a conversation, its branches and the messages of its main branch (`getConversation`)."""
        return self._send("get", conversation_id, **options)

    def update(
        self,
        conversation_id: str,
        data: types.UpdateConversationRequest,
        **options: Unpack[types.RequestOptions],
    ) -> RawResponse[types.Conversation]:
        """Change the title or the defaults of a conversation (`updateConversation`)."""
        return self._send("update", conversation_id, data, **options)

    def delete(
        self, conversation_id: str, **options: Unpack[types.RequestOptions]
    ) -> RawResponse[None]:
        """Delete a conversation with its branches, messages and checkpoints (`deleteConversation`)."""
        return self._send("delete", conversation_id, **options)

    def get_tree(
        self, conversation_id: str, **options: Unpack[types.RequestOptions]
    ) -> RawResponse[types.ConversationTree]:
        """Get the messages of all branches of a conversation as a tree (`getConversationTree`)."""
        return self._send("get_tree", conversation_id, **options)


class MessagesWithRawResponse(RawMethods):
    """The methods of `Messages`, which return a `RawResponse`."""

    def send(
        self,
        conversation_id: str,
        data: types.SendMessageRequest,
        **options: Unpack[types.RequestOptions],
    ) -> RawResponse[types.SendMessageResponse]:
        """Send a message and wait for the whole reply (`sendMessage`)."""
        return self._send("send", conversation_id, data, **options)

    def list(
        self,
        conversation_id: str,
        branch_id: str | None = None,
        **options: Unpack[types.RequestOptions],
    ) -> RawResponse[builtins.list[types.Message]]:
        """List the messages of a branch, oldest first (`listMessages`)."""
        return self._send("list", conversation_id, branch_id, **options)

    def update(
        self, message_id: str, content: str, **options: Unpack[types.RequestOptions]
    ) -> RawResponse[types.Message]:
        """Change the content of a message (`updateMessage`)."""
        return self._send("update", message_id, content, **options)

    def delete(self, message_id: str, **options: Unpack[types.RequestOptions]) -> RawResponse[None]:
        """Delete a message. The messages after it stay (`deleteMessage`)."""
        return self._send("delete", message_id, **options)


class ModelsWithRawResponse(RawMethods):
    """The methods of `Models`, which return a `RawResponse`."""

    def list(
        self, **options: Unpack[types.RequestOptions]
    ) -> RawResponse[builtins.list[types.Model]]:
        """List the models (`listModels`)."""
        return self._send("list", **options)
