"""Responses for unknown ids match the contract, tested by schemathesis."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.schemathesis_runner import (
    OPERATION_COUNT,
    SETTINGS,
    WITHOUT_COVERAGE,
    WITHOUT_LINKS,
    run_schemathesis,
)
from tests.support.server_api import Api

pytestmark = pytest.mark.check


def test_responses_for_unknown_ids_match_the_contract(api: Api, tmp_path: Path) -> None:
    result = run_schemathesis(
        api.server.base_url,
        api.server.api_key,
        SETTINGS + WITHOUT_LINKS + WITHOUT_COVERAGE,
        tmp_path,
    )
    assert result.returncode == 0, result.stdout
    assert f"Tested: {OPERATION_COUNT}" in result.stdout, result.stdout
