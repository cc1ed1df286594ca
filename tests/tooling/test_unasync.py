"""Synchronous twins: what deriving takes out of an original and leaves, and what is told where it cannot."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.checkout import load_script, unload_scripts
from tests.support.markers import single_python
from tests.support.paths import ROOT

# Deriving, which needs nothing but Python.


@pytest.fixture(scope="module")
def unasync() -> Iterator[Any]:
    yield load_script("unasync", ROOT / "scripts")
    unload_scripts()


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
    for file in sorted((ROOT / "chatroutes/_sync").rglob("*.py")):
        text = file.read_text("utf-8")
        used: set[str] = set()
        assert unasync.derive(text, used) == text
        assert used <= {"anyio"}


def test_the_twins_are_as_their_originals_say_on_every_python(unasync: Any) -> None:
    """Formatting aside: black, which regen runs over them, may not be here."""
    originals = ROOT / "chatroutes/_async"
    for original in sorted(originals.rglob("*.py")):
        derived = ast.parse(unasync.derive(original.read_text("utf-8"), set()))
        derived_file = ROOT / "chatroutes/_sync" / original.relative_to(originals)
        twin = ast.parse(derived_file.read_text("utf-8"))
        assert ast.dump(derived) == ast.dump(twin), original.name


# As scripts/regen.py writes and checks them.


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Any]]:
    """A checkout of one original, which uses every rule, and its scripts/regen.py."""
    folder = tmp_path_factory.mktemp("small")
    shutil.copytree(ROOT / "scripts", folder / "scripts")
    script: Any = load_script("regen", folder / "scripts")
    original = folder / "chatroutes/_async/whole.py"
    original.parent.mkdir(parents=True)
    words = ", ".join(sorted(script.unasync.NAMES))
    original.write_text(f"async def merge() -> None:\n    await all({words})\n", "utf-8")
    yield folder, script
    unload_scripts()


@single_python
def test_a_changed_original_is_drift_of_its_twin(small: tuple[Path, Any]) -> None:
    folder, script = small
    script.write(script.derive_sync())
    assert script.compare(script.derive_sync()) == []
    original = folder / "chatroutes/_async/whole.py"
    text = original.read_text("utf-8")
    original.write_text(text.replace("async def merge", "async def unite"), "utf-8")
    try:
        [difference] = script.compare(script.derive_sync())
    finally:
        original.write_text(text, "utf-8")
    assert difference.startswith("chatroutes/_sync/whole.py: differs\n")
    assert "+def unite" in difference


@single_python
def test_an_original_whose_twin_is_not_python_is_named(small: tuple[Path, Any]) -> None:
    folder, script = small
    odd = folder / "chatroutes/_async/odd.py"
    odd.write_text("async def f() -> None:\n    await\n", "utf-8")
    try:
        with pytest.raises(script.GenerationError, match=r"^chatroutes/_async/odd\.py: "):
            script.derive_sync()
    finally:
        odd.unlink()


@single_python
def test_a_rule_that_no_file_uses_is_an_error(small: tuple[Path, Any]) -> None:
    _, script = small
    script.derive_sync()
    script.unasync.NAMES["AsyncNothing"] = "Nothing"
    try:
        with pytest.raises(
            script.GenerationError, match=r"no file uses these rules: AsyncNothing$"
        ):
            script.derive_sync()
    finally:
        del script.unasync.NAMES["AsyncNothing"]
