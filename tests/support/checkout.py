"""A copy of the checkout that a test can change, and its scripts."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path
from types import ModuleType

from tests.support.paths import ROOT

COPIED_FOLDERS = (
    "openapi",
    "templates",
    "scripts",
    "generated",
    "chatroutes",
    "tests/sdk/_async",
    "tests/sdk/_sync",
)
WIRE = "generated/chatroutes_wire"
SPEC_30 = "openapi/chatroutes-3.0.yaml"
FIX_HINT = "Run: python scripts/regen.py"
_WRITTEN_BY_PROGRAMS = [".git", *(ROOT / ".gitignore").read_text("utf-8").splitlines()]

FileState = tuple[int, bytes]  # modification time and content


def copy_source(source: Path, target: Path) -> None:
    """Copy this checkout, or a folder of it, without the files that programs write into it.

    Other tests and checks run meanwhile: a file that they rename or remove cannot be copied.
    """
    top = ROOT if source.is_relative_to(ROOT) else source

    def ignored(folder: str, names: list[str]) -> set[str]:
        parent = Path(folder).relative_to(top)
        return {name for name in names if _is_written_by_programs(parent / name)}

    shutil.copytree(source, target, ignore=ignored, symlinks=True)


def _is_written_by_programs(path: Path) -> bool:
    """Return whether .gitignore names a path. A pattern is anchored if it begins with a slash."""
    return any(
        fnmatch(path.as_posix() if pattern.startswith("/") else path.name, pattern.strip("/"))
        for pattern in _WRITTEN_BY_PROGRAMS
    )


def copy_checkout(folder: Path) -> Path:
    for name in COPIED_FOLDERS:
        copy_source(ROOT / name, folder / name)
    return folder


def run_regen(
    checkout: Path, *options: str, hash_seed: str = "random"
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "scripts/regen.py", *options],
        cwd=checkout,
        env=os.environ | {"PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
    )


def read_files(checkout: Path) -> dict[str, FileState]:
    return {
        file.relative_to(checkout).as_posix(): (file.stat().st_mtime_ns, file.read_bytes())
        for file in sorted(checkout.rglob("*"))
        if file.is_file() and file.suffix != ".pyc"
    }


def file_contents(files: dict[str, FileState]) -> dict[str, bytes]:
    return {name: content for name, (_, content) in files.items()}


def replace_text(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def reported_files(output: str) -> list[str]:
    """Return the files that `regen.py --check` reports, each with its problem."""
    return re.findall(r"^(\S+\.\w+: (?:differs|missing|unexpected))$", output, re.M)


def unload_scripts() -> None:
    for file in (ROOT / "scripts").glob("*.py"):
        sys.modules.pop(file.stem, None)


def load_script(name: str, scripts: Path) -> ModuleType:
    """Import a script, and the scripts that it imports, from a folder."""
    unload_scripts()
    sys.path.insert(0, str(scripts))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(scripts))
