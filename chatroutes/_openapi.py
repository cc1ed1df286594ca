"""Where the contract is: in a wheel beside the package, in a checkout in a folder of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

from .errors import ValidationError

_FILES: Final = {"3.1": "chatroutes.yaml", "3.0": "chatroutes-3.0.yaml"}


def openapi_path(version: Literal["3.1", "3.0"] = "3.1") -> Path:
    """Say where the description of the API is, the one that this SDK is generated from.

    Args:
        version: The release of OpenAPI that it is written in: "3.1", or "3.0", the same API for
            tools that read nothing newer.

    Returns:
        The path of a YAML file of this installation, or of the checkout that is installed editable.

    Raises:
        ValidationError: There is no description in that release of OpenAPI.
    """
    if version not in _FILES:
        raise ValidationError(f"version must be one of {', '.join(_FILES)}, not {version!r}.")
    package = Path(__file__).parent
    folder = package / "openapi"
    if not folder.is_dir():
        folder = package.parent / "openapi"
    return folder / _FILES[version]
