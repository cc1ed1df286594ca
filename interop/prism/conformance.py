"""Call every method of the SDK against prism: against its mock, and through its validation proxy of a server.

The proxy returns an error for a request or a response that violates the contract. The SDK raises the error.
"""

from __future__ import annotations

import inspect
import os
import socket
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from operator import attrgetter
from typing import Any

from chatroutes import ChatRoutes

RESOURCES = ("conversations", "messages", "branches", "checkpoints", "autobranch", "models")


@contextmanager
def prism(mode: str, *arguments: str) -> Generator[ChatRoutes, None, None]:
    """Run prism, and yield a client of it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--host", "127.0.0.1", "--port", str(port)]
    command = ["node_modules/.bin/prism", mode, *options, os.environ["OPENAPI_31"], *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if "Prism is listening" in line:
                    break
            with ChatRoutes(
                api_key=os.environ["CHATROUTES_API_KEY"],
                base_url=f"http://127.0.0.1:{port}",
                retry_attempts=0,
            ) as client:
                yield client
        finally:
            process.terminate()


def use_every_method(client: ChatRoutes) -> None:
    """Call every public method of the client's resources."""
    called: set[str] = set()

    def call(method: str, *arguments: Any) -> Any:
        called.add(method)
        return attrgetter(method)(client)(*arguments)

    id = call("conversations.create", {"title": "Prism"})["id"]
    call("conversations.update", id, {"title": "Prism again"})
    call("conversations.list")
    assert next(call("conversations.iterate"))["id"]
    reply = call("messages.send", id, {"content": "Tea or coffee?"})["assistantMessage"]
    assert list(call("messages.stream", id, {"content": "And now?"}))
    call("messages.list", id)
    assert next(call("messages.iterate", id))
    call("messages.update", reply["id"], "Tea.")

    fork = {"forkPointMessageId": reply["id"], "title": "Another way"}
    branch = call("branches.fork", id, fork)["id"]
    call("branches.update", id, branch, {"title": "Coffee"})
    call("branches.send_message", id, branch, {"content": "Coffee, then."})
    call("branches.get_messages", id, branch)
    assert next(call("branches.iterate_messages", id, branch))
    call("branches.merge", id, branch)
    call("branches.list", id)
    assert next(call("branches.iterate", id))
    branch = call("branches.create", id, {"title": "Another"})["id"]
    call("conversations.get", id)
    call("conversations.get_tree", id)

    checkpoint = call("checkpoints.create", id, reply["branchId"], reply["id"])["id"]
    call("checkpoints.list", id)
    assert next(call("checkpoints.iterate", id))
    call("checkpoints.recreate", checkpoint)
    call("checkpoints.delete", checkpoint)
    call("autobranch.suggest_branches", "Tea or coffee?")
    call("autobranch.analyze_text", "Tea or coffee?")
    call("autobranch.health")
    call("models.list")
    call("messages.delete", reply["id"])
    call("branches.delete", id, branch)
    call("conversations.delete", id)

    methods = {
        f"{resource}.{name}"
        for resource in RESOURCES
        for name, _ in inspect.getmembers(getattr(client, resource), inspect.ismethod)
        if not name.startswith("_")
    }
    assert called == methods, f"not called: {methods - called}"


if __name__ == "__main__":
    with prism("mock") as mock:
        use_every_method(mock)
    print("mock: every method")
    with prism("proxy", "--errors", os.environ["CHATROUTES_BASE_URL"]) as proxy:
        use_every_method(proxy)
    print("proxy: every method")
