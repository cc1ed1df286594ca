"""No answer about ids that are nobody's is missing in the contract."""

from __future__ import annotations

from pathlib import Path

from tests.support.markers import single_python
from tests.support.schemathesis_runner import (
    OPERATION_COUNT,
    SETTINGS,
    WITHOUT_LINKS,
    run_schemathesis,
)
from tests.support.server_api import Api

pytestmark = single_python


def test_no_answer_about_made_up_ids_is_missing_in_the_contract(api: Api, tmp_path: Path) -> None:
    run = run_schemathesis(
        api.server.base_url, api.server.api_key, SETTINGS + WITHOUT_LINKS, tmp_path
    )
    assert run.returncode == 0, run.stdout
    assert f"Tested: {OPERATION_COUNT}" in run.stdout, run.stdout
