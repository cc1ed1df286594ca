"""The published release 0.1.0 of this SDK, which sends with requests and has no asynchronous client."""

from __future__ import annotations

from typing import Any

from benchmarks.payloads import CONVERSATION_ID
from benchmarks.stream_reader import Take
from chatroutes import ChatRoutes


class Sync:
    def __init__(self, base: str) -> None:
        self._client: Any = ChatRoutes(api_key="key", base_url=f"{base}/api/v1", timeout=60)

    def small(self) -> str:
        return str(self._client.conversations.get(CONVERSATION_ID)["id"])

    def big(self) -> list[str]:
        conversation = self._client.conversations.get(CONVERSATION_ID)
        return [message["content"] for message in conversation["messages"]]

    def stream(self, take: Take) -> None:
        def on_chunk(chunk: Any) -> None:
            text = chunk["choices"][0]["delta"].get("content")
            if text:
                take(text)

        self._client.messages.stream(CONVERSATION_ID, {"content": "Tell me a story"}, on_chunk)

    def close(self) -> None:
        self._client._http.session.close()


Async = None
