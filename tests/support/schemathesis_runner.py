"""Runs schemathesis against a server: it asks what the contract allows and forbids, and checks every answer.

It runs as a command of its own, with a fixed seed and a bounded number of cases.
"""

from __future__ import annotations

import subprocess
import sysconfig
from pathlib import Path

from tests.support.paths import CONTRACT

PATIENCE = 300  # seconds until a run that hangs is ended
OPERATIONS = CONTRACT.read_text("utf-8").count("\n      operationId:")
PROGRAM = Path(sysconfig.get_path("scripts"), "schemathesis")

# All checks are on, but one of streams: schemathesis holds the event, an object whose `data` is text,
# against the schema of the JSON in `data`. What streams hold is read in tests/server/test_streams.py.
SETTINGS = """
seed = 20261005
continue-on-failure = true
request-timeout = 20.0
max-stream-events = 200
warnings = false

[generation]
database = "none"

[[operations]]
include-operation-id = "streamMessage"
checks.response_schema_conformance.enabled = false
"""

# Ids that a test gives are taken from there alone, and not from answers: a delete would remove what
# others need. Links are followed in tests/server/test_schemathesis_links.py.
ALL_BUT_LINKS = """
[phases.examples]
extra-data-sources.responses = false

[phases.coverage]
extra-data-sources.responses = false

[phases.fuzzing]
generation.max-examples = 3  # of each operation; the other phases have a fixed number of them
extra-data-sources.responses = false

[phases.stateful]
enabled = false
"""


def fuzz(
    base_url: str, api_key: str, settings: str, folder: Path
) -> subprocess.CompletedProcess[str]:
    """Run schemathesis with these settings, in a folder; its status is 0 if it found nothing."""
    file = folder / "schemathesis.toml"
    file.write_text(settings, "utf-8")
    command = [PROGRAM, "--config-file", file, "--no-color", "run", CONTRACT, "--url", base_url]
    return subprocess.run(
        [*map(str, command), "--header", f"Authorization: ApiKey {api_key}"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        timeout=PATIENCE,
    )
