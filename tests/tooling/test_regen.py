"""regen.py finds and restores generated and derived files that differ, and changes no other file."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.checkout import (
    FIX_HINT,
    SPEC_30,
    WIRE,
    FileState,
    copy_checkout,
    file_contents,
    load_script,
    read_files,
    replace_text,
    reported_files,
    run_regen,
    unload_scripts,
)
from tests.support.paths import ROOT

pytestmark = pytest.mark.check

# The command


class RegenRuns(NamedTuple):
    """A check, a regeneration and a second check of a changed checkout, each with a different hash seed."""

    clean_files: dict[str, bytes]
    changed_files: dict[str, FileState]
    check: subprocess.CompletedProcess[str]
    files_after_check: dict[str, FileState]
    write: subprocess.CompletedProcess[str]
    written_files: dict[str, FileState]
    second_check: subprocess.CompletedProcess[str]
    files_after_second_check: dict[str, FileState]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> RegenRuns:
    checkout = copy_checkout(tmp_path_factory.mktemp("changed"))
    clean_files = file_contents(read_files(checkout))
    replace_text(checkout / WIRE / "models/usage.py", "class Usage", "class  Usage")
    (checkout / WIRE / "types.py").unlink()
    (checkout / WIRE / "models/orphan.py").write_text("")
    (checkout / "chatroutes/_sync/orphan.py").write_text("")
    (checkout / "tests/sdk/_sync/orphan.py").write_text("")
    replace_text(checkout / "chatroutes/_sync/resources/branches.py", "def merge", "def  merge")
    changed_files = read_files(checkout)
    return RegenRuns(
        clean_files,
        changed_files,
        run_regen(checkout, "--check", hash_seed="1"),
        read_files(checkout),
        run_regen(checkout, hash_seed="4242"),
        read_files(checkout),
        run_regen(checkout, "--check", hash_seed="70707"),
        read_files(checkout),
    )


def test_check_reports_differences_and_changes_no_file(runs: RegenRuns) -> None:
    assert runs.check.returncode == 1
    assert reported_files(runs.check.stdout) == [
        "chatroutes/_sync/orphan.py: unexpected",
        "chatroutes/_sync/resources/branches.py: differs",
        f"{WIRE}/models/orphan.py: unexpected",
        f"{WIRE}/models/usage.py: differs",
        f"{WIRE}/types.py: missing",
        "tests/sdk/_sync/orphan.py: unexpected",
    ]
    assert runs.check.stdout.endswith(f"6 files are not up to date. {FIX_HINT}\n")
    assert "-    def  merge" in runs.check.stdout
    assert "+    def merge" in runs.check.stdout
    assert runs.files_after_check == runs.changed_files


def test_regen_restores_only_differing_files(runs: RegenRuns) -> None:
    assert runs.write.returncode == 0
    assert runs.write.stdout.startswith("6 of ")
    assert file_contents(runs.written_files) == runs.clean_files
    touched = {
        name
        for name in runs.written_files
        if runs.written_files[name] != runs.changed_files.get(name)
    }
    assert touched == {
        "chatroutes/_sync/resources/branches.py",
        f"{WIRE}/models/usage.py",
        f"{WIRE}/types.py",
    }


def test_check_passes_and_changes_no_file(runs: RegenRuns) -> None:
    # The hash seed differs from the one of the regeneration, so the output does not depend on it.
    assert (runs.second_check.returncode, runs.second_check.stderr) == (0, "")
    assert re.fullmatch(r"All \d+ generated files are up to date\.\n", runs.second_check.stdout)
    assert runs.files_after_second_check == runs.written_files


def test_invalid_contract_changes_no_file(tmp_path: Path) -> None:
    checkout = copy_checkout(tmp_path)
    spec = checkout / "openapi/chatroutes.yaml"
    replace_text(spec, "#/components/schemas/TreeMetadata", "#/components/schemas/Nowhere")
    before = read_files(checkout)
    process = run_regen(checkout)
    assert process.returncode == 1
    assert process.stderr.startswith("The contract cannot be rendered:\n")
    assert "Nowhere" in process.stderr
    assert "Traceback" not in process.stderr
    assert read_files(checkout) == before


# Its functions, for one difference each


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Any, Any]]:
    """Return a copy of the checkout, its scripts/regen.py and the files that it generates."""
    folder = copy_checkout(tmp_path_factory.mktemp("checkout"))
    script: Any = load_script("regen", folder / "scripts")
    files = [script.SPEC_30, script.EXPORT_SCHEMA]
    for generated in (script.WIRE, *script.SYNC_FOLDERS.values()):
        files += [file for file in generated.rglob("*") if file.is_file()]
    yield folder, script, {file: file.read_text("utf-8") for file in files}
    unload_scripts()


def append_line(file: Path) -> None:
    file.write_text(file.read_text("utf-8") + "# a comment\n", "utf-8")


def truncate(file: Path) -> None:
    file.write_text("", "utf-8")


def convert_line_ends(file: Path) -> None:
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))


def make_binary(file: Path) -> None:
    file.write_bytes(b"\xff\xfe")


@pytest.mark.parametrize(
    ("name", "change", "problem"),
    [
        (f"{WIRE}/client.py", append_line, "differs"),
        (f"{WIRE}/client.py", convert_line_ends, "differs"),
        (f"{WIRE}/client.py", make_binary, "differs"),
        (f"{WIRE}/client.py", truncate, "differs"),
        (f"{WIRE}/client.py", Path.unlink, "missing"),
        (f"{WIRE}/py.typed", Path.unlink, "missing"),
        (f"{WIRE}/api/messages/send_message.py", Path.unlink, "missing"),
        (f"{WIRE}/more.py", truncate, "unexpected"),
        (f"{WIRE}/api/messages/more.py", truncate, "unexpected"),
        (f"{WIRE}/more.txt", truncate, "unexpected"),
        (SPEC_30, append_line, "differs"),
        (SPEC_30, Path.unlink, "missing"),
        ("chatroutes/_sync/client.py", append_line, "differs"),
        ("chatroutes/_sync/client.py", Path.unlink, "missing"),
        ("chatroutes/_sync/more.py", truncate, "unexpected"),
        ("chatroutes/_sync/more/more.py", truncate, "unexpected"),
        ("tests/sdk/_sync/__init__.py", append_line, "differs"),
        ("tests/sdk/_sync/more.py", truncate, "unexpected"),
    ],
)
def test_each_difference_is_reported_and_restored(
    rendered: tuple[Path, Any, Any], name: str, change: Callable[[Path], None], problem: str
) -> None:
    folder, script, expected = rendered
    assert script.compare(expected) == []
    (folder / name).parent.mkdir(exist_ok=True)
    change(folder / name)

    [difference] = script.compare(expected)

    assert difference.splitlines()[0] == f"{name}: {problem}"
    assert script.write(expected) == 1
    assert script.compare(expected) == []


def test_workflow_pushes_every_generated_file(rendered: tuple[Path, Any, Any]) -> None:
    folder, script, expected = rendered
    workflow = (ROOT / ".github/workflows/regenerate.yml").read_text("utf-8")
    patterns = re.findall(r"--include='(.+?)'", workflow)
    methods = [
        script.RESOURCES.parent / name for name in script.response_classes.derive(script.RESOURCES)
    ]
    names = [file.relative_to(folder).as_posix() for file in [*expected, *methods]]
    assert [name for name in names if not any(fnmatch(name, each) for each in patterns)] == []


def test_changed_contract_requires_regeneration(
    rendered: tuple[Path, Any, Any],
) -> None:
    folder, script, expected = rendered
    spec = folder / "openapi/chatroutes.yaml"
    text = spec.read_text("utf-8")
    replace_text(spec, "promptTokens", "tokensOfPrompt")
    replace_text(
        spec,
        "  /conversations/{conversationId}/tree:\n",
        """  /ping:
    get:
      operationId: ping
      tags: [conversations]
      summary: Check the service
      description: Reports that the service is available.
      parameters:
        - { name: regionOfTheService, in: query, description: A region., schema: { type: string, enum: [eu, us] } }
      responses:
        '200':
          description: The service is available.
          content:
            application/json:
              schema: { $ref: '#/components/schemas/DeleteResponse' }

  /conversations/{conversationId}/tree:
