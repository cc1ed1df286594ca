"""The command scripts/api-diff: what it compares, and which changes it allows."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.support.api_changes import (
    SPEC,
    Json,
    add_an_operation,
    api_diff,
    contract,
    remove_an_enum_value,
    remove_an_operation,
)
from tests.support.markers import requires_redocly
from tests.support.paths import ROOT

Run = Callable[..., tuple[int, str, str]]

pytestmark = pytest.mark.check


@pytest.mark.parametrize(
    ("since", "version", "expected"),
    [
        ("0.3.0", "0.3.0", False),
        ("0.3.0", "0.3.1", False),
        ("0.3.9", "0.4.0", True),
        ("0.3.0", "0.10.0", True),
        ("0.3.0", "0.2.0", False),
        ("0.3.0", "1.0.0", True),
        ("1.3.0", "1.4.0", False),
        ("1.3.0", "2.0.0", True),
        ("2.0.0", "1.9.0", False),
    ],
)
def test_minor_or_major_version_allows_breaking_changes(
    since: str, version: str, expected: bool
) -> None:
    assert api_diff.allows_breaking_changes(version, since=since) == expected


# The command


class Repository:
    """A checkout whose contract is the released one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.released = folder / "openapi/released/chatroutes-0.3.0.yaml"
        self.accepted = folder / "openapi/released/accepted.yaml"
        self.released.parent.mkdir(parents=True)
        shutil.copy(ROOT / SPEC, folder / SPEC)
        shutil.copy(ROOT / SPEC, self.released)
        (folder / "README.md").write_text("Empty.\n", "utf-8")
        self.git("init", "--quiet")

    def git(self, *arguments: str) -> None:
        identity = ("-c", "user.name=Someone", "-c", "user.email=someone@example.com")
        unsigned = ("-c", "commit.gpgsign=false", "-c", "tag.gpgsign=false")
        subprocess.run(["git", *identity, *unsigned, *arguments], cwd=self.folder, check=True)

    def release(self, tag: str, *files: str) -> None:
        self.git("add", *files)
        self.git("commit", "--quiet", "-m", "A release")
        self.git("tag", tag)

    def accept(self, change: str) -> None:
        entries = [{"change": change, "reason": "Never used."}]
        self.accepted.write_text(yaml.safe_dump(entries), "utf-8")

    def edit(self, *changes: Callable[[Json], None]) -> None:
        document = contract()
        for change in changes:
            change(document)
        (self.folder / SPEC).write_text(yaml.safe_dump(document, sort_keys=False), "utf-8")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


