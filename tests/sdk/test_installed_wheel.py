"""The wheel alone, installed into an empty environment, runs the quick start."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import NamedTuple

import pytest
from packaging.requirements import Requirement

import chatroutes
from chatroutes_server import LocalServer
from tests.support.paths import ROOT
from tests.support.readme import QUICK_START, QUICK_START_KEY, QUICK_START_REPLY


class Environment(NamedTuple):
    python: Path
    packages: Path
    """Where the packages are, and nothing but what was installed here."""

    def run(self, program: str, **environment: str) -> str:
        done = subprocess.run(
            [self.python, "-I", "-W", "error", "-c", program],
            cwd=self.packages.anchor,
            env=os.environ | {"CHATROUTES_TRANSPORT": ""} | environment,
            capture_output=True,
            encoding="utf-8",
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout


def needed_by(found: Distribution) -> Iterator[str]:
    """What comes with a package that is installed without an extra."""
    for each in map(Requirement, found.requires or ()):
        if each.marker is None or each.marker.evaluate({"extra": ""}):
            yield each.name
            yield from needed_by(distribution(each.name))


def copy_package(found: Distribution, folder: Path) -> None:
    """Take a package over as it is here: the index is not asked for what has been installed before."""
    for file in found.files or ():
        source = Path(str(found.locate_file(file)))
        if ".." not in file.parts and source.is_file() and source.suffix != ".pyc":
            target = folder / file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An empty environment with the wheel, and with what it says that it needs."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder / "environment", with_pip=False, symlinks=os.name != "nt")
    python = folder / "environment" / ("Scripts" if os.name == "nt" else "bin") / "python"

    def succeed(*command: str) -> str:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    succeed(sys.executable, *f"-m hatchling build -t wheel -d {folder / 'dist'}".split())
    [wheel] = (folder / "dist").iterdir()
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", f"--python={python}")
    succeed(*pip, "install", "--quiet", "--no-index", "--no-deps", str(wheel))
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(succeed(str(python), "-I", "-c", where).strip())
    for name in dict.fromkeys(needed_by(distribution("chatroutes"))):
        copy_package(distribution(name), packages)
    succeed(*pip, "check")
    return Environment(python, packages)


def test_the_quick_start_runs_on_the_plain_install(installed: Environment) -> None:
    with LocalServer(api_key=QUICK_START_KEY) as server:
        out = installed.run(QUICK_START, CHATROUTES_BASE_URL=server.base_url)
    assert QUICK_START_REPLY in out


def test_the_plain_install_has_what_it_needs_and_no_more(installed: Environment) -> None:
    program = "from importlib.metadata import distributions\nfor each in distributions(): print(each.name)"
    there = set(installed.run(program).split())
    named = {"chatroutes", "httpx", "attrs", "python-dateutil"}
    assert named <= there
    brought_along = {"anyio", "certifi", "h11", "httpcore", "idna", "six", "tzdata"}
    before_3_13 = {"typing_extensions"}
    assert there <= named | brought_along | before_3_13


def test_the_fast_transport_says_what_it_needs(installed: Environment) -> None:
    program = (
        "from chatroutes import AsyncChatRoutes, ChatRoutes, ValidationError\n"
        "for kind in (ChatRoutes, AsyncChatRoutes):\n"
        "    try: kind('a-key', transport='fast')\n"
        "    except ValidationError as error: print(error)\n"
    )
    sentence = "The transport 'fast' needs more: pip install \"chatroutes[fast]\" installs it."
    assert installed.run(program).splitlines() == [sentence, sentence]


def test_the_contract_comes_with_the_plain_install(installed: Environment) -> None:
    path = Path(installed.run("import chatroutes; print(chatroutes.openapi_path())").strip())
    assert path.is_relative_to(installed.packages)
    assert path.read_bytes() == chatroutes.openapi_path().read_bytes()


def test_the_server_serves_the_contract_that_the_package_names(installed: Environment) -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(installed.packages)!r})\n"
        "import chatroutes, chatroutes_server.api.validation as served\n"
        "served.Contract()\n"
        "print(next(each for each in served.PLACES if each.is_file()) == chatroutes.openapi_path())\n"
        "print(chatroutes.openapi_path())"
    )
    here = Environment(Path(sys.executable), installed.packages)  # which has what a server needs
    same, path = here.run(program).splitlines()
    assert same == "True"
    assert Path(path).is_relative_to(installed.packages)
