"""The metrics. They are described in `metrics.toml`."""

import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Metric:
    """A table of the page. `metrics.toml` explains the fields."""

    title: str = ""
    note: str = ""
    workload: str = ""
    rows: tuple[str, ...] = ()
    columns: tuple[tuple[str, str, float], ...] = ()  # heading, figure, factor
    settings: dict[str, Any] = field(default_factory=dict[str, Any])
    rounds: int = 4
    values: int = 3
    warmups: int = 1
    loops: int = 0
    once: tuple[str, ...] = ()
    ratio: bool = True
    task: str = ""
    targets: tuple[dict[str, Any], ...] = ()


def _expand(names: list[str], groups: dict[str, list[str]]) -> tuple[str, ...]:
    """Replace the names of groups by their members."""
    expanded = [_expand(groups[name], groups) if name in groups else (name,) for name in names]
    return sum(expanded, ())


_DOCUMENT = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
CHART = _DOCUMENT["chart"]
METRICS: dict[str, Metric] = {}
for _name, _fields in _DOCUMENT["metrics"].items():
    for _key in {"rows", "once"} & _fields.keys():
        _fields[_key] = _expand(_fields[_key], _DOCUMENT["groups"])
    METRICS[_name] = replace(METRICS.get(_fields.pop("like", ""), Metric()), **_fields)
