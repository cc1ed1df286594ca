"""Trees of messages, in the form that `conversations.get_tree` returns."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from chatroutes import ConversationTree

Node = dict[str, Any]

HOSTILE = [
    "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "</script></title></style></textarea>--><svg onload=alert(3)>",
    "<!--<script>",
    "</script x><script ",
    "[click](javascript:alert(4)) javascript:alert(5) <a href='javascript:alert(6)'>x</a>",
    '{"a": "]}"}\u2028\u2029\x00\x1b\x7f\x85\x9b31m\ufeff\ufffe',
    "\x1b[2J\x1b]0;title\x07\x1b[31mred\x9b2J \r\n\t\b",
    "lone \ud800 surrogate \udfff",
    "\u202eright to left\u202c \u2066isolate",
    "שלום עולם، مرحبا بالعالم",
    "日本語のメッセージ 👩\u200d👩\u200d👧\u200d👦 🇩🇪 e" + 500 * "\u0301",
    '\\N \\G \\" \\ & &lt; &#60; #quot; #35; ``` **bold** _x_ %%{init: {}}%% ;\n  a --> b\n"] end',
    "{{data}} {{script}} \\g<0> \\1",
    "wide " * 200_000,
]


def node(content: Any, *children: Node, role: str = "user", branch: str | None = None) -> Node:
    created: Node = {"id": "msg", "content": content, "role": role, "children": [*children]}
    if branch is not None:
        created["branchInfo"] = {"branchId": f"id of {branch}", "title": branch}
    return created


def conversation_tree(*children: Node, title: str = "Title") -> ConversationTree:
    """Return a tree with these messages below the root."""
    tree: Any = {"conversation": {}, "tree": node(title, *children, role="system")}
    result: ConversationTree = tree
    return result


def chain(*nodes: Node) -> Node:
    """Put each message below the one before it, and return the first."""
    for parent, child in pairwise(nodes):
        parent["children"].append(child)
    return nodes[0]


def hostile_tree() -> ConversationTree:
    """Return a tree with hostile texts as contents, roles and titles."""
    nodes = [node(text, role=text[:3000], branch=text[:3000]) for text in HOSTILE]
    return conversation_tree(
        *nodes, chain(*(node(text) for text in HOSTILE)), title="".join(HOSTILE)[:5000]
    )


def large_trees() -> dict[str, ConversationTree]:
    """Return trees with 10,000 messages each, by their shape."""
    numbers = range(10_000)
    row = chain(*(node(f"message {number}") for number in numbers))
    wide = conversation_tree(*(node(f"This is the answer {number}") for number in numbers))
    forks = [node(f"fork {number}") for number in numbers]
    for number in range(0, 9_998, 2):
        forks[number]["children"] += forks[number + 1 : number + 3]
    forks[9_998]["children"].append(forks[9_999])
    return {"row": conversation_tree(row), "wide": wide, "forks": conversation_tree(forks[0])}
