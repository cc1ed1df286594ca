"""Whatever is generated or derived is told from its source, and nothing else is touched."""

from __future__ import annotations

import ast
import importlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

from tests.once import once_from_3_11

ROOT = Path(__file__).parents[1]
NEEDED = (
    "openapi",
    "templates",
    "scripts",
    "generated",
    "chatroutes",
    "tests/_async",
    "tests/_sync",
)
WIRE = "generated/chatroutes_wire"
SPEC_30 = "openapi/chatroutes-3.0.yaml"
MEND = "To mend: python scripts/regen.py"

State = tuple[int, bytes]  # when a file was changed, and what it holds


def copy_of_the_checkout(folder: Path) -> Path:
    for name in NEEDED:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    return folder


def regen(
    checkout: Path, *options: str, hash_seed: str = "random"
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "scripts/regen.py", *options],
        cwd=checkout,
        env=os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
    )


def files_of(checkout: Path) -> dict[str, State]:
    return {
        file.relative_to(checkout).as_posix(): (file.stat().st_mtime_ns, file.read_bytes())
        for file in sorted(checkout.rglob("*"))
        if file.is_file()
    }


def contents(files: dict[str, State]) -> dict[str, bytes]:
    return {name: content for name, (_, content) in files.items()}


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def named(output: str) -> list[str]:
    """The files that a check names, each with what is the matter."""
    return re.findall(r"^(\S+\.\w+: (?:differs|missing|nothing makes this file))$", output, re.M)


def forget_scripts() -> None:
    for each in ("openapi30", "unasync", "regen"):
        sys.modules.pop(each, None)


def load(name: str, scripts: Path) -> ModuleType:
    """Import a script, and what it imports, from a folder of scripts."""
    forget_scripts()
    sys.path.insert(0, str(scripts))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(scripts))


# The command.


class Runs(NamedTuple):
    """A check, a mending and another check of a checkout that had drifted, each under a hash seed of its own."""

    clean: dict[str, bytes]
    drifted: dict[str, State]
    check: subprocess.CompletedProcess[str]
    checked: dict[str, State]
    mend: subprocess.CompletedProcess[str]
    mended: dict[str, State]
    check_again: subprocess.CompletedProcess[str]
    checked_again: dict[str, State]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    checkout = copy_of_the_checkout(tmp_path_factory.mktemp("drifted"))
    clean = contents(files_of(checkout))
    replace(checkout / WIRE / "models/usage.py", "class Usage", "class  Usage")
    (checkout / WIRE / "types.py").unlink()
    (checkout / WIRE / "models/orphan.py").write_text("")
    (checkout / "chatroutes/_sync/orphan.py").write_text("")
    (checkout / "tests/_sync/orphan.py").write_text("")
    replace(checkout / "chatroutes/_sync/branches.py", "def merge", "def  merge")
    drifted = files_of(checkout)
    return Runs(
        clean,
        drifted,
        regen(checkout, "--check", hash_seed="1"),
        files_of(checkout),
        regen(checkout, hash_seed="4242"),
        files_of(checkout),
        regen(checkout, "--check", hash_seed="70707"),
        files_of(checkout),
    )


@once_from_3_11
def test_a_check_names_all_that_drifted_and_touches_nothing(runs: Runs) -> None:
    assert runs.check.returncode == 1
    assert named(runs.check.stdout) == [
        "chatroutes/_sync/branches.py: differs",
        "chatroutes/_sync/orphan.py: nothing makes this file",
        f"{WIRE}/models/orphan.py: nothing makes this file",
        f"{WIRE}/models/usage.py: differs",
        f"{WIRE}/types.py: missing",
        "tests/_sync/orphan.py: nothing makes this file",
    ]
    assert runs.check.stdout.endswith(f"6 files differ from their source. {MEND}\n")
    assert "-    def  merge" in runs.check.stdout
    assert "+    def merge" in runs.check.stdout
    assert runs.checked == runs.drifted


