"""Reports of API changes: breaking and compatible changes, and the version that allows them."""

from __future__ import annotations

import copy
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.checkout import load_script
from tests.support.markers import requires_redocly, single_python
from tests.support.paths import ROOT

SPEC = "openapi/chatroutes.yaml"

Json = dict[str, Any]
Run = Callable[..., tuple[int, str, str]]

pytestmark = single_python

api_diff: Any = load_script("api_diff", ROOT / "scripts")


def contract() -> Json:
    return api_diff.parse((ROOT / SPEC).read_text("utf-8"), SPEC)  # type: ignore[no-any-return]


def schema(document: Json, name: str) -> Json:
    return document["components"]["schemas"][name]  # type: ignore[no-any-return]


def operation(document: Json, method: str, path: str) -> Json:
    return document["paths"][path][method]  # type: ignore[no-any-return]


# Changes of different parts of the contract, each with the line that reports it.


def remove_an_operation(document: Json) -> None:
    del document["paths"]["/conversations/{conversationId}"]["delete"]


def remove_a_response_field(document: Json) -> None:
    del schema(document, "Usage")["properties"]["totalTokens"]


def remove_a_request_field(document: Json) -> None:
    del schema(document, "CreateConversationRequest")["properties"]["temperature"]


def require_a_new_field(document: Json) -> None:
    request = schema(document, "SendMessageRequest")
    request["properties"]["tone"] = {"type": "string"}
    request["required"] = [*request["required"], "tone"]


def remove_an_enum_value(document: Json) -> None:
    schema(document, "ContextMode")["enum"].remove("MINIMAL")


def change_a_type(document: Json) -> None:
    schema(document, "Model")["properties"]["id"]["type"] = "integer"


def remove_a_status(document: Json) -> None:
    del operation(document, "post", "/conversations")["responses"]["401"]


def require_a_new_parameter(document: Json) -> None:
    parameter = {"name": "tenant", "in": "query", "required": True, "schema": {"type": "string"}}
    operation(document, "get", "/conversations")["parameters"].append(parameter)


def rename_an_operation(document: Json) -> None:
    operation(document, "get", "/models")["operationId"] = "allModels"


def remove_a_field_of_a_stream_chunk(document: Json) -> None:
    del schema(document, "StreamEvent")["properties"]["content"]


def change_the_result_part(document: Json) -> None:
    schema(document, "BranchResponse")["x-result"] = "other"


BREAKING_CHANGES: list[tuple[Callable[[Json], None], str]] = [
    (
        remove_an_operation,
        "`DELETE /conversations/{conversationId}` was removed. (deleteConversation)",
    ),
    (
        remove_a_response_field,
        "`Usage`: Property `totalTokens` of `usage` was removed. (sendMessage, ",
    ),
    (
        remove_a_request_field,
        "`CreateConversationRequest.temperature` was removed. (createConversation)",
    ),
    (require_a_new_field, "Properties of `SendMessageRequest` became required: `tone`."),
    (remove_an_enum_value, "Enum of `ContextMode` lost values: 'MINIMAL'."),
    (change_a_type, "`Model`: Type of `id` widened from 'string' to 'integer'. (allModels)"),
    (remove_a_status, "`POST /conversations`: Response `401` was removed. (createConversation)"),
    (
        require_a_new_parameter,
        "`GET /conversations`: Required `tenant` query parameter was added. (listConversations)",
    ),
    (rename_an_operation, "changed from 'listModels' to 'allModels'."),
    (
        remove_a_field_of_a_stream_chunk,
        "`StreamEvent`: Property `content` of `message` was removed.",
    ),
    (change_the_result_part, '`BranchResponse` changed from `"branch"` to `"other"`.'),
]


def add_an_operation(document: Json) -> None:
    responses = {"200": {"description": "The service is available."}}
    document["paths"]["/ping"] = {"get": {"operationId": "ping", "responses": responses}}


def add_an_optional_field(document: Json) -> None:
    schema(document, "UpdateBranchRequest")["properties"]["color"] = {"type": "string"}


def add_a_response_field(document: Json) -> None:
    schema(document, "Checkpoint")["properties"]["color"] = {"type": "string"}


def add_a_known_value(document: Json) -> None:
    schema(document, "HealthResponse")["properties"]["status"]["x-known-values"].append("degraded")


def change_a_description(document: Json) -> None:
    schema(document, "TreeNode")["description"] = "A message and its replies."


def change_the_openapi_version(document: Json) -> None:
    document["openapi"] = "3.1.1"


