"""Warnings about fields that the contract does not define, such as a misspelled one.

The field is still sent: the service may know more fields than this release. The warning is shown once
per call site, which is the nearest frame outside of this package, by Python's own rules for warnings.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from difflib import get_close_matches

from ._tracebacks import find_stacklevel
from .errors import UnknownFieldWarning


def warn_unknown_fields(operation: str, names: Iterable[str], known: Iterable[str]) -> None:
    """Warn about each unknown field of a request.

    Args:
        operation: The operationId.
        names: The unknown fields.
        known: The fields that the contract defines for the operation.
    """
    for name in names:
        warnings.warn(
            f"{operation}: {describe_unknown_field(name, known)}",
            UnknownFieldWarning,
            find_stacklevel(),
        )


def describe_unknown_field(name: str, known: Iterable[str]) -> str:
    """Return a sentence that names an unknown field and the nearest known one."""
    known = sorted(known)
    if similar := find_similar_name(name, known):
        return f"unknown field {name!r}; did you mean {similar!r}?"
    return f"unknown field {name!r}; known fields are {', '.join(known)}"


def find_similar_name(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that is most similar to a misspelled one, or None if none is similar."""
    by_plain_name = {_plain(each): each for each in known}
    matches = get_close_matches(_plain(str(name)), by_plain_name, n=1)
    return by_plain_name[matches[0]] if matches else None


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()