@pytest.fixture
def run(repository: Repository, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs the command in the repository and returns its exit code and output."""

    def run(*arguments: str) -> tuple[int, str, str]:
        code = api_diff.main(list(arguments), repository.folder)
        return code, *capsys.readouterr()

    return run


def set_version(version: str) -> Callable[[Json], None]:
    def change(document: Json) -> None:
        document["info"]["version"] = version

    return change


@pytest.mark.parametrize("files", [(), ("chatroutes-0.3.0.yaml", "chatroutes-0.4.0.yaml")])
def test_one_released_contract_is_required(
    repository: Repository, run: Run, files: tuple[str, ...]
) -> None:
    repository.released.unlink()
    for name in files:
        (repository.released.parent / name).touch()
    message = f"openapi/released must contain one contract, not {len(files)}.\n"
    assert run("--check") == (2, "", message)


def test_released_contract_is_that_of_the_changelog() -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    versions = re.findall(r"^## \[(\d\S*)\]", text, re.MULTILINE)
    released = api_diff.find_released(ROOT)
    assert released.name == f"chatroutes-{versions[0]}.yaml"
    assert api_diff.parse(released.read_text("utf-8"), "")["info"]["version"] == versions[0]


def test_release_without_a_contract_is_not_compared(repository: Repository, run: Run) -> None:
    repository.release("v0.2.6", "README.md")
    message = f"There is nothing to compare with: v0.2.6 has no {SPEC}.\n"
    assert run("--check", "v0.2.6") == (0, message, "")


@pytest.mark.parametrize(
    ("base", "message"),
    [
        ("nowhere", "nowhere is neither a file nor a commit of this repository.\n"),
        (
            str(ROOT / "README.md"),
            f"{ROOT / 'README.md'} is not an OpenAPI document with a version.\n",
        ),
    ],
)
def test_unreadable_base_is_reported(
    repository: Repository, run: Run, base: str, message: str
) -> None:
    assert run(base) == (2, "", message)


@requires_redocly
def test_invalid_contract_is_reported(repository: Repository, run: Run) -> None:
    repository.edit(lambda document: document["components"]["schemas"].pop("Usage"))
    code, out, err = run(str(ROOT / SPEC))
    assert (code, out) == (2, "")
    assert err.startswith("redocly cannot compare the contracts:\n#/components/schemas/")
    assert err.endswith(": Can't resolve $ref\n")


REMOVED = "Operation `DELETE /conversations/{conversationId}` was removed."
NOT_ACCEPTED = (
    "**There are breaking changes that openapi/released/accepted.yaml does not accept. "
    "Undo them, or list each with a reason.**"
)


@requires_redocly
def test_breaking_changes_must_be_accepted(repository: Repository, run: Run) -> None:
    code, out, err = run("--check")
    assert (code, err) == (0, "")
    assert out == "# API changes since 0.3.0\n\nThe version is 0.3.0.\n\nThere are no changes.\n"

    repository.edit(remove_an_operation)
    code, out, err = run("--check")
    assert (code, err) == (1, "")
    assert f"## Breaking\n\n- {REMOVED}" in out
    assert out.endswith(f"{NOT_ACCEPTED}\n")
    assert run()[:2] == (0, out)

    repository.accept("Operation `DELETE *` was removed.")
    code, out, err = run("--check")
    assert (code, err) == (0, "")
    assert f"- {REMOVED} (deleteConversation) Accepted: Never used.\n" in out

    repository.edit(remove_an_operation, remove_an_enum_value)
    code, out, err = run("--check")
    assert (code, err) == (1, "")
    assert out.endswith(f"{NOT_ACCEPTED}\n")


@requires_redocly
def test_accepted_changes_must_exist(repository: Repository, run: Run) -> None:
    repository.edit(add_an_operation)
    assert run("--check")[0] == 0
    repository.accept(REMOVED)
    code, out, _ = run("--check")
    assert code == 1
    assert (
        f"**openapi/released/accepted.yaml accepts a change that does not exist: {REMOVED}**" in out
    )


@requires_redocly
def test_breaking_changes_need_a_new_version_in_a_release(repository: Repository, run: Run) -> None:
    repository.accept(REMOVED)
    repository.edit(remove_an_operation, set_version("0.3.1"))
    code, out, _ = run("--release")
    assert code == 1
    assert "The version changed from 0.3.0 to 0.3.1." in out
    assert out.endswith(
        "**The version does not allow breaking changes. Set the version to 0.4.0.**\n"
    )
    assert repository.released.exists()

    repository.edit(remove_an_operation, set_version("0.4.0"))
    code, out, _ = run("--release")
    assert code == 0
    assert out.endswith("The released contract is now openapi/released/chatroutes-0.4.0.yaml.\n")
    assert sorted(each.name for each in repository.released.parent.iterdir()) == [
        "accepted.yaml",
        "chatroutes-0.4.0.yaml",
    ]
    assert yaml.safe_load(repository.accepted.read_text("utf-8")) == []
    assert run("--check")[1].endswith("There are no changes.\n")


@requires_redocly
def test_base_can_be_a_commit(repository: Repository, run: Run) -> None:
    repository.release("v0.3.0", "openapi")
    repository.edit(remove_an_operation)
    code, out, err = run("--check", "v0.3.0")
    assert (code, err) == (1, "")
    assert out.startswith("# API changes since v0.3.0\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "- a",
            "openapi/released/accepted.yaml is not a list of objects with change and reason.\n",
        ),
        ("- { change: a, reason: '' }", "openapi/released/accepted.yaml has no reason for: a\n"),
    ],
)
def test_invalid_list_of_accepted_changes_is_reported(
    repository: Repository, run: Run, text: str, message: str
) -> None:
    repository.accepted.write_text(text, "utf-8")
    assert run() == (2, "", message)


def test_missing_node_is_reported(
    repository: Repository,
    run: Run,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    programs = tmp_path_factory.mktemp("programs")
    for name in ("sh", "dirname"):
        (programs / name).symlink_to(shutil.which(name) or "")
    monkeypatch.setenv("PATH", str(programs))
    repository.edit(remove_an_operation)

    code, out, err = run("--check", str(ROOT / SPEC))
    assert (code, out) == (2, "")
    assert "NOT RUN: redocly diff " in err

    code, out, err = run("--check", "--if-there", str(ROOT / SPEC))
    assert (code, err) == (0, "")
    assert out.startswith("NOT RUN: redocly diff ")
    assert "there is no node" in out
