"""The wheel and the source distribution, the public names, and the cost of imports."""

from __future__ import annotations

import email
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import chatroutes
from chatroutes import ValidationError, errors, types
from tests.support.imported_modules import imported_modules
from tests.support.markdown import read_links
from tests.support.paths import ROOT

CONTRACTS = sorted((ROOT / "openapi").glob("chatroutes*.yaml"), key=lambda file: len(file.name))


def build(source: Path, folder: Path, *targets: str, hash_seed: str = "1") -> list[Path]:
    options = [word for target in targets for word in ("-t", target)]
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", *options, "-d", str(folder)],
        cwd=source,
        env=os.environ | {"PYTHONHASHSEED": hash_seed},
        check=True,
        capture_output=True,
    )
    return sorted(folder.iterdir())


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Build the source distribution and the wheel from this checkout."""
    source, wheel = sorted(
        build(ROOT, tmp_path_factory.mktemp("dist"), "sdist", "wheel"),
        key=lambda file: file.suffix == ".whl",
    )
    return source, wheel


@pytest.fixture(scope="module")
def wheel(built: tuple[Path, Path]) -> Iterator[zipfile.ZipFile]:
    with zipfile.ZipFile(built[1]) as opened:
        yield opened


def test_wheel_contains_the_packages(wheel: zipfile.ZipFile) -> None:
    packages = {
        "chatroutes": ROOT / "chatroutes",
        "chatroutes_cli": ROOT / "chatroutes_cli",
        "chatroutes_server": ROOT / "chatroutes_server",
        "chatroutes_testing": ROOT / "chatroutes_testing",
        "chatroutes_wire": ROOT / "generated/chatroutes_wire",
    }
    expected = {
        f"{name}/{file.relative_to(folder).as_posix()}"
        for name, folder in packages.items()
        for file in folder.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    names = {name for name in wheel.namelist() if ".dist-info/" not in name}
    contracts = {f"chatroutes/openapi/{file.name}": file for file in CONTRACTS}
    assert names == expected | contracts.keys()
    assert {f"{name}/py.typed" for name in packages} <= names
    for name, file in contracts.items():
        assert wheel.read(name) == file.read_bytes()
    assert len(wheel.namelist()) == len(set(wheel.namelist()))


@pytest.mark.check
def test_builds_are_reproducible(built: tuple[Path, Path], tmp_path: Path) -> None:
    source, wheel = built
    with tarfile.open(source) as opened:
        # Python 3.11.4 added filters. Python 3.12 warns without one.
        opened.extraction_filter = getattr(tarfile, "data_filter", None)
        opened.extractall(tmp_path)
    [unpacked] = tmp_path.iterdir()
    for seed in ("1", "2"):
        [rebuilt] = build(unpacked, tmp_path / f"wheel-{seed}", "wheel", hash_seed=seed)
        assert rebuilt.name == wheel.name
        assert rebuilt.read_bytes() == wheel.read_bytes()
    [second] = build(ROOT, tmp_path / "sdist", "sdist", hash_seed="2")
    assert second.read_bytes() == source.read_bytes()


@pytest.mark.check
def test_build_reads_every_gitignore(built: tuple[Path, Path]) -> None:
    """The build reads the file of the root alone: what another one names would be distributed."""
    with tarfile.open(built[0]) as opened:
        files = [name for name in opened.getnames() if name.endswith("/.gitignore")]
    assert files == [f"chatroutes-{chatroutes.__version__}/.gitignore"]


def test_openapi_path_returns_the_contract() -> None:
    assert chatroutes.openapi_path() == CONTRACTS[0]
    assert yaml.safe_load(chatroutes.openapi_path().read_text("utf-8"))["openapi"] == "3.1.0"
    assert {chatroutes.openapi_path("3.1"), chatroutes.openapi_path("3.0")} >= set(CONTRACTS)
    with pytest.raises(ValidationError, match=r"version must be one of 3\.1, 3\.0, not '2\.0'\."):
        chatroutes.openapi_path("2.0")  # type: ignore[arg-type]


def test_wheel_is_platform_independent_and_contains_the_license(wheel: zipfile.ZipFile) -> None:
    version = chatroutes.__version__
    assert Path(str(wheel.filename)).name == f"chatroutes-{version}-py3-none-any.whl"
    metadata_files = {name.split("/", 1)[1] for name in wheel.namelist() if ".dist-info/" in name}
    assert metadata_files == {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"}


def test_wheel_requires_three_packages(wheel: zipfile.ZipFile) -> None:
    folder = f"chatroutes-{chatroutes.__version__}.dist-info"
    metadata = email.message_from_bytes(wheel.read(f"{folder}/METADATA"))
    requirements = [
        each for each in metadata.get_all("Requires-Dist", []) if "extra ==" not in each
    ]
    names = {re.split(r"[^\w-]", each)[0] for each in requirements}
    assert names == {"httpx", "attrs", "python-dateutil"}
    assert metadata["Name"] == "chatroutes"
    assert metadata["Version"] == chatroutes.__version__
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["License-Expression"] == "MIT"
    assert set(metadata.get_all("Provides-Extra", [])) == {
        "server",
        "cli",
        "fast",
        "otel",
        "postgres",
        "testing",
        "test",
        "dev",
        "docs",
    }


def test_links_of_the_description_are_urls_of_the_release(wheel: zipfile.ZipFile) -> None:
    folder = f"chatroutes-{chatroutes.__version__}.dist-info"
    metadata = email.message_from_bytes(wheel.read(f"{folder}/METADATA"))
    assert metadata["Description-Content-Type"] == "text/markdown"
    links = read_links(str(metadata.get_payload()))
    assert [each for each in links if not each.startswith(("https://", "#"))] == []
    tag = f"v{chatroutes.__version__}"
    repositories = (
        f"https://github.com/chatroutes/chatroutes-python-sdk/blob/{tag}/",
        f"https://raw.githubusercontent.com/chatroutes/chatroutes-python-sdk/{tag}/",
    )
    paths = [each.removeprefix(url) for url in repositories for each in links if url in each]
    assert len(paths) > 50
    assert [each for each in paths if not (ROOT / each.partition("#")[0]).is_file()] == []


def test_public_names_are_sorted_and_exist() -> None:
    assert chatroutes.__all__ == sorted(chatroutes.__all__)
    assert len(set(chatroutes.__all__)) == len(chatroutes.__all__)
    for name in chatroutes.__all__:
        assert hasattr(chatroutes, name)


def test_names_of_the_first_release_are_public() -> None:
    clients_and_errors = (
        "ChatRoutes ChatRoutesError AuthenticationError RateLimitError ValidationError "
        "NotFoundError ServerError"
    )
    types_of_the_first_release = (
        "Conversation Message Branch CreateConversationRequest SendMessageRequest "
        "SendMessageResponse CreateBranchRequest ForkConversationRequest ConversationTree "
        "TreeNode ListConversationsParams PaginatedResponse StreamChunk"
    )
    documented = {*clients_and_errors.split(), *types_of_the_first_release.split()}
    assert documented <= set(chatroutes.__all__)


def test_every_error_and_type_is_public() -> None:
    error_names = {name for name in vars(errors) if name.endswith("Error")}
    assert error_names <= set(chatroutes.__all__)
    type_names = {name for name in vars(types) if name[0].isupper()} - {"TypedDict"}
    # Types that only the methods themselves use.
    internal = {"ConversationPage", "ListCheckpointsParams", "ListMessagesParams"}
    assert type_names - internal <= set(chatroutes.__all__)


@pytest.mark.parametrize(
    ("statement", "excluded"),
    [
        (
            "import chatroutes",
            "chatroutes_wire.models attrs dateutil starlette uvicorn sqlalchemy yaml trio "
            "chatroutes_server",
        ),
        ("import chatroutes_wire.types", "httpx attrs dateutil chatroutes"),
        ("import chatroutes.models", "starlette chatroutes_server"),
        ("import chatroutes_server", "chatroutes chatroutes_wire starlette uvicorn sqlalchemy"),
        (
            "from chatroutes_server import LocalServer\nwith LocalServer(): pass",
            "chatroutes chatroutes_wire",
        ),
    ],
)
def test_imports_load_no_unused_packages(statement: str, excluded: str) -> None:
    assert imported_modules(statement) & set(excluded.split()) == set()


def test_package_and_contract_have_the_same_version() -> None:
    # They are released together, and scripts/api-diff compares the contract's version with its changes.
    contract = yaml.safe_load(CONTRACTS[0].read_text("utf-8"))
    assert contract["info"]["version"] == chatroutes.__version__


def test_newest_changelog_entry_is_the_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    versions = re.findall(r"^## \[?v?(\d+\.\d+\.\d+\w*)\]?", changelog, re.MULTILINE)
    assert versions[0] == chatroutes.__version__
    assert len(set(versions)) == len(versions)
