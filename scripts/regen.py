#!/usr/bin/env python3
"""Generate the files that are derived from the contract, the templates and the asynchronous code.

scripts/regen.py            write the files that are not up to date
scripts/regen.py --check    write nothing; print the differences, and fail if there are any

The generated files are generated/chatroutes_wire, openapi/chatroutes-3.0.yaml,
chatroutes/exports/schema.json, chatroutes/_sync, tests/sdk/_sync, and two modules in chatroutes/_async.
"""

from __future__ import annotations

import argparse
import difflib
import sys
import tempfile
from pathlib import Path

import black
import export_schema
import openapi30
import response_classes
import unasync
import wire
import yaml

ROOT = Path(__file__).resolve().parent.parent
SPEC = ROOT / "openapi/chatroutes.yaml"
SPEC_30 = ROOT / "openapi/chatroutes-3.0.yaml"
EXPORT_SCHEMA = ROOT / "chatroutes/exports/schema.json"
SETTINGS = ROOT / "openapi/generator.yaml"
TEMPLATES = ROOT / "templates"
WIRE = ROOT / "generated/chatroutes_wire"
SYNC_FOLDERS = {
    ROOT / "chatroutes/_async": ROOT / "chatroutes/_sync",
    ROOT / "tests/sdk/_async": ROOT / "tests/sdk/_sync",
}
RESOURCES = ROOT / "chatroutes/_async/resources"
COMMAND = "python scripts/regen.py"

Tree = dict[Path, str]


class GenerationError(Exception):
    """The files cannot be generated."""


def render_wire() -> Tree:
    """Render the contract with the templates, in a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "chatroutes_wire"
        try:
            wire.render(wire.load(SPEC), out, SETTINGS, TEMPLATES)
        except wire.RenderError as problem:
            raise GenerationError(f"The contract cannot be rendered:\n{problem}") from None
        tree = {WIRE / file.relative_to(out): file.read_text("utf-8") for file in _files(out)}
    tree[WIRE / "py.typed"] = ""
    return tree


def convert_spec() -> Tree:
    """Convert the contract to OpenAPI 3.0, for tools that do not support 3.1."""
    try:
        document = yaml.load(SPEC.read_text("utf-8"), wire.YAML_LOADER)
        return {SPEC_30: openapi30.convert_to_yaml(document)}
    except openapi30.ConversionError as problem:
        raise GenerationError(f"{SPEC.relative_to(ROOT).as_posix()}: {problem}") from None


def derive_export_schema() -> Tree:
    """Derive the JSON Schema of exported conversations from the contract."""
    document = yaml.load(SPEC.read_text("utf-8"), wire.YAML_LOADER)
    return {EXPORT_SCHEMA: export_schema.derive(document)}


def derive_code() -> Tree:
    """Derive the methods that return responses from the resources, and the synchronous code."""
    modules = response_classes.derive(RESOURCES)
    asynchronous = {RESOURCES.parent / name: text for name, text in modules.items()}
    tree = {file: _format(RESOURCES, text) for file, text in asynchronous.items()}
    used: set[str] = set()
    for async_folder, sync_folder in SYNC_FOLDERS.items():
        sources = {file: file.read_text("utf-8") for file in _files(async_folder)}
        sources |= {
            file: text for file, text in asynchronous.items() if async_folder in file.parents
        }
        for file, text in sources.items():
            derived = _format(file, unasync.derive(text, used))
            tree[sync_folder / file.relative_to(async_folder)] = derived
    if unused := unasync.rules() - used:
        raise GenerationError(
            f"scripts/unasync.py: no file uses these rules: {', '.join(sorted(unused))}"
        )
    return tree


def compare(expected: Tree) -> list[str]:
    """Return the differences between the checkout and the expected files."""
    existing = [file for folder in (WIRE, *SYNC_FOLDERS.values()) for file in _files(folder)]
    differences: list[str] = []
    for file in sorted(expected.keys() | set(existing)):
        name = file.relative_to(ROOT).as_posix()
        if file not in expected:
            differences.append(f"{name}: unexpected")
        elif not file.exists():
            differences.append(f"{name}: missing")
        elif (text := file.read_bytes().decode("utf-8", "replace")) != expected[file]:
            lines = difflib.unified_diff(
                text.splitlines(),
                expected[file].splitlines(),
                name,
                "expected",
                lineterm="",
                n=1,
            )
            differences.append("\n".join([f"{name}: differs", *list(lines)[2:22]]))
    return differences


def write(expected: Tree) -> int:
    """Write the expected files that differ, remove unexpected files, and return the number of changes."""
    changed = 0
    for folder in (WIRE, *SYNC_FOLDERS.values()):
        for file in _files(folder):
            if file not in expected:
                file.unlink()
                changed += 1
    for file, text in expected.items():
        if not file.exists() or file.read_bytes() != text.encode("utf-8"):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text.encode("utf-8"))
            changed += 1
    return changed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail if anything differs"
    )
    check = parser.parse_args().check
    try:
        expected = render_wire() | convert_spec() | derive_export_schema() | derive_code()
    except GenerationError as problem:
        print(problem, file=sys.stderr)
        return 1
    if not check:
        print(f"{write(expected)} of {len(expected)} generated files changed.")
        return 0
    differences = compare(expected)
    for difference in differences:
        print(difference)
    if differences:
        print(f"\n{len(differences)} files are not up to date. Run: {COMMAND}")
        return 1
    print(f"All {len(expected)} generated files are up to date.")
    return 0


def _format(source: Path, text: str) -> str:
    """Format derived code, below a comment that names its source."""
    name = source.relative_to(ROOT).as_posix()
    header = f"# Derived from {name} by scripts/regen.py. Do not edit.\n\n"
    mode = black.Mode(line_length=100, target_versions={black.TargetVersion.PY311})
    try:
        return black.format_str(header + text, mode=mode)
    except black.InvalidInput as problem:
        raise GenerationError(f"{name}: the derived code is not valid Python: {problem}") from None


def _files(folder: Path) -> list[Path]:
    return sorted(
        file
        for file in folder.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts and file.suffix != ".pyc"
    )


if __name__ == "__main__":
    sys.exit(main())
