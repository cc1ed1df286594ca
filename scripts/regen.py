#!/usr/bin/env python3
"""Render generated/chatroutes_wire from the contract, and derive its 3.0 twin and the synchronous ones.

scripts/regen.py            write what differs
scripts/regen.py --check    write nothing, print what differs, fail if anything does
"""

from __future__ import annotations

import argparse
import difflib
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import black
import openapi30
import unasync
import yaml

ROOT = Path(__file__).resolve().parent.parent
SPEC = ROOT / "openapi/chatroutes.yaml"
SPEC_30 = ROOT / "openapi/chatroutes-3.0.yaml"
WIRE = ROOT / "generated/chatroutes_wire"
TWINS = {
    ROOT / "chatroutes/_async": ROOT / "chatroutes/_sync",
    ROOT / "tests/sdk/_async": ROOT / "tests/sdk/_sync",
}
MEND = "python scripts/regen.py"

Tree = dict[Path, str]


class GenerationError(Exception):
    """What cannot be generated, in a sentence."""


def render_wire() -> Tree:
    """Render the contract with our templates, into a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "chatroutes_wire"
        bin_of_this_python = str(Path(sys.executable).parent)
        command = [sys.executable, "-m", "openapi_python_client", "generate"]
        command += ["--path", str(SPEC), "--config", str(ROOT / "openapi/generator.yaml")]
        command += ["--custom-template-path", str(ROOT / "templates"), "--meta", "none"]
        command += ["--output-path", str(out), "--overwrite", "--fail-on-warning"]
        environment = os.environ | {"PATH": f"{bin_of_this_python}{os.pathsep}{os.environ['PATH']}"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        if done.returncode:
            raise GenerationError(f"The contract cannot be rendered:\n{done.stdout}{done.stderr}")
        tree = {WIRE / file.relative_to(out): file.read_text("utf-8") for file in _files(out)}
    tree[WIRE / "py.typed"] = ""
    _check_operations(tree)
    return tree


def derive_spec() -> Tree:
    """Say the contract in OpenAPI 3.0, for tools that do not read 3.1."""
    try:
        return {SPEC_30: openapi30.text(yaml.safe_load(SPEC.read_text("utf-8")))}
    except openapi30.CannotSayError as problem:
        raise GenerationError(f"{SPEC.relative_to(ROOT).as_posix()}: {problem}") from None


def derive_twins() -> Tree:
    """Derive each synchronous twin from its asynchronous original."""
    tree: Tree = {}
    used: set[str] = set()
    mode = black.Mode(line_length=100, target_versions={black.TargetVersion.PY311})
    for original, twin in TWINS.items():
        for file in _files(original):
            source = file.relative_to(ROOT).as_posix()
            first = f"# Derived from {source} by scripts/regen.py. Do not edit.\n\n"
            text = unasync.derive(file.read_text("utf-8"), used)
            try:
                tree[twin / file.relative_to(original)] = black.format_str(first + text, mode=mode)
            except black.InvalidInput as problem:
                raise GenerationError(
                    f"{source}: its synchronous twin is not Python: {problem}"
                ) from None
    if idle := unasync.rules() - used:
        raise GenerationError(
            f"scripts/unasync.py: no file uses these rules: {', '.join(sorted(idle))}"
        )
    return tree


def compare(wanted: Tree) -> list[str]:
    """Say how the checkout differs from what is wanted: changed, missing and orphaned files."""
    found = [file for folder in (WIRE, *TWINS.values()) for file in _files(folder)]
    differences: list[str] = []
    for file in sorted(wanted.keys() | set(found)):
        name = file.relative_to(ROOT).as_posix()
        if file not in wanted:
            differences.append(f"{name}: nothing makes this file")
        elif not file.exists():
            differences.append(f"{name}: missing")
        elif (text := file.read_bytes().decode("utf-8", "replace")) != wanted[file]:
            lines = difflib.unified_diff(
                text.splitlines(),
                wanted[file].splitlines(),
                name,
                "as it should be",
                lineterm="",
                n=1,
            )
            differences.append("\n".join([f"{name}: differs", *list(lines)[2:22]]))
    return differences


def write(wanted: Tree) -> int:
    """Bring the checkout in line with what is wanted; returns how many files changed."""
    changed = 0
    for folder in (WIRE, *TWINS.values()):
        for file in _files(folder):
            if file not in wanted:
                file.unlink()
                changed += 1
    for file, text in wanted.items():
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
        wanted = render_wire() | derive_spec() | derive_twins()
    except GenerationError as problem:
        print(problem, file=sys.stderr)
        return 1
    if not check:
        print(f"{write(wanted)} of {len(wanted)} generated and derived files changed.")
        return 0
    differences = compare(wanted)
    for difference in differences:
        print(difference)
    if differences:
        print(f"\n{len(differences)} files differ from their source. To mend: {MEND}")
        return 1
    print(f"{len(wanted)} generated and derived files are as their sources say.")
    return 0


def _files(folder: Path) -> list[Path]:
    return sorted(
        file
        for file in folder.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts and file.suffix != ".pyc"
    )


def _check_operations(tree: Tree) -> None:
    """The generator knows an operationId only as a snake_case name; see that none came back changed."""
    spec = yaml.safe_load(SPEC.read_text("utf-8"))
    said = {
        operation["operationId"]
        for path in spec["paths"].values()
        for operation in path.values()
        if isinstance(operation, dict) and "operationId" in operation
    }
    rendered = set(re.findall(r'operation="(\w+)"', "\n".join(tree.values())))
    if said != rendered:
        odd = ", ".join(sorted(said ^ rendered))
        raise GenerationError(
            f"These operationIds do not survive rendering (write them in camelCase): {odd}"
        )


if __name__ == "__main__":
    sys.exit(main())
