"""A copy of the checkout that a test may change, and the scripts of one."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[2]
NEEDED = (
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
MEND = "Run: python scripts/regen.py"

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
    return re.findall(r"^(\S+\.\w+: (?:differs|missing|unexpected))$", output, re.M)


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
