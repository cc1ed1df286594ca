# Derived from chatroutes/_async/resources by scripts/regen.py. Do not edit.


"""The methods that return a `RawResponse`."""

from __future__ import annotations

from typing import Unpack
import builtins
from .. import _lazy_types as types
from .._raw_response import RawResponse
from .response_methods import RawMethods


class AsyncAutobranchWithRawResponse(RawMethods):
    """The methods of `AsyncAutobranch`, which return a `RawResponse`."""

    async def suggest_branches(
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
        return await self._send(
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

    async def analyze_text(
        self,
        text: str,
        suggestions_count: int = 3,
        hybrid_detection: bool = False,
        threshold: float = 0.7,
        llm_model: str | None = None,
        **options: Unpack[types.RequestOptions],
    ) -> RawResponse[types.SuggestBranchesResponse]:
        """Suggest branches (`suggestBranches`): an alias of `suggest_branches`."""
        return await self._send(
            "analyze_text",
            text,
            suggestions_count,
            hybrid_detection,
            threshold,
            llm_model,
            **options,
        )

    async def health(
        self, **options: Unpack[types.RequestOptions]
    ) -> RawResponse[types.HealthResponse]:
        """Check that branch suggestions are available (`getAutobranchHealth`)."""
        return await self._send("health", **options)


class AsyncBranchesWithRawResponse(RawMethods):
    """The methods of `AsyncBranches`, which return a `RawResponse`."""

    async def list(
        self, conversation_id: str, **options: Unpack[types.RequestOptions]
    ) -> RawResponse[builtins.list[types.Branch]]:
        """List the branches of a conversation, the main branch first (`listBranches`)."""
        return await self._send("list", conversation_id, **options)

    async def create(
        self,
        conversation_id: str,
        data: types.CreateBranchRequest,
        **options: Unpack[types.RequestOptions],
    ) -> RawResponse[types.Branch]:
        """Create a branch (`createBranch`)."""
        return await self._send("create", conversation_id, data, **options)

    async def fork(
        self,
        conversation_id: str,
        data: types.ForkConversationRequest,
        **options: Unpack[types.RequestOptions],
    ) -> RawResponse[types.Branch]:
        """Fork a conversation at a message (`forkConversation`)."""
        return await self._send("fork", conversation_id, data, **options)

    async def update(
        self,
        conversation_id: str,
        branch_id: str,
        data: types.UpdateBranchRequest,
        **options: Unpack[types.RequestOptions],
    ) -> RawResponse[types.Branch]:
        """Change the title, the description or the context mode of a branch (`updateBranch`)."""
        return await self._send("update", conversation_id, branch_id, data, **options)

    async def delete(
        self, conversation_id: str, branch_id: str, **options: Unpack[types.RequestOptions]
    ) -> RawResponse[None]:
        """Delete a branch and its own messages. Inherited messages stay (`deleteBranch`)."""
        return await self._send("delete", conversation_id, branch_id, **options)

    async def get_messages(
        self, conversation_id: str, branch_id: str, **options: Unpack[types.RequestOptions]
    ) -> RawResponse[builtins.list[types.Message]]:
        """List the messages of a branch, oldest first (`listBranchMessages`)."""
        return await self._send("get_messages", conversation_id, branch_id, **options)

    async def send_message(
        self,
        conversation_id: str,
        branch_id: str,
        data: types.SendMessageRequest,
        **options: Unpack[types.RequestOptions],
    ) -> RawResponse[types.SendMessageResponse]:
        """Send a message to a branch and wait for the whole reply (`sendBranchMessage`)."""
        return await self._send("send_message", conversation_id, branch_id, data, **options)

    async def merge(
        self, conversation_id: str, branch_id: str, **options: Unpack[types.RequestOptions]
    ) -> RawResponse[types.Branch]:
        """Merge a branch into its parent (`mergeBranch`)."""
        return await self._send("merge", conversation_id, branch_id, **options)


class AsyncCheckpointsWithRawResponse(RawMethods):
    """The methods of `AsyncCheckpoints`, which return a `RawResponse`."""

    async def list(
        self,
        conversation_id: str,
        branch_id: str | None = None,
        **options: Unpack[types.RequestOptions],
    ) -> RawResponse[builtins.list[types.Checkpoint]]:
        """List the checkpoints of a conversation or of one branch (`listCheckpoints`)."""
        return await self._send("list", conversation_id, branch_id, **options)

    async def create(
        self,
        conversation_id: str,
        branch_id: str,
        anchor_message_id: str,
        **options: Unpack[types.RequestOptions],
    ) -> RawResponse[types.Checkpoint]:
        """Summarize the messages of a branch up to an anchor message (`createCheckpoint`)."""
        return await self._send("create", conversation_id, branch_id, anchor_message_id, **options)

    async def delete(
        self, checkpoint_id: str, **options: Unpack[types.RequestOptions]
    ) -> RawResponse[None]:
        """Delete a checkpoint. Its messages stay (`deleteCheckpoint`)."""
        return await self._send("delete", checkpoint_id, **options)

    async def recreate(
        self, checkpoint_id: str, **options: Unpack[types.RequestOptions]
    ) -> RawResponse[types.Checkpoint]:
        """Summarize the messages of a checkpoint again, as they are now (`recreateCheckpoint`)."""
        return await self._send("recreate", checkpoint_id, **options)


class AsyncConversationsWithRawResponse(RawMethods):
    """The methods of `AsyncConversations`, which return a `RawResponse`."""

    async def create(
        self, data: types.CreateConversationRequest, **options: Unpack[types.RequestOptions]
    ) -> RawResponse[types.Conversation]:
        """Create a conversation with an empty main branch (`createConversation`)."""
        return await self._send("create", data, **options)

    async def list(
        self,
        params: types.ListConversationsParams | None = None,
        **options: Unpack[types.RequestOptions],
    ) -> RawResponse[types.PaginatedResponse]:
        """List one page of conversations, the most recently changed first (`listConversations`)."""
        return await self._send("list", params, **options)

    async def get(
        self, conversation_id: str, **options: Unpack[types.RequestOptions]
    ) -> RawResponse[types.Conversation]:
        """Get a conversation, its branches and the messages of its main branch (`getConversation`)."""
        return await self._send("get", conversation_id, **options)

    async def update(
        self,
        conversation_id: str,
        data: types.UpdateConversationRequest,
        **options: Unpack[types.RequestOptions],
    ) -> RawResponse[types.Conversation]:
        """Change the title or the defaults of a conversation (`updateConversation`)."""
        return await self._send("update", conversation_id, data, **options)

    async def delete(
        self, conversation_id: str, **options: Unpack[types.RequestOptions]
    ) -> RawResponse[None]:
        """Delete a conversation with its branches, messages and checkpoints (`deleteConversation`)."""
        return await self._send("delete", conversation_id, **options)

    async def get_tree(
        self, conversation_id: str, **options: Unpack[types.RequestOptions]
    ) -> RawResponse[types.ConversationTree]:
        """Get the messages of all branches of a conversation as a tree (`getConversationTree`)."""
        return await self._send("get_tree", conversation_id, **options)


class AsyncMessagesWithRawResponse(RawMethods):
    """The methods of `AsyncMessages`, which return a `RawResponse`."""

    async def send(
        self,
        conversation_id: str,
        data: types.SendMessageRequest,
        **options: Unpack[types.RequestOptions],
    ) -> RawResponse[types.SendMessageResponse]:
        """Send a message and wait for the whole reply (`sendMessage`)."""
        return await self._send("send", conversation_id, data, **options)

    async def list(
        self,
        conversation_id: str,
        branch_id: str | None = None,
        **options: Unpack[types.RequestOptions],
    ) -> RawResponse[builtins.list[types.Message]]:
        """List the messages of a branch, oldest first (`listMessages`)."""
        return await self._send("list", conversation_id, branch_id, **options)

    async def update(
        self, message_id: str, content: str, **options: Unpack[types.RequestOptions]
    ) -> RawResponse[types.Message]:
        """Change the content of a message (`updateMessage`)."""
        return await self._send("update", message_id, content, **options)

    async def delete(
        self, message_id: str, **options: Unpack[types.RequestOptions]
    ) -> RawResponse[None]:
        """Delete a message. The messages after it stay (`deleteMessage`)."""
        return await self._send("delete", message_id, **options)


class AsyncModelsWithRawResponse(RawMethods):
    """The methods of `AsyncModels`, which return a `RawResponse`."""

    async def list(
        self, **options: Unpack[types.RequestOptions]
    ) -> RawResponse[builtins.list[types.Model]]:
        """List the models (`listModels`)."""
        return await self._send("list", **options)
