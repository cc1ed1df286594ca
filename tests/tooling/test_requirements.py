"""The files in requirements/ pin what pyproject.toml requires."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from packaging.requirements import Requirement

from tests.support.paths import ROOT

pytestmark = pytest.mark.check

EXTRAS = {"dev": "dev", "test": "test", "demo": "server", "docs": "docs"}  # file: extra
FILES = sorted(file.stem for file in (ROOT / "requirements").glob("*.txt"))
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def required_by(extra: str) -> Iterator[Requirement]:
    """Yield the requirements of an extra and of the extras that it includes."""
    for requirement in map(Requirement, PROJECT["project"]["optional-dependencies"][extra]):
        if requirement.name == "chatroutes":
            for included in requirement.extras:
                yield from required_by(included)
        else:
            yield requirement


def read_pins(name: str) -> dict[str, list[str]]:
    """Return the logical lines of a requirements file by the name of their package."""
    text = (ROOT / f"requirements/{name}.txt").read_text("utf-8").replace("\\\n", "")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    pins: dict[str, list[str]] = {}
    for line in lines:
        pins.setdefault(Requirement(line.partition(" --hash=")[0]).name, []).append(line)
    return pins


def pinned_versions(lines: list[str]) -> list[str]:
    return [re.findall(r"==([^\s;]+)", line)[0] for line in lines]


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("name", EXTRAS)
def test_every_requirement_has_a_matching_pin(name: str) -> None:
    pins = read_pins(name)
    required = [
        *map(Requirement, PROJECT["build-system"]["requires"]),
        *map(Requirement, PROJECT["project"]["dependencies"]),
        *required_by(EXTRAS[name]),
    ]
    unmatched = []
    for requirement in required:
        versions = pinned_versions(pins.get(canonical(requirement.name), []))
        if not versions or not all(map(requirement.specifier.contains, versions)):
            unmatched.append(f"{requirement}: pinned {versions}")
    assert unmatched == [], "run scripts/lock"


@pytest.mark.parametrize("name", FILES)
def test_every_pin_has_hashes_and_names_no_index(name: str) -> None:
    for package, lines in read_pins(name).items():
        for line in lines:
            pin = rf"{re.escape(package)}==[\w.+!]+( ; [^#@]+?)?(\s+--hash=sha256:[0-9a-f]{{64}})+"
            assert re.fullmatch(pin, line), line[:80]


@pytest.mark.parametrize("name", ["test", "demo"])
def test_all_environments_have_the_same_versions(name: str) -> None:
    dev = read_pins("dev")
    for package, lines in read_pins(name).items():
        assert pinned_versions(lines) == pinned_versions(dev[package])
