"""A conversation from its first message to a merge, all through the SDK.

Runs against the real service if CHATROUTES_API_KEY is set, else against a server of its own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from chatroutes import ChatRoutes, ContextMode, ConversationTree, TreeNode

WIDTH = 72


@contextmanager
def connect() -> Iterator[ChatRoutes]:
    """Give a client of the real service, or of a server on this machine."""
    if os.environ.get("CHATROUTES_API_KEY"):
        with ChatRoutes() as client:
            print(f"Talking to the service: {client!r}")
            yield client
        return
    from chatroutes_server import LocalServer

    with LocalServer(word_delay=0.03) as server:
        print(f"CHATROUTES_API_KEY is not set: talking to a local server at {server.base_url}")
        with ChatRoutes(api_key=server.api_key, base_url=server.base_url) as client:
            yield client


def draw(tree: ConversationTree) -> None:
    """Draw a conversation: one line a message, indented where branches part."""
    metadata = tree["metadata"]
    print(f"{tree['tree']['content']} ({metadata['totalNodes']} messages)")
    # A stack of our own: a long conversation is nested deeper than functions may be.
    waiting = _with_indent(tree["tree"]["children"], "")
    while waiting:
        node, lead, indent = waiting.pop()
        title = (node.get("branchInfo") or {}).get("title")
        label = f"[{title}] " if title else ""
        text = " ".join(node["content"].split())
        room = WIDTH - len(indent + lead + label) - len(node["role"])
        text = text if len(text) <= room else text[: room - 1] + "…"
        print(f"{indent}{lead}{label}{node['role']}: {text}")
        children = node["children"]
        deeper = {"├─ ": "│  ", "└─ ": "   ", "": ""}[lead]
        waiting += _with_indent(children, indent + deeper)


def _with_indent(nodes: list[TreeNode], indent: str) -> list[tuple[TreeNode, str, str]]:
    """The nodes that follow one message, the first on top of the stack; an only one goes straight on."""
    if len(nodes) == 1:
        return [(nodes[0], "", indent)]
    leads = ["├─ "] * (len(nodes) - 1) + ["└─ "] * bool(nodes)
    return [(node, lead, indent) for node, lead in zip(nodes, leads, strict=True)][::-1]


def main() -> None:
    with connect() as client:
        print("\n— A first message —")
        conversation = client.conversations.create(
            {"title": "My First Conversation", "model": "gpt-4"}
        )
        response = client.messages.send(
            conversation["id"], {"content": "Hello, how are you?", "model": "gpt-4"}
        )
        print(response["assistantMessage"]["content"])

        print("\n— A story, as it is written —")
        with client.messages.stream(conversation["id"], {"content": "Tell me a story"}) as stream:
            for text in stream.text_stream:
                print(text, end="", flush=True)
        print()

        print("\n— Two branches, one question —")
        messages = client.messages.list(conversation["id"])
        fork_point = messages[1]["id"]
        modes: dict[str, ContextMode] = {"With everything": "FULL", "With one message": "MINIMAL"}
        for title, mode in modes.items():
            branch = client.branches.fork(
                conversation["id"],
                {"forkPointMessageId": fork_point, "title": title, "contextMode": mode},
            )
            reply = client.branches.send_message(
                conversation["id"], branch["id"], {"content": "What did I ask first?"}
            )
            print(f"{title}: {reply['assistantMessage']['content']}")

        print("\n— The first branch, merged —")
        branches = client.branches.list(conversation["id"])
        parent = client.branches.merge(conversation["id"], branches[1]["id"])
        print(f"{branches[1]['title']!r} is merged into {parent['title']!r}.")

        print("\n— The tree —")
        draw(client.conversations.get_tree(conversation["id"]))


if __name__ == "__main__":
    main()
