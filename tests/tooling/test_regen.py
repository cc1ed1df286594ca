"""Whatever is generated or derived is told from its source, and nothing else is touched."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
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
from tests.support.markers import single_python

# The command.


class Runs(NamedTuple):
    """A check, a mending and another check of a checkout that had drifted, each under a hash seed of its own."""

    clean: dict[str, bytes]
    drifted: dict[str, FileState]
    check: subprocess.CompletedProcess[str]
    checked: dict[str, FileState]
    mend: subprocess.CompletedProcess[str]
    mended: dict[str, FileState]
    check_again: subprocess.CompletedProcess[str]
    checked_again: dict[str, FileState]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    checkout = copy_checkout(tmp_path_factory.mktemp("drifted"))
    clean = file_contents(read_files(checkout))
    replace_text(checkout / WIRE / "models/usage.py", "class Usage", "class  Usage")
    (checkout / WIRE / "types.py").unlink()
    (checkout / WIRE / "models/orphan.py").write_text("")
    (checkout / "chatroutes/_sync/orphan.py").write_text("")
    (checkout / "tests/sdk/_sync/orphan.py").write_text("")
    replace_text(checkout / "chatroutes/_sync/resources/branches.py", "def merge", "def  merge")
    drifted = read_files(checkout)
    return Runs(
        clean,
        drifted,
        run_regen(checkout, "--check", hash_seed="1"),
        read_files(checkout),
        run_regen(checkout, hash_seed="4242"),
        read_files(checkout),
        run_regen(checkout, "--check", hash_seed="70707"),
        read_files(checkout),
    )


@single_python
def test_a_check_names_all_that_drifted_and_touches_nothing(runs: Runs) -> None:
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
    assert runs.checked == runs.drifted


@single_python
def test_regenerating_mends_what_drifted_and_touches_nothing_else(runs: Runs) -> None:
    assert runs.mend.returncode == 0
    assert runs.mend.stdout.startswith("6 of ")
    assert file_contents(runs.mended) == runs.clean
    touched = {name for name in runs.mended if runs.mended[name] != runs.drifted.get(name)}
    assert touched == {
        "chatroutes/_sync/resources/branches.py",
        f"{WIRE}/models/usage.py",
        f"{WIRE}/types.py",
    }


@single_python
def test_a_check_of_a_clean_checkout_passes_and_touches_nothing(runs: Runs) -> None:
    # Under another hash seed than it was rendered with, so that nothing depends on it.
    assert (runs.check_again.returncode, runs.check_again.stderr) == (0, "")
    assert re.fullmatch(r"All \d+ generated files are up to date\.\n", runs.check_again.stdout)
    assert runs.checked_again == runs.mended


@single_python
def test_a_contract_that_cannot_be_rendered_leaves_all_as_it_is(tmp_path: Path) -> None:
    checkout = copy_checkout(tmp_path)
    spec = checkout / "openapi/chatroutes.yaml"
    replace_text(spec, "#/components/schemas/TreeMetadata", "#/components/schemas/Nowhere")
    before = read_files(checkout)
    done = run_regen(checkout)
    assert done.returncode == 1
    assert done.stderr.startswith("The contract cannot be rendered:\n")
    assert "Nowhere" in done.stderr
    assert "Traceback" not in done.stderr
    assert read_files(checkout) == before


# What it is made of, each difference by itself.


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Any, Any]]:
    """A checkout, its scripts/regen.py, and all that it wants to be there: what is, as seen above."""
    folder = copy_checkout(tmp_path_factory.mktemp("checkout"))
    script: Any = load_script("regen", folder / "scripts")
    made = [script.SPEC_30]
    for each in (script.WIRE, *script.SYNC_FOLDERS.values()):
        made += [file for file in each.rglob("*") if file.is_file()]
    yield folder, script, {file: file.read_text("utf-8") for file in made}
    unload_scripts()


def add_a_line(file: Path) -> None:
    file.write_text(file.read_text("utf-8") + "# a note\n", "utf-8")


def empty(file: Path) -> None:
    file.write_text("", "utf-8")


def other_line_ends(file: Path) -> None:
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))


def not_text(file: Path) -> None:
    file.write_bytes(b"\xff\xfe")


@single_python
@pytest.mark.parametrize(
    ("name", "change", "matter"),
    [
        (f"{WIRE}/client.py", add_a_line, "differs"),
        (f"{WIRE}/client.py", other_line_ends, "differs"),
        (f"{WIRE}/client.py", not_text, "differs"),
        (f"{WIRE}/client.py", empty, "differs"),
        (f"{WIRE}/client.py", Path.unlink, "missing"),
        (f"{WIRE}/py.typed", Path.unlink, "missing"),
        (f"{WIRE}/api/messages/send_message.py", Path.unlink, "missing"),
        (f"{WIRE}/more.py", empty, "unexpected"),
        (f"{WIRE}/api/messages/more.py", empty, "unexpected"),
        (f"{WIRE}/more.txt", empty, "unexpected"),
        (SPEC_30, add_a_line, "differs"),
        (SPEC_30, Path.unlink, "missing"),
        ("chatroutes/_sync/client.py", add_a_line, "differs"),
        ("chatroutes/_sync/client.py", Path.unlink, "missing"),
        ("chatroutes/_sync/more.py", empty, "unexpected"),
        ("chatroutes/_sync/more/more.py", empty, "unexpected"),
        ("tests/sdk/_sync/__init__.py", add_a_line, "differs"),
        ("tests/sdk/_sync/more.py", empty, "unexpected"),
    ],
)
def test_a_difference_is_found_named_and_mended(
    rendered: tuple[Path, Any, Any], name: str, change: Callable[[Path], None], matter: str
) -> None:
    folder, script, wanted = rendered
    assert script.compare(wanted) == []
    (folder / name).parent.mkdir(exist_ok=True)
    change(folder / name)

    [difference] = script.compare(wanted)

    assert difference.splitlines()[0] == f"{name}: {matter}"
    assert script.write(wanted) == 1
    assert script.compare(wanted) == []


@single_python
def test_a_changed_contract_is_drift_until_it_is_rendered(
    rendered: tuple[Path, Any, Any],
) -> None:
    folder, script, wanted = rendered
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
      summary: Ask for a sign of life
      description: Says that it is there.
      responses:
        '200':
          description: It is there.
          content:
            application/json:
              schema: { $ref: '#/components/schemas/DeleteResponse' }

  /conversations/{conversationId}/tree:
""",
    )

    try:
        changed = wanted | script.render_wire() | script.convert_spec()
    finally:
        spec.write_text(text, "utf-8")
    differences = script.compare(changed)

    assert reported_files("\n".join(differences)) == [
        f"{WIRE}/api/conversations/ping.py: missing",
        f"{WIRE}/models/usage.py: differs",
        f"{WIRE}/types.py: differs",
        f"{SPEC_30}: differs",
    ]
    assert "+    tokensOfPrompt: int" in differences[2]
    assert "+  /ping:" in differences[3]
    assert script.write(changed) == 4
    assert script.compare(changed) == []
    assert script.write(wanted) == 4
    assert script.compare(wanted) == []


@single_python
@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        pytest.param(
            "openapi: 3.1.0", "openapi: [3.1.0", "The contract cannot be rendered:", id="no YAML"
        ),
        pytest.param(
            "operationId: mergeBranch",
            "operationId: MergeBRANCH",
            "The generator changes these operationIds (write them in camelCase): ",
            id="an operationId that is not in camelCase",
        ),
    ],
)
def test_a_contract_that_cannot_be_rendered_is_told_in_a_sentence(
    rendered: tuple[Path, Any, Any], old: str, new: str, sentence: str
) -> None:
    folder, script, _ = rendered
    spec = folder / "openapi/chatroutes.yaml"
    text = spec.read_text("utf-8")
    replace_text(spec, old, new)
    try:
        with pytest.raises(script.GenerationError, match=f"^{re.escape(sentence)}"):
            script.render_wire()
    finally:
        spec.write_text(text, "utf-8")


@single_python
def test_what_3_0_cannot_say_is_told_with_its_place(rendered: tuple[Path, Any, Any]) -> None:
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
