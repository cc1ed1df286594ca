"""The benchmark of the local server: each of its parts runs and records its figures."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

if find_spec("pyperf") is None or os.name == "nt":
    pytest.skip("the benchmarks need the extra `dev` and a POSIX system", allow_module_level=True)

import pyperf

from benchmarks import server_speed

pytestmark = pytest.mark.check


@pytest.mark.skipif(sys.platform != "linux", reason="needs the CPU clock of another process")
@pytest.mark.parametrize("part", server_speed.PARTS)
def test_server_speed_measures_each_part(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], part: str
) -> None:
    output = tmp_path / "results.json"

    server_speed.main(["--only", part, "--quick", "--output", str(output)])

    assert f"## {part}" in capsys.readouterr().out
    assert all(each.median() > 0 for each in pyperf.BenchmarkSuite.load(str(output)))


def test_server_is_stopped_after_an_error(tmp_path: Path) -> None:
    command = ["-m", "benchmarks.bare_server", str(tmp_path / "bare.db")]

    with pytest.raises(LookupError), server_speed.Server(*command) as server:
        raise LookupError

    assert server.process.poll() is not None
