"""No answer about ids that are nobody's is missing in the contract."""

from __future__ import annotations

from pathlib import Path

from tests.server.conftest import Api
from tests.support.markers import once
from tests.support.schemathesis_runner import ALL_BUT_LINKS, OPERATIONS, SETTINGS, fuzz

pytestmark = once


def test_no_answer_about_made_up_ids_is_missing_in_the_contract(api: Api, tmp_path: Path) -> None:
    run = fuzz(api.server.base_url, api.server.api_key, SETTINGS + ALL_BUT_LINKS, tmp_path)
    assert run.returncode == 0, run.stdout
    assert f"Tested: {OPERATIONS}" in run.stdout, run.stdout
