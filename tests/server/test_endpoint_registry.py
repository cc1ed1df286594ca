"""The endpoints and the contract: a server whose endpoints do not match the contract does not start."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from chatroutes_server.api.registry import operation
from tests.support.checkout import copy_source
from tests.support.paths import ROOT

Json = dict[str, Any]


@pytest.fixture
def start_with_contract(tmp_path: Path) -> Callable[[Callable[[Json], None]], str]:
    """Start a copy of the server whose contract was changed, and return the error message."""

    def start(change: Callable[[Json], None]) -> str:
        copy_source(ROOT / "chatroutes_server", tmp_path / "chatroutes_server")
        document = yaml.safe_load((ROOT / "openapi" / "chatroutes.yaml").read_text("utf-8"))
        change(document)
        (tmp_path / "openapi").mkdir()
        (tmp_path / "openapi" / "chatroutes.yaml").write_text(yaml.safe_dump(document), "utf-8")
        result = subprocess.run(
            [sys.executable, "-m", "chatroutes_server", "--port", "0"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (result.returncode, result.stdout) == (1, ""), result.stderr
        return result.stderr

    return start


def test_missing_and_extra_endpoints_are_named(start_with_contract: Callable[..., str]) -> None:
    def change(document: Json) -> None:
        paths = document["paths"]
        paths["/models"]["get"]["operationId"] = "listAllModels"
        paths["/ping"] = {"get": {"operationId": "ping", "responses": {}}}
        del paths["/autobranch/health"]

    assert start_with_contract(change) == (
        "python -m chatroutes_server: the operation listAllModels has no endpoint; "
        "the operation ping has no endpoint; "
        "the endpoint of getAutobranchHealth has no operation in the contract; "
        "the endpoint of listModels has no operation in the contract. "
        "Endpoints are registered with @operation in chatroutes_server/api\n"
    )


def test_path_parameter_without_an_owner_query_is_named(
    start_with_contract: Callable[..., str],
) -> None:
    def change(document: Json) -> None:
        paths = document["paths"]
        paths["/summaries/{summaryId}"] = paths.pop("/checkpoints/{checkpointId}")

    message = start_with_contract(change)

    assert "the operation deleteCheckpoint has the path parameter summaryId" in message
    assert message.count("\n") == 1


def test_second_endpoint_for_an_operation_raises() -> None:
    import chatroutes_server.app  # noqa: F401  it registers the endpoints

    async def endpoint(_context: Any) -> Any: ...

    with pytest.raises(ValueError, match="the operation listModels has two endpoints"):
        operation("listModels")(endpoint)
