"""Send messages, stream a reply, create two branches, merge one of them and print the tree.

Uses the hosted service if CHATROUTES_API_KEY is set, and a local server otherwise.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from chatroutes import ChatRoutes, ContextMode
from chatroutes.trees import render


@contextmanager
def connect() -> Iterator[ChatRoutes]:
    """Yield a client of the hosted service or of a local server."""
    if os.environ.get("CHATROUTES_API_KEY"):
        with ChatRoutes() as client:
            print(f"Using the hosted service: {client!r}")
            yield client
        return
    from chatroutes_server import LocalServer

    with LocalServer(word_delay=0.03) as server:
        print(f"CHATROUTES_API_KEY is not set. Using a local server at {server.base_url}")
        with ChatRoutes(api_key=server.api_key, base_url=server.base_url) as client:
            yield client


def main() -> None:
    with connect() as client:
        print("\n— Send a message —")
        conversation = client.conversations.create(
            {"title": "My First Conversation", "model": "gpt-4"}
        )
        response = client.messages.send(
            conversation["id"], {"content": "Hello, how are you?", "model": "gpt-4"}
        )
        print(response["assistantMessage"]["content"])

        print("\n— Stream a reply —")
        with client.messages.stream(conversation["id"], {"content": "Tell me a story"}) as stream:
            for text in stream.text_stream:
                print(text, end="", flush=True)
        print()

        print("\n— Ask the same question on two branches —")
        messages = client.messages.list(conversation["id"])
        fork_point = messages[1]["id"]
        modes: dict[str, ContextMode] = {"Full context": "FULL", "Minimal context": "MINIMAL"}
        for title, mode in modes.items():
            branch = client.branches.fork(
                conversation["id"],
                {"forkPointMessageId": fork_point, "title": title, "contextMode": mode},
            )
            reply = client.branches.send_message(
                conversation["id"], branch["id"], {"content": "What did I ask first?"}
            )
            print(f"{title}: {reply['assistantMessage']['content']}")

        print("\n— Merge the first branch —")
        branches = client.branches.list(conversation["id"])
        parent = client.branches.merge(conversation["id"], branches[1]["id"])
        print(f"Branch {branches[1]['title']!r} was merged into {parent['title']!r}.")

        print("\n— Print the tree —")
        tree = client.conversations.get_tree(conversation["id"])
        print(render(tree, color=sys.stdout.isatty() and not os.environ.get("NO_COLOR")))


if __name__ == "__main__":
    main()
