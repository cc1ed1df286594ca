"""Fixtures: a renderer of contracts."""

from __future__ import annotations

import pytest

from tests.support.rendered_contract import Renderer


@pytest.fixture(scope="module")
def renderer(tmp_path_factory: pytest.TempPathFactory) -> Renderer:
    return Renderer(tmp_path_factory.mktemp("rendered"))
