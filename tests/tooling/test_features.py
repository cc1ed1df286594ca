"""The table of features in the README names tests that exist."""

from __future__ import annotations

import ast
import re

import pytest

from tests.support.documents import read_section
from tests.support.paths import ROOT

pytestmark = pytest.mark.check


def read_rows() -> list[tuple[str, list[str]]]:
    """Return each feature with the paths of its tests."""
    section = read_section("README.md", "Features")
    rows = re.findall(r"^\| (.+?) \| (.+) \|$", section, re.MULTILINE)[1:]
    return [(feature, re.findall(r"\]\((.+?)\)", links)) for feature, links in rows]


def test_every_feature_has_tests() -> None:
    rows = read_rows()
    assert len(rows) > 10
    assert all(paths for _, paths in rows)


@pytest.mark.parametrize("path", sorted({path for _, paths in read_rows() for path in paths}))
def test_every_file_contains_tests(path: str) -> None:
    assert re.fullmatch(r"tests/(cli|sdk|sdk/_async|server|tooling)/test_\w+\.py", path)
    module = ast.parse((ROOT / path).read_text("utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    assert [
        node
        for node in ast.walk(module)
        if isinstance(node, functions) and node.name.startswith("test_")
    ]