@once_from_3_11
def test_regenerating_mends_what_drifted_and_touches_nothing_else(runs: Runs) -> None:
    assert runs.mend.returncode == 0
    assert runs.mend.stdout.startswith("6 of ")
    assert contents(runs.mended) == runs.clean
    touched = {name for name in runs.mended if runs.mended[name] != runs.drifted.get(name)}
    assert touched == {
        "chatroutes/_sync/branches.py",
        f"{WIRE}/models/usage.py",
        f"{WIRE}/types.py",
    }


@once_from_3_11
def test_a_check_of_a_clean_checkout_passes_and_touches_nothing(runs: Runs) -> None:
    # Under another hash seed than it was rendered with, so that nothing depends on it.
    assert (runs.check_again.returncode, runs.check_again.stderr) == (0, "")
    assert re.fullmatch(
        r"\d+ generated and derived files are as their sources say\.\n", runs.check_again.stdout
    )
    assert runs.checked_again == runs.mended


@once_from_3_11
def test_a_contract_that_cannot_be_rendered_leaves_all_as_it_is(tmp_path: Path) -> None:
    checkout = copy_of_the_checkout(tmp_path)
    spec = checkout / "openapi/chatroutes.yaml"
    replace(spec, "#/components/schemas/TreeMetadata", "#/components/schemas/Nowhere")
    before = files_of(checkout)
    done = regen(checkout)
    assert done.returncode == 1
    assert done.stderr.startswith("The contract cannot be rendered:\n")
    assert "Nowhere" in done.stderr
    assert "Traceback" not in done.stderr
    assert files_of(checkout) == before


# What it is made of, each difference by itself.


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Any, Any]]:
    """A checkout, its scripts/regen.py, and all that it wants to be there: what is, as seen above."""
    folder = copy_of_the_checkout(tmp_path_factory.mktemp("checkout"))
    script: Any = load("regen", folder / "scripts")
    made = [script.SPEC_30]
    for each in (script.WIRE, *script.TWINS.values()):
        made += [file for file in each.rglob("*") if file.is_file()]
    yield folder, script, {file: file.read_text("utf-8") for file in made}
    forget_scripts()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Any]]:
    """A checkout of one original, which uses every rule, and its scripts/regen.py."""
    folder = tmp_path_factory.mktemp("small")
    shutil.copytree(ROOT / "scripts", folder / "scripts")
    script: Any = load("regen", folder / "scripts")
    original = folder / "chatroutes/_async/whole.py"
    original.parent.mkdir(parents=True)
    words = ", ".join(sorted(script.unasync.NAMES))
    original.write_text(f"async def merge() -> None:\n    await all({words})\n", "utf-8")
    yield folder, script
    forget_scripts()


def add_a_line(file: Path) -> None:
    file.write_text(file.read_text("utf-8") + "# a note\n", "utf-8")


def empty(file: Path) -> None:
    file.write_text("", "utf-8")


def other_line_ends(file: Path) -> None:
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))


def not_text(file: Path) -> None:
    file.write_bytes(b"\xff\xfe")


@once_from_3_11
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
        (f"{WIRE}/more.py", empty, "nothing makes this file"),
        (f"{WIRE}/api/messages/more.py", empty, "nothing makes this file"),
        (f"{WIRE}/more.txt", empty, "nothing makes this file"),
        (SPEC_30, add_a_line, "differs"),
        (SPEC_30, Path.unlink, "missing"),
        ("chatroutes/_sync/client.py", add_a_line, "differs"),
        ("chatroutes/_sync/client.py", Path.unlink, "missing"),
        ("chatroutes/_sync/more.py", empty, "nothing makes this file"),
        ("chatroutes/_sync/more/more.py", empty, "nothing makes this file"),
        ("tests/_sync/__init__.py", add_a_line, "differs"),
        ("tests/_sync/more.py", empty, "nothing makes this file"),
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


