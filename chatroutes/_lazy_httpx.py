"""The names of `httpx` for annotations. The package is imported when one is looked up."""

from __future__ import annotations


def __getattr__(name: str) -> object:
    import httpx

    return getattr(httpx, name)
