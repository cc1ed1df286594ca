"""The arguments of LocalServer that people pass in other forms."""

from __future__ import annotations

from typing import Any

import pytest

from chatroutes_server import Fault, LocalServer, StartupError
from tests.support.server_api import Api


@pytest.mark.parametrize(
    "faults", ["createConversation:status=503", Fault("createConversation", status=503)]
)
def test_faults_can_be_one_fault(faults: Fault | str) -> None:
    with LocalServer(faults=faults) as server, Api(server) as api:
        url = f"{server.base_url}/conversations"
        assert api.http.post(url, json={"title": "Failed"}).status_code == 503
        assert api.http.post(url, json={"title": "Created"}).status_code == 201


def test_port_can_be_a_string() -> None:
    with LocalServer(port="0") as server, Api(server) as api:
        assert api.conversation()


@pytest.mark.parametrize(
    "port", ["", "87x", "1e3", "-1", "70000", -1, 65536, None, [8787], 1.5, True]
)
def test_invalid_port_is_named(port: Any) -> None:
    with pytest.raises(StartupError, match=r"invalid port .*: expected 0 to 65535"):
        LocalServer(port=port).__enter__()
