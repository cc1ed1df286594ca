"""Derivation of the synchronous code from the asynchronous code, and its errors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.checkout import copy_source, load_script, unload_scripts
from tests.support.paths import ROOT

pytestmark = pytest.mark.check

# Derivation


@pytest.fixture(scope="module")
def unasync() -> Iterator[Any]:
    yield load_script("unasync", ROOT / "scripts")
    unload_scripts()


@pytest.mark.parametrize(
    ("source", "expected"),
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
        ("MyAsyncMessages = _AsyncMessages\n", "MyAsyncMessages = _Messages\n"),
        ("run_async(f._async, Asynchronous)\n", "run(f._async, Asynchronous)\n"),
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
def test_derive_replaces_only_asynchronous_code(unasync: Any, source: str, expected: str) -> None:
    assert unasync.derive(source, set()) == expected


def test_derive_records_used_rules(unasync: Any) -> None:
    used: set[str] = set()
    unasync.derive("async def f(c: 'AsyncClient'): await c.aclose()  # anext\n", used)
    assert used == {"async", "await", "aclose", "anext"}
    assert used <= unasync.rules()


def test_derive_keeps_synchronous_code(unasync: Any) -> None:
    for file in sorted((ROOT / "chatroutes/_sync").rglob("*.py")):
        text = file.read_text("utf-8")
        used: set[str] = set()
        assert unasync.derive(text, used) == text
        assert used <= {"anyio"}


# Writing and checking with scripts/regen.py


@pytest.fixture(scope="module")
def small_checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Any]]:
    """Return a checkout with one original that uses every rule, and its scripts/regen.py."""
    folder = tmp_path_factory.mktemp("small")
    copy_source(ROOT / "scripts", folder / "scripts")
    script: Any = load_script("regen", folder / "scripts")
    original = folder / "chatroutes/_async/whole.py"
    original.parent.mkdir(parents=True)
    names = ", ".join(sorted(script.unasync.NAMES))
    original.write_text(f"async def merge() -> None:\n    await all({names})\n", "utf-8")
    yield folder, script
    unload_scripts()


def test_changed_original_requires_regeneration(small_checkout: tuple[Path, Any]) -> None:
    folder, script = small_checkout
    script.write(script.derive_code())
    assert script.compare(script.derive_code()) == []
    original = folder / "chatroutes/_async/whole.py"
    text = original.read_text("utf-8")
    original.write_text(text.replace("async def merge", "async def unite"), "utf-8")
    try:
        [difference] = script.compare(script.derive_code())
    finally:
        original.write_text(text, "utf-8")
    assert difference.startswith("chatroutes/_sync/whole.py: differs\n")
    assert "+def unite" in difference


def test_original_with_an_invalid_result_is_reported(small_checkout: tuple[Path, Any]) -> None:
    folder, script = small_checkout
    invalid = folder / "chatroutes/_async/invalid.py"
    invalid.write_text("async def f() -> None:\n    await\n", "utf-8")
    try:
        with pytest.raises(script.GenerationError, match=r"^chatroutes/_async/invalid\.py: "):
            script.derive_code()
    finally:
        invalid.unlink()


def test_unused_rule_is_an_error(small_checkout: tuple[Path, Any]) -> None:
    _, script = small_checkout
    script.derive_code()
    script.unasync.NAMES["anothing"] = "nothing"
    try:
        with pytest.raises(script.GenerationError, match=r"no file uses these rules: anothing$"):
            script.derive_code()
    finally:
        del script.unasync.NAMES["anothing"]
