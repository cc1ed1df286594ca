"""Run schemathesis against a server.

Schemathesis sends requests that the contract allows or forbids, and validates every response. It runs in its own
process, with a fixed seed and a limited number of cases.
"""

from __future__ import annotations

import os
import subprocess
import sysconfig
from pathlib import Path

from tests.support.paths import CONTRACT

TIMEOUT = 300  # seconds for one run
# The links in the components have an operationId too.
OPERATION_COUNT = (
    CONTRACT.read_text("utf-8").partition("\ncomponents:")[0].count("\n      operationId:")
)
SCHEMATHESIS = Path(sysconfig.get_path("scripts"), "schemathesis")

# All checks are enabled except the response schema of streams: schemathesis compares each event, as an object,
# with the schema of the whole body. tests/server/test_streams.py checks the events.
SETTINGS = """
seed = 20261005
continue-on-failure = true
request-timeout = 20.0
max-stream-events = 200
warnings = false

[generation]
database = "none"
with-security-parameters = false  # the API key is in the settings; a second key that is generated would be invalid

[[operations]]
include-operation-id = "streamMessage"
checks.response_schema_conformance.enabled = false

[[operations]]
include-operation-id = ["listMessages", "listBranchMessages", "listBranches", "listCheckpoints"]
# A cursor is opaque, so its schema accepts strings that the server rejects.
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "403", "404"]
"""

# Ids come from the settings of a test and not from earlier responses, because a delete would remove an object
# that other cases need. tests/server/test_schemathesis_links.py follows links.
WITHOUT_LINKS = """
[phases.examples]
extra-data-sources.responses = false

[phases.fuzzing]
generation.max-examples = 3  # per operation; the other phases have a fixed number of examples
extra-data-sources.responses = false

[phases.stateful]
enabled = false
"""
# The phase coverage sends a thousand requests, and most of them are invalid: one test with it is enough.
WITHOUT_COVERAGE = "[phases.coverage]\nenabled = false\n"
WITH_COVERAGE = "[phases.coverage]\nextra-data-sources.responses = false\n"


def run_schemathesis(
    base_url: str,
    api_key: str,
    settings: str,
    folder: Path,
    *,
    with_idempotency_keys: bool = True,
) -> subprocess.CompletedProcess[str]:
    """Run schemathesis in a folder with these settings; the exit status is 0 if all checks pass."""
    file = folder / "schemathesis.toml"
    file.write_text(settings, "utf-8")
    # Several generators refuse links with a body, so the contract has the bodies as an extension.
    text = CONTRACT.read_text("utf-8").replace("x-requestBody:", "requestBody:")
    if not with_idempotency_keys:  # the server ignores other headers
        text = text.replace("name: Idempotency-Key", "name: X-Other")
    contract = folder / "contract.yaml"
    contract.write_text(text, "utf-8")
    command = [
        SCHEMATHESIS,
        "--config-file",
        file,
        "--no-color",
        "run",
        contract,
        "--url",
        base_url,
    ]
    return subprocess.run(
        [*map(str, command), "--header", f"Authorization: ApiKey {api_key}"],
        cwd=folder,
        env=os.environ | {"HYPOTHESIS_NO_PLUGINS": "1"},  # the plugins import trio and pytest
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        timeout=TIMEOUT,
    )