""",
    )

    try:
        updated = (
            expected | script.render_wire() | script.convert_spec() | script.derive_export_schema()
        )
    finally:
        spec.write_text(text, "utf-8")
    differences = script.compare(updated)

    assert reported_files("\n".join(differences)) == [
        f"{WIRE}/api/conversations/ping.py: missing",
        f"{WIRE}/models/__init__.py: differs",
        f"{WIRE}/models/ping_region_of_the_service.py: missing",
        f"{WIRE}/models/usage.py: differs",
        f"{WIRE}/types.py: differs",
        f"{SPEC_30}: differs",
    ]
    assert "+    tokensOfPrompt: int" in differences[4]
    assert "+  /ping:" in differences[5]
    assert script.write(updated) == 6
    assert script.compare(updated) == []
    assert script.write(expected) == 6
    assert script.compare(expected) == []


def test_invalid_contract_raises_generation_error(rendered: tuple[Path, Any, Any]) -> None:
    folder, script, _ = rendered
    spec = folder / "openapi/chatroutes.yaml"
    text = spec.read_text("utf-8")
    replace_text(spec, "openapi: 3.1.0", "openapi: [3.1.0")
    try:
        with pytest.raises(
            script.GenerationError, match=r"^The contract cannot be rendered:\ninvalid YAML: "
        ):
            script.render_wire()
    finally:
        spec.write_text(text, "utf-8")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("[a, on]", "/x-test/1 is 'on' in YAML 1.2, but True in YAML 1.1"),
        ("{ no: 1 }", "a name in /x-test is 'no' in YAML 1.2, but False in YAML 1.1"),
    ],
)
def test_contract_is_the_same_in_yaml_1_1_and_1_2(
    rendered: tuple[Path, Any, Any], value: str, message: str
) -> None:
    folder, script, _ = rendered
    spec = folder / "openapi/chatroutes.yaml"
    text = spec.read_text("utf-8")
    spec.write_text(f"{text}\nx-test: {value}\n", "utf-8")
    try:
        with pytest.raises(script.GenerationError, match=re.escape(message)):
            script.render_wire()
    finally:
        spec.write_text(text, "utf-8")


def test_error_of_the_3_0_conversion_names_the_location(rendered: tuple[Path, Any, Any]) -> None:
    folder, script, _ = rendered
    spec = folder / "openapi/chatroutes.yaml"
    text = spec.read_text("utf-8")
    replace_text(
        spec,
        "    EmptyRequest:\n      type: object",
        "    EmptyRequest:\n      unevaluatedProperties: false",
    )
    try:
        with pytest.raises(
            script.GenerationError,
            match=r"^openapi/chatroutes\.yaml: OpenAPI 3\.0 does not support `unevaluatedProperties`,"
            r" at /components/schemas/EmptyRequest$",
        ):
            script.convert_spec()
    finally:
        spec.write_text(text, "utf-8")
