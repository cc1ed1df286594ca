"""The clients that are compared. They are described in `registry.toml`."""

import sys
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.peers import raw_clients

SDK = "chatroutes"


@dataclass(frozen=True)
class Peer:
    """A client, or a lower bound for all clients. `registry.toml` explains the fields."""

    environment: str = ""
    packages: str = ""
    imports: str = "pass"
    imports_async: str = ""
    connect: str = "None"
    small: str = "None"
    big: str = ""
    stream: str = ""
    stream_async: str = ""
    text: str = "chunk['choices'][0]['delta'].get('content')"
    hidden: str = ""

    def namespace(self, base: str, asynchronous: bool = False) -> dict[str, Any]:
        """Make a client, and return the names in which the expressions are evaluated."""
        if self.hidden:
            sys.modules[self.hidden] = None  # type: ignore[assignment]  # importing it fails
        names: dict[str, Any] = {**vars(raw_clients), "BASE": base}
        exec(self.imports_async if asynchronous else self.imports, names)
        return {**names, "client": eval(self.connect, names)}


PEERS: dict[str, Peer] = {}
for _name, _fields in tomllib.loads(Path(__file__).with_name("registry.toml").read_text()).items():
    PEERS[_name] = replace(PEERS.get(_fields.pop("like", ""), Peer()), **_fields)
