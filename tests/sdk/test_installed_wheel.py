"""The wheel, installed into an empty environment."""

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
    """The site-packages folder, which contains only the installed packages."""

    def run(self, program: str, **environment: str) -> str:
        result = subprocess.run(
            [self.python, "-I", "-W", "error", "-c", program],
            cwd=self.packages.anchor,
            env=os.environ | {"CHATROUTES_TRANSPORT": ""} | environment,
            capture_output=True,
            encoding="utf-8",
        )
        assert (result.returncode, result.stderr) == (0, "")
        return result.stdout


def iterate_dependencies(package: Distribution) -> Iterator[str]:
    """Yield the names of all dependencies of a package without extras."""
    for requirement in map(Requirement, package.requires or ()):
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield requirement.name
            yield from iterate_dependencies(distribution(requirement.name))


def copy_package(package: Distribution, folder: Path) -> None:
    """Copy an installed package into a folder, so that no package index is needed."""
    for file in package.files or ():
        source = Path(str(package.locate_file(file)))
        if ".." not in file.parts and source.is_file() and source.suffix != ".pyc":
            target = folder / file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Create an environment with the wheel and its dependencies."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder / "environment", with_pip=False, symlinks=os.name != "nt")
    python = folder / "environment" / ("Scripts" if os.name == "nt" else "bin") / "python"

    def run_command(*command: str) -> str:
        result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    run_command(sys.executable, *f"-m hatchling build -t wheel -d {folder / 'dist'}".split())
    [wheel] = (folder / "dist").iterdir()
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", f"--python={python}")
    run_command(*pip, "install", "--quiet", "--no-index", "--no-deps", str(wheel))
    print_purelib = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(run_command(str(python), "-I", "-c", print_purelib).strip())
    for name in dict.fromkeys(iterate_dependencies(distribution("chatroutes"))):
        copy_package(distribution(name), packages)
    run_command(*pip, "check")
    return Environment(python, packages)


def test_quick_start_runs_without_extras(installed: Environment) -> None:
    with LocalServer(api_key=QUICK_START_KEY) as server:
        out = installed.run(QUICK_START, CHATROUTES_BASE_URL=server.base_url)
    assert QUICK_START_REPLY in out


def test_install_without_extras_has_only_required_packages(installed: Environment) -> None:
    program = "from importlib.metadata import distributions\nfor each in distributions(): print(each.name)"
    installed_names = set(installed.run(program).split())
    direct = {"chatroutes", "httpx", "attrs", "python-dateutil"}
    assert direct <= installed_names
    indirect = {"anyio", "certifi", "h11", "httpcore", "idna", "six", "tzdata"}
    backports = {"typing_extensions"}
    assert installed_names <= direct | indirect | backports


def test_fast_transport_names_the_missing_extra(installed: Environment) -> None:
    program = (
        "from chatroutes import AsyncChatRoutes, ChatRoutes, ValidationError\n"
        "for client_class in (ChatRoutes, AsyncChatRoutes):\n"
        "    try: client_class('a-key', transport='fast')\n"
        "    except ValidationError as error: print(error)\n"
    )
    message = (
        "The transport 'fast' is not installed. Install it with: pip install \"chatroutes[fast]\"."
    )
    assert installed.run(program).splitlines() == [message, message]


def test_contract_is_installed_without_extras(installed: Environment) -> None:
    path = Path(installed.run("import chatroutes; print(chatroutes.openapi_path())").strip())
    assert path.is_relative_to(installed.packages)
    assert path.read_bytes() == chatroutes.openapi_path().read_bytes()


def test_server_uses_the_installed_contract(installed: Environment) -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(installed.packages)!r})\n"
        "import chatroutes, chatroutes_server.contract as served\n"
        "served.load_contract()\n"
        "print(next(each for each in served.CONTRACT_PATHS if each.is_file()) == chatroutes.openapi_path())\n"
        "print(chatroutes.openapi_path())"
    )
    # This interpreter has the server's dependencies.
    environment = Environment(Path(sys.executable), installed.packages)
    same, path = environment.run(program).splitlines()
    assert same == "True"
    assert Path(path).is_relative_to(installed.packages)


@pytest.mark.check
def test_types_of_the_installed_package_are_complete(
    installed: Environment, tmp_path: Path
) -> None:
    # Type checkers read the types of an installed package only if it has a file py.typed.
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    # pyright verifies the package that the first Python of the PATH finds.
    path = os.pathsep.join([str(installed.python.parent), variables["PATH"]])
    result = subprocess.run(
        [
            sys.executable,
            *["-m", "pyright", "--ignoreexternal", "--verbose", "--verifytypes", "chatroutes"],
        ],
        cwd=tmp_path,
        env=variables | {"PATH": path, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"},
        capture_output=True,
        encoding="utf-8",
    )
    assert result.returncode == 0, result.stdout
    assert str(installed.packages / "chatroutes" / "py.typed") in result.stdout
    assert "Type completeness score: 100%" in result.stdout