def add_a_document_extension(document: Json) -> None:
    document["x-audience"] = "public"


OTHER_CHANGES: list[tuple[Callable[[Json], None], str]] = [
    (add_an_operation, "Operation `GET /ping` was added."),
    (add_an_optional_field, "`UpdateBranchRequest.color` was added. (updateBranch)"),
    (add_a_response_field, "`Checkpoint.color` was added. (listCheckpoints, "),
    (
        add_a_known_value,
        '`HealthResponse.status` changed from `"healthy"` to `"healthy, degraded"`. (getAutobranchHealth)',
    ),
    (require_a_new_field, "`SendMessageRequest.tone` was added. (sendMessage, "),
    (change_the_openapi_version, '`openapi` of the document changed from `"3.1.0"` to `"3.1.1"`.'),
    (
        add_a_document_extension,
        '`x-audience` of the document changed from nothing to `"public"`.',
    ),
    (change_a_description, "Descriptions or examples of `TreeNode`."),
]


@pytest.fixture(scope="module")
def sections() -> dict[str, list[str]]:
    """Return the lines under each heading of a report of all changes."""
    base = contract()
    revision = copy.deepcopy(base)
    for change in dict.fromkeys(change for change, _ in BREAKING_CHANGES + OTHER_CHANGES):
        change(revision)
    markdown, compatible = api_diff.report(base, revision, "v0.3.0")
    assert not compatible
    parts = re.split(r"^## (\w+)$", markdown, flags=re.MULTILINE)
    return {
        title: re.findall(r"^- (.+)$", text, re.MULTILINE)
        for title, text in zip(parts[1::2], parts[2::2], strict=True)
    }


@requires_redocly
@pytest.mark.parametrize(
    ("change", "line"), BREAKING_CHANGES, ids=lambda each: getattr(each, "__name__", "")
)
def test_breaking_changes_are_reported_as_breaking(
    sections: dict[str, list[str]], change: object, line: str
) -> None:
    assert [each for each in sections["Breaking"] if line in each]
    assert not [each for each in sections["Other"] if line in each]


@requires_redocly
@pytest.mark.parametrize(
    ("change", "line"), OTHER_CHANGES, ids=lambda each: getattr(each, "__name__", "")
)
def test_compatible_changes_are_reported_as_other(
    sections: dict[str, list[str]], change: object, line: str
) -> None:
    assert [each for each in sections["Other"] if line in each]
    assert not [each for each in sections["Breaking"] if line in each]


@requires_redocly
def test_only_the_changes_are_reported(sections: dict[str, list[str]]) -> None:
    assert (len(sections["Breaking"]), len(sections["Other"])) == (
        len(BREAKING_CHANGES),
        len(OTHER_CHANGES),
    )


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
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / SPEC).parent.mkdir()
        shutil.copy(ROOT / SPEC, folder / SPEC)
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


def set_version_0_4(document: Json) -> None:
    document["info"]["version"] = "0.4.0"


def test_without_a_release_nothing_is_compared(repository: Repository, run: Run) -> None:
    message = (
        "There is nothing to compare with: this repository has no release tag (such as v0.3.0).\n"
    )
    assert run() == (0, message, "")
    assert run("--check") == (0, message, "")


def test_release_without_a_contract_is_not_compared(repository: Repository, run: Run) -> None:
    repository.release("v0.2.6", "README.md")
    message = f"There is nothing to compare with: v0.2.6 has no {SPEC}.\n"
    assert run("--check") == (0, message, "")


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


@requires_redocly
def test_breaking_changes_require_a_new_version(repository: Repository, run: Run) -> None:
    repository.release("v0.2.6", "README.md")
    repository.release("v0.3.0", "openapi")
    code, out, err = run("--check")
    assert (code, err) == (0, "")
    assert out == "# API changes since v0.3.0\n\nThe version is 0.3.0.\n\nThere are no changes.\n"

    repository.edit(remove_an_operation)
    code, out, err = run("--check")
    assert (code, err) == (1, "")
    assert "## Breaking\n\n- Operation `DELETE /conversations/{conversationId}` was removed." in out
    assert "There are breaking changes. Set the version to 0.4.0." in out
    assert run("v0.3.0")[:2] == (0, out)

    repository.edit(remove_an_operation, set_version_0_4)
    code, out, err = run("--check")
    assert (code, err) == (0, "")
    assert "The version changed from 0.3.0 to 0.4.0." in out
    assert "## Breaking" in out

    repository.edit(add_an_operation)
    assert run("--check")[0] == 0


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
