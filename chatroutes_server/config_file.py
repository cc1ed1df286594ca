"""The configuration file: upstreams, and whether models are strict, in TOML."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from chatroutes_server.errors import StartupError
from chatroutes_server.llm.providers import OPTIONS, Upstream


@dataclass(frozen=True)
class Configuration:
    """What a configuration file says."""

    upstreams: list[Upstream]
    strict_models: bool


def read_configuration(path: Path) -> Configuration:
    """Read a TOML file with a table for each upstream, `[upstreams.NAME]`, and `strict_models`."""
    try:
        content: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise StartupError(f"cannot read the configuration {path}: {error.strerror}") from error
    except ValueError as error:  # not TOML, or not UTF-8
        raise StartupError(f"the configuration {path} is not TOML: {error}") from error
    tables: Any = content.pop("upstreams", {})
    strict: Any = content.pop("strict_models", False)
    if content or not isinstance(tables, dict) or not isinstance(strict, bool):
        raise StartupError(
            f"the configuration {path} may hold strict_models and tables [upstreams.NAME]; "
            f"it cannot be read otherwise"
        )
    return Configuration(
        [_upstream(name, table) for name, table in cast("dict[str, Any]", tables).items()], strict
    )


def _upstream(name: str, table: Any) -> Upstream:
    if not isinstance(table, Mapping):
        raise StartupError(f"the upstream {name} must be a table with a url")
    given = cast("dict[str, Any]", table)
    for word in given:
        if word not in ("url", *OPTIONS):
            raise StartupError(
                f"the upstream {name} has no option {word}; there are url, {', '.join(OPTIONS)}"
            )
    return Upstream(name, given.get("url", ""), **{k: v for k, v in given.items() if k != "url"})
