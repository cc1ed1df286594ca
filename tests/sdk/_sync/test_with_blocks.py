# Derived from tests/sdk/_async/test_with_blocks.py by scripts/regen.py. Do not edit.

"""A context manager that is used without its block raises an error that names the block."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chatroutes import ChatRoutes
from tests.support.fault_server import FaultServer
from tests.support.payloads import HELLO

from .clients import make_client

CALLS: list[Callable[[ChatRoutes], Any]] = [
    lambda client: client.compare_stream("conv_1", HELLO, ["gpt-5"]),
    lambda client: client.regenerate_stream("conv_1", "msg_1"),
    lambda client: client.conversations.with_streaming_response.get("conv_1"),
    lambda client: client.messages.with_streaming_response.stream("conv_1", HELLO),
]


@pytest.mark.parametrize("call", CALLS)
def test_use_without_a_block_names_the_block(
    fault_server: FaultServer, call: Callable[[ChatRoutes], Any]
) -> None:
    with make_client(fault_server) as client:
        manager = call(client)
        with pytest.raises(AttributeError, match=r"no attribute 'parse'\. .*with \.\.\. as"):
            manager.parse()
        with pytest.raises(TypeError, match=r"cannot be iterated over\. .*with \.\.\. as"):
            for _ in manager:
                pass
        assert not hasattr(manager, "_repr_html_")

    assert fault_server.requests == []
