"""A local server for the ChatRoutes API."""

from __future__ import annotations

from chatroutes_server.errors import StartupError
from chatroutes_server.faults.spec import Fault, Faults
from chatroutes_server.llm.model import ContextMessage
from chatroutes_server.llm.providers import Upstream
from chatroutes_server.llm.reply import Reply, ReplyRequest
from chatroutes_server.local import LocalServer

__all__ = [
    "ContextMessage",
    "Fault",
    "Faults",
    "LocalServer",
    "Reply",
    "ReplyRequest",
    "StartupError",
    "Upstream",
]
