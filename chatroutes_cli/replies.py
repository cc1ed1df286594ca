"""Replies: receives them, and prints them while they arrive."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, cast

from chatroutes_cli import terminal
from chatroutes_cli.progress import status

if TYPE_CHECKING:
    from chatroutes import (
        ChatRoutes,
        Message,
        MessageStream,
        SendMessageRequest,
        SendMessageResponse,
    )
    from chatroutes.types import CreateConversationRequest

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


def open_stream(
    client: ChatRoutes,
    conversation_id: str,
    content: str,
    model: str | None = None,
    branch_id: str | None = None,
) -> MessageStream:
    """Return the stream of the reply to a question. The request is sent when the stream is read."""
    data: SendMessageRequest = {"content": content}
    if model:
        data["model"] = model
    if branch_id:
        data["branchId"] = branch_id
    return client.messages.stream(conversation_id, data)


def read_metadata(message: Message) -> dict[str, object]:
    """Return the metadata of a message, such as the model. Empty if it has none."""
    metadata: object = message.get("metadata")
    return cast("dict[str, object]", metadata) if isinstance(metadata, dict) else {}


def receive_reply(stream: MessageStream) -> SendMessageResponse:
    """Read a reply to its end, and return the whole response."""
    with status("Waiting for the reply"), stream:
        return stream.get_final_response()


def print_reply(stream: MessageStream) -> SendMessageResponse:
    """Print a reply while it arrives, and return the whole response.

    Raises:
        KeyboardInterrupt: If Ctrl-C was pressed. `stream.stop()` returns the response with the text so
            far. All of it was printed.
        ChatRoutesError: If the stream fails. The text so far was printed.
    """
    printer = _Printer()
    try:
        with status("Waiting for the reply") as end_status, stream:
            for text in stream.text_stream:
                end_status()
                printer.print(text)
            return stream.get_final_response()
    except KeyboardInterrupt:
        printer.print(stream.text[printer.printed :])
        raise
    finally:
        printer.end()


class _Printer:
    def __init__(self) -> None:
        self.printed = 0
        self._cleaner = terminal.TextCleaner()
        self._wrapper = terminal.word_wrapper() if terminal.is_terminal(sys.stdout) else None
        self._is_in_line = False

    def print(self, text: str) -> None:
        """Print the next piece of the text."""
        self.printed += len(text)
        self._print_cleaned(self._cleaner.feed(text))

    def end(self) -> None:
        """Print the rest of the text, and end its last line."""
        self._print_cleaned(self._cleaner.end())
        if self._wrapper is not None:
            self._write(self._wrapper.end())
        if self._is_in_line:
            self._write("\n")

    def _print_cleaned(self, text: str) -> None:
        self._write(text if self._wrapper is None else self._wrapper.feed(text))

    def _write(self, text: str) -> None:
        if text:
            self._is_in_line = not text.endswith("\n")
            terminal.write(text, newline=False)
