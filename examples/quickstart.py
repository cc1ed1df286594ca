"""Stream a reply, ask two models on two branches, merge one of them and print the tree.

Uses the service of CHATROUTES_API_KEY and CHATROUTES_BASE_URL if a key is set, and a local server
with the replies below otherwise.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chatroutes import ChatRoutes, ChatRoutesError, SendMessageRequest
from chatroutes.trees import render

COLOR = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
MODELS = ["gpt-4", "claude-opus-4"]
REPLIES = {
    "gpt-4": [
        "To a city or to the sea?",
        "Lisbon, which is warm and easy to walk.",
        "Five days: three for the temples and two for the gardens.",
    ],
    "claude-opus-4": ["Kyoto, where the cherries blossom in April."],
}


@contextmanager
def connect() -> Iterator[ChatRoutes]:
    """Yield a client of the configured service or of a local server."""
    if os.environ.get("CHATROUTES_API_KEY"):
        with ChatRoutes() as client:
            print(f"Using {client!r}.")
            yield client
        return
    from chatroutes_server import LocalServer

    with LocalServer(replies=REPLIES, word_delay=0.05) as server:
        print("CHATROUTES_API_KEY is not set. Using a local server with sample replies.")
        with ChatRoutes(api_key=server.api_key, base_url=server.base_url) as client:
            yield client


def print_heading(text: str) -> None:
    print(f"\n\033[1;32m{text}\033[0m" if COLOR else f"\n{text}")


def ask(client: ChatRoutes, conversation_id: str, data: SendMessageRequest) -> None:
    """Send a message, and print the reply while it arrives."""
    print(f"user: {data['content']}")
    print(f"{data['model']}: ", end="", flush=True)
    with client.messages.stream(conversation_id, data) as stream:
        for text in stream.text_stream:
            print(text, end="", flush=True)
    print()


def talk(client: ChatRoutes) -> Path:
    """Hold a conversation with two models, print its tree, and return the tree as an HTML page."""
    print_heading("1. Stream a reply")
    conversation_id = client.conversations.create({"title": "Holidays"})["id"]
    question = "Where should I go in spring?"
    ask(client, conversation_id, {"content": question, "model": MODELS[0]})

    print_heading("2. Fork after the reply, and ask each model on a branch of its own")
    fork_point = client.messages.list(conversation_id)[-1]["id"]
    for model in MODELS:
        branch = client.branches.fork(
            conversation_id, {"forkPointMessageId": fork_point, "title": model}
        )
        ask(
            client,
            conversation_id,
            {"content": "To a city.", "model": model, "branchId": branch["id"]},
        )

    print_heading("3. Merge the second branch, and continue on the main branch")
    main_branch = client.branches.merge(conversation_id, branch["id"])
    print(f"Merged {branch['title']!r} into {main_branch['title']!r}.")
    ask(client, conversation_id, {"content": "For how long?", "model": MODELS[0]})

    print_heading("4. Print the tree")
    tree = client.conversations.get_tree(conversation_id)
    width = max(40, min(shutil.get_terminal_size().columns, 120))
    print(render(tree, width=width, color=COLOR), end="")
    page = Path(tempfile.mkdtemp(prefix="chatroutes-"), "tree.html")
    page.write_text(render(tree, "html"), encoding="utf-8")
    return page


def shell_path(path: str) -> str:
    """Return a path for a shell, relative to the current directory if it is below it."""
    below = Path(path).is_relative_to(Path.cwd())
    return shlex.quote(os.path.relpath(path) if below else path)


def print_next_steps(page: Path) -> None:
    python, program = shell_path(sys.executable), shell_path(__file__)
    print_heading("Next steps")
    print("Open the tree as a page:")
    print(f"  {python} -m webbrowser {page.as_uri()}")
    print("Start a server that keeps its data in chatroutes.db:")
    print(f"  {python} -m chatroutes_server --port 8787 --api-key demo")
    print(
        "In another terminal, run this program with that server, whose replies describe the context:"
    )
    settings = "CHATROUTES_API_KEY=demo CHATROUTES_BASE_URL=http://127.0.0.1:8787/api/v1"
    print(f"  {settings} \\\n    {python} {program}")


def main() -> None:
    try:
        with connect() as client:
            page = talk(client)
    except ChatRoutesError as error:
        sys.exit(f"{type(error).__name__}: {error}")
    except KeyboardInterrupt:
        sys.exit("\nInterrupted.")
    print_next_steps(page)


if __name__ == "__main__":
    main()
