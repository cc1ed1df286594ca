"""Replies: sends a question, and prints the reply while it arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatroutes_cli import terminal

if TYPE_CHECKING:
    from chatroutes import ChatRoutes, SendMessageResponse
    from chatroutes.types import CreateConversationRequest, SendMessageRequest

MAX_TITLE = 60


def create_conversation(
    client: ChatRoutes, question: str, model: str | None, system_prompt: str | None = None
) -> str:
    """Create a conversation whose title is the beginning of its first question. Return its id."""
    data: CreateConversationRequest = {
        "title": terminal.clean_line(question, MAX_TITLE) or "Conversation"
    }
    if model:
        data["model"] = model
    if system_prompt:
        data["systemPrompt"] = system_prompt
    return client.conversations.create(data)["id"]


class Reply:
    """The reply to a question.

    Args:
        client: The client.
        conversation_id: The id of the conversation.
        content: The question.
        model: The model. Default: that of the conversation.
        branch_id: The id of the branch. Default: the main branch.
    """

    def __init__(
        self,
        client: ChatRoutes,
        conversation_id: str,
        content: str,
        *,
        model: str | None = None,
        branch_id: str | None = None,
    ) -> None:
        data: SendMessageRequest = {"content": content}
        if model:
            data["model"] = model
        if branch_id:
            data["branchId"] = branch_id
        self._stream = client.messages.stream(conversation_id, data)
        self.was_stopped = False
        """Whether Ctrl-C stopped the reply."""

    def receive(self) -> SendMessageResponse:
        """Return the whole response."""
        with terminal.status("Waiting for the reply"), self._stream as stream:
            return stream.get_final_response()

    def print(self) -> SendMessageResponse:
        """Print the reply while it arrives, and return the response.

        Raises:
            KeyboardInterrupt: If Ctrl-C was pressed. The connection is closed then.
            ChatRoutesError: If the stream fails. The text so far was printed.
        """
        cleaner = terminal.TextCleaner()
        last = "\n"
        try:
            with terminal.status("Waiting for the reply") as end_status, self._stream as stream:
                for text in stream.text_stream:
                    end_status()
                    cleaned = cleaner.feed(text)
                    if cleaned:
                        terminal.write(cleaned, newline=False)
                        last = cleaned
                return stream.get_final_response()
        finally:
            rest = cleaner.end()
            if rest or not last.endswith("\n"):
                terminal.write(rest)
