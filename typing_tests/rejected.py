"""Programs that type checkers reject: each ignore comment expects an error."""

# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from contextlib import aclosing

import httpx

from chatroutes import (
    AsyncChatRoutes,
    ChatRoutes,
    CreateConversationRequest,
    MessageStream,
    SendMessageRequest,
    SendMessageResponse,
)

client = ChatRoutes()
aclient = AsyncChatRoutes()


def takes_response(response: SendMessageResponse) -> None: ...


conversation: CreateConversationRequest = {"title": "T", "Model": "gpt-4"}  # type: ignore[typeddict-unknown-key]
message: SendMessageRequest = {"branchId": "b"}  # type: ignore[typeddict-item]

client.conversations.create({"titel": "T"})  # type: ignore[typeddict-item, typeddict-unknown-key]
client.conversations.create({})  # type: ignore[typeddict-item]
client.conversations.create({"title": 1})  # type: ignore[typeddict-item]
client.conversations.create({"title": "T", "temperature": "hot"})  # type: ignore[typeddict-item]
client.conversations.create("T")  # type: ignore[arg-type]
client.conversations.list({"filter": "mine"})  # type: ignore[arg-type]
client.conversations.list({"page": "1"})  # type: ignore[arg-type]
client.conversations.update("c", {"name": "T"})  # type: ignore[typeddict-unknown-key]
client.conversations.get(1)  # type: ignore[arg-type]
client.messages.send("c", {"text": "Hi"})  # type: ignore[typeddict-item, typeddict-unknown-key]
client.messages.send("c", {"content": "Hi", "modle": "gpt-4"})  # type: ignore[typeddict-unknown-key]
client.messages.send({"content": "Hi"})  # type: ignore[arg-type, call-arg]
client.messages.list("c", "b", "x")  # type: ignore[arg-type, call-arg]
client.messages.update("m", {"content": "new"})  # type: ignore[arg-type]
client.messages.stream("c", {"content": "Hi"}, 5)  # type: ignore[call-overload]
client.messages.stream("c", {"content": "Hi"}, on_chunk=takes_response)  # type: ignore[call-overload]
client.branches.create("c", {"title": "T", "contextMode": "full"})  # type: ignore[typeddict-item]
client.branches.fork("c", {"title": "T"})  # type: ignore[typeddict-item]
client.branches.update("c", {"title": "T"})  # type: ignore[arg-type, call-arg]
client.checkpoints.create("c", "b")  # type: ignore[call-arg]
client.autobranch.suggest_branches(["t"])  # type: ignore[arg-type]
client.conversations.get("c")["name"]  # type: ignore[typeddict-item]
client.messages.send("c", {"content": "Hi"})["reply"]  # type: ignore[typeddict-item]
client.messages.iterate("c", limit="9")  # type: ignore[arg-type]
client.branches.iterate_messages("c")  # type: ignore[call-arg]
client.conversations.get("c", retries=3)  # type: ignore[call-arg]
client.conversations.get("c", deadline="5")  # type: ignore[arg-type]
client.conversations.get("c", first_event_timeout=5)  # type: ignore[call-arg]
client.messages.send("c", {"content": "Hi"}, idempotency_key=5)  # type: ignore[arg-type]
client.messages.stream("c", {"content": "Hi"}, retries=5)  # type: ignore[call-overload]
client.conversations.with_raw_response.create({"titel": "T"})  # type: ignore[typeddict-item, typeddict-unknown-key]
client.conversations.with_raw_response.get("c")["title"]  # type: ignore[index]
client.conversations.with_raw_response.get("c", retries=3)  # type: ignore[call-arg]
client.messages.with_raw_response.iterate("c")  # type: ignore[attr-defined]
client.messages.with_raw_response.stream("c", {"content": "Hi"})  # type: ignore[attr-defined]
client.messages.with_streaming_response.iterate("c")  # type: ignore[attr-defined]
client.messages.with_streaming_response.list("c").parse()  # type: ignore[attr-defined]
client.with_options(retries=3)  # type: ignore[call-arg]
client.with_options(api_key="other")  # type: ignore[call-arg]
ChatRoutes("key", timeout="30")  # type: ignore[arg-type]
ChatRoutes("key", transport="curl")  # type: ignore[arg-type]
ChatRoutes("key", http_client=httpx.AsyncClient())  # type: ignore[arg-type]
AsyncChatRoutes("key", http_client=httpx.Client())  # type: ignore[arg-type]


async def unawaited() -> None:
    (aclient.conversations.get("c"))["title"]  # type: ignore[index]
    for _ in aclient.conversations.iterate():  # type: ignore[attr-defined]
        pass
    for _ in aclient.messages.iterate("c"):  # type: ignore[attr-defined]
        pass
    with aclient:  # type: ignore[attr-defined]
        pass
    with aclient.messages.stream("c", {"content": "Hi"}):  # type: ignore[attr-defined]
        pass


def events(stream: MessageStream) -> None:
    aclosing(stream)  # type: ignore[type-var]
    for event in stream.events():
        event.text.strip()  # type: ignore[union-attr]
        if event.type == "texts":  # type: ignore[comparison-overlap]
            pass
    stream.status = "open"  # type: ignore[misc]
