"""The arguments of LocalServer that people pass in other forms."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import httpx
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


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"word_delay": "1"}, "invalid word delay '1': expected 0 or more seconds"),
        ({"word_delay": float("inf")}, "invalid word delay inf"),
        ({"keep_alive": None}, "invalid keep alive None"),
        ({"resume_window": "5"}, "invalid resume window '5'"),
        ({"rate_limit": 60}, "invalid rate limit 60: expected N/second"),
        ({"api_key": 5}, "invalid API key"),
        ({"api_keys": ["key", None]}, "invalid API key"),
        ({"upstreams": "gpt-5"}, "upstream gpt-5: invalid URL"),
    ],
)
def test_arguments_of_the_wrong_type_are_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(StartupError, match=message):
        LocalServer(**arguments).__enter__()


@pytest.mark.parametrize(
    "option", ["times", "status", "cut_after", "delay", "stall", "retry_after"]
)
def test_option_of_a_fault_of_the_wrong_type_is_named(option: str) -> None:
    options: dict[str, Any] = {"status": 503, option: "3"}
    with pytest.raises(ValueError, match=f"invalid {option} '3': expected"):
        Fault("sendMessage", **options)


def test_one_more_api_key_can_be_a_string() -> None:
    with LocalServer(api_keys="another-key") as server:
        headers = {"X-API-Key": "another-key"}
        assert httpx.get(f"{server.base_url}/models", headers=headers).status_code == 200


def test_server_has_a_repr_and_cannot_be_copied_or_pickled() -> None:
    server = LocalServer()
    assert repr(server) == "<LocalServer that is not running>"
    with server:
        assert repr(server) == f"<LocalServer {server.base_url}>"
    for use in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="Pass its base_url and its api_key"):
            use(server)
