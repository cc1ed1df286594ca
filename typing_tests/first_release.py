"""The examples of the first release, for type checkers; never run."""

# ruff: noqa: T201 - the examples print
# `.get("content")` checks that the content exists, which pyright does not infer.
# pyright: reportTypedDictNotRequiredAccess=false

from chatroutes import (
    AuthenticationError,
    ChatRoutes,
    ChatRoutesError,
    NotFoundError,
    RateLimitError,
    StreamChunk,
)

client = ChatRoutes(api_key="your-api-key")

conversation = client.conversations.create({"title": "My First Conversation", "model": "gpt-4"})

response = client.messages.send(
    conversation["id"], {"content": "Hello, how are you?", "model": "gpt-4"}
)

print(response["assistantMessage"]["content"])

conversation = client.conversations.create({"title": "Product Discussion", "model": "gpt-4"})

response = client.messages.send(
    conversation_id="conv_123",
    data={"content": "What are the key features?", "model": "gpt-4", "temperature": 0.7},
)


def on_chunk(chunk: StreamChunk) -> None:
    if chunk["choices"][0]["delta"].get("content"):
        print(chunk["choices"][0]["delta"]["content"], end="", flush=True)


client.messages.stream(
    conversation_id="conv_123", data={"content": "Tell me a story"}, on_chunk=on_chunk
)

branch = client.branches.create(
    conversation_id="conv_123", data={"title": "Alternative Response", "contextMode": "FULL"}
)

fork = client.branches.fork(
    conversation_id="conv_123",
    data={"forkPointMessageId": "msg_456", "title": "Exploring Different Approach"},
)

result = client.conversations.list({"page": 1, "limit": 10, "filter": "all"})

for conv in result["data"]:
    print(f"{conv['title']} - {conv['createdAt']}")

try:
    conversation = client.conversations.get("conv_123")
except AuthenticationError:
    print("Invalid API key")
except NotFoundError:
    print("Conversation not found")
except RateLimitError as e:
    print(f"Rate limited. Retry after {e.retry_after} seconds")
except ChatRoutesError as e:
    print(f"Error: {e.message}")

client = ChatRoutes(
    api_key="your-api-key",
    base_url="https://api.chatroutes.com/api/v1",
    timeout=30,
    retry_attempts=3,
    retry_delay=1.0,
)
