"""The path of the contract: inside the package in a wheel, next to the package in a checkout."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

from .errors import invalid_argument

_FILES: Final = {"3.1": "chatroutes.yaml", "3.0": "chatroutes-3.0.yaml"}


def openapi_path(version: Literal["3.1", "3.0"] = "3.1") -> Path:
    """Return the path of the OpenAPI document of the API. It ships with the package.

    The SDK is generated from this document.

    Args:
        version: The version of OpenAPI: "3.1", or "3.0" for tools that do not support 3.1. Both
            describe the same API.

    Returns:
        The path of a YAML file of this installation, or of the checkout if it is installed editable.

    Raises:
        ValidationError: If there is no document in that version of OpenAPI.
    """
    if version not in _FILES:
        raise invalid_argument(f"version must be one of {', '.join(_FILES)}, not {version!r}.")
    package = Path(__file__).parent
    folder = package / "openapi"
    if not folder.is_dir():
        folder = package.parent / "openapi"
    return folder / _FILES[version]