@once_from_3_11
def test_a_changed_contract_is_drift_until_it_is_rendered(
    rendered: tuple[Path, Any, Any],
) -> None:
    folder, script, wanted = rendered
    spec = folder / "openapi/chatroutes.yaml"
    text = spec.read_text("utf-8")
    replace(spec, "promptTokens", "tokensOfPrompt")
    replace(
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
        changed = wanted | script.render_wire() | script.derive_spec()
    finally:
        spec.write_text(text, "utf-8")
    differences = script.compare(changed)

    assert named("\n".join(differences)) == [
        f"{WIRE}/api/conversations/ping.py: missing",
        f"{WIRE}/models/usage.py: differs",
        f"{WIRE}/types.py: differs",
        f"{SPEC_30}: differs",
    ]
    assert '+    tokensOfPrompt: "int"' in differences[2]
    assert "+  /ping:" in differences[3]
    assert script.write(changed) == 4
    assert script.compare(changed) == []
    assert script.write(wanted) == 4
    assert script.compare(wanted) == []


@once_from_3_11
@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        pytest.param(
            "openapi: 3.1.0", "openapi: [3.1.0", "The contract cannot be rendered:", id="no YAML"
        ),
        pytest.param(
            "operationId: mergeBranch",
            "operationId: MergeBRANCH",
            "These operationIds do not survive rendering (write them in camelCase): ",
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
    replace(spec, old, new)
    try:
        with pytest.raises(script.GenerationError, match=f"^{re.escape(sentence)}"):
            script.render_wire()
    finally:
        spec.write_text(text, "utf-8")


@once_from_3_11
def test_what_3_0_cannot_say_is_told_with_its_place(rendered: tuple[Path, Any, Any]) -> None:
    folder, script, _ = rendered
    spec = folder / "openapi/chatroutes.yaml"
    text = spec.read_text("utf-8")
    replace(
        spec,
        "    EmptyRequest:\n      type: object",
        "    EmptyRequest:\n      unevaluatedProperties: false",
    )
    try:
        with pytest.raises(
            script.GenerationError,
            match=r"^openapi/chatroutes\.yaml: OpenAPI 3\.0 cannot say `unevaluatedProperties`,"
            r" at /components/schemas/EmptyRequest$",
        ):
            script.derive_spec()
    finally:
        spec.write_text(text, "utf-8")


@once_from_3_11
def test_a_changed_original_is_drift_of_its_twin(small: tuple[Path, Any]) -> None:
    folder, script = small
    script.write(script.derive_twins())
    assert script.compare(script.derive_twins()) == []
    original = folder / "chatroutes/_async/whole.py"
    text = original.read_text("utf-8")
    original.write_text(text.replace("async def merge", "async def unite"), "utf-8")
    try:
        [difference] = script.compare(script.derive_twins())
    finally:
        original.write_text(text, "utf-8")
    assert difference.startswith("chatroutes/_sync/whole.py: differs\n")
    assert "+def unite" in difference


@once_from_3_11
def test_an_original_whose_twin_is_not_python_is_named(small: tuple[Path, Any]) -> None:
    folder, script = small
    odd = folder / "chatroutes/_async/odd.py"
    odd.write_text("async def f() -> None:\n    await\n", "utf-8")
    try:
        with pytest.raises(script.GenerationError, match=r"^chatroutes/_async/odd\.py: "):
            script.derive_twins()
    finally:
        odd.unlink()


@once_from_3_11
def test_a_rule_that_no_file_uses_is_an_error(small: tuple[Path, Any]) -> None:
    _, script = small
    script.derive_twins()
    script.unasync.NAMES["AsyncNothing"] = "Nothing"
    try:
        with pytest.raises(
            script.GenerationError, match=r"no file uses these rules: AsyncNothing$"
        ):
            script.derive_twins()
    finally:
        del script.unasync.NAMES["AsyncNothing"]


# Deriving, which needs nothing but Python.


@pytest.fixture(scope="module")
def unasync() -> Iterator[Any]:
    yield load("unasync", ROOT / "scripts")
    forget_scripts()


@pytest.mark.parametrize(
    ("source", "derived"),
    [
        ("", ""),
        ("x = 1", "x = 1"),
        ("async def f(): ...\n", "def f(): ...\n"),
        ("async  def f(): ...\n", "def f(): ...\n"),
        ("y = await f(await g())\n", "y = f(g())\n"),
        ("await(f())\n", "(f())\n"),
        ("async with a as b, c:\n    pass\n", "with a as b, c:\n    pass\n"),
        ("async for x in y:\n    pass\n", "for x in y:\n    pass\n"),
        ("[x async for x in y if await x]\n", "[x for x in y if x]\n"),
        ("class AsyncMessages(B):\n    pass\n", "class Messages(B):\n    pass\n"),
        ("MyAsyncMessages = _AsyncMessages\n", "MyAsyncMessages = _AsyncMessages\n"),
        ("x.__aenter__; x.aclose; anext(y)\n", "x.__enter__; x.close; next(y)\n"),
        ("from anyio import sleep\n", "from time import sleep\n"),
        ("raise StopAsyncIteration\n", "raise StopIteration\n"),
        ("x: 'AsyncClient | None'\n", "x: 'Client | None'\n"),
        ('"""Use AsyncClient."""\n', '"""Use Client."""\n'),
        ('"""\n    async with AsyncClient() as c:\n"""\n', '"""\n    with Client() as c:\n"""\n'),
        ('"""await client.close() later"""\n', '"""client.close() later"""\n'),
        ("# await client.aclose()\n", "# client.close()\n"),
        ("x = 1  # an async function\n", "x = 1  # an function\n"),
        ('f"{await x} of {AsyncClient}"\n', 'f"{x} of {Client}"\n'),
        ('f"{x!r:>{width}} AsyncClient {{y}}"\n', 'f"{x!r:>{width}} Client {{y}}"\n'),
        ('f"""{\nx}\nAsyncClient\n"""\n', 'f"""{\nx}\nClient\n"""\n'),
        ('rb"AsyncClient" + b"x"\n', 'rb"Client" + b"x"\n'),
        (
            "x = 'naïve — ' + AsyncClient  # ✓ AsyncClient\n",
            "x = 'naïve — ' + Client  # ✓ Client\n",
        ),
        ("x = (1 +\n     await y)\n", "x = (1 +\n     y)\n"),
        ("x = 1 + \\\n    await y\n", "x = 1 + \\\n    y\n"),
        ("if x:\n\tawait y\n", "if x:\n\ty\n"),
        ("awaited = asynchronous = 1\n", "awaited = asynchronous = 1\n"),
    ],
)
def test_deriving_takes_the_asynchronous_out_and_leaves_the_rest(
    unasync: Any, source: str, derived: str
) -> None:
    assert unasync.derive(source, set()) == derived


def test_deriving_notes_the_rules_that_it_used(unasync: Any) -> None:
    used: set[str] = set()
    unasync.derive("async def f(c: 'AsyncClient'): await c.aclose()  # anext\n", used)
    assert used == {"async", "await", "AsyncClient", "aclose", "anext"}
    assert used <= unasync.rules()


def test_deriving_a_synchronous_source_changes_nothing(unasync: Any) -> None:
    for file in sorted((ROOT / "chatroutes/_sync").glob("*.py")):
        text = file.read_text("utf-8")
        used: set[str] = set()
        assert unasync.derive(text, used) == text
        assert used <= {"anyio"}


def test_the_twins_are_as_their_originals_say_on_every_python(unasync: Any) -> None:
    """Formatting aside: black, which regen runs over them, may not be here."""
    for original in sorted((ROOT / "chatroutes/_async").glob("*.py")):
        derived = ast.parse(unasync.derive(original.read_text("utf-8"), set()))
        twin = ast.parse((ROOT / "chatroutes/_sync" / original.name).read_text("utf-8"))
        assert ast.dump(derived) == ast.dump(twin), original.name
