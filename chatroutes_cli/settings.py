"""The saved settings: one file that only its owner can read, because it may contain the API key."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from chatroutes_cli.failures import CommandError, uses_json, warn

if TYPE_CHECKING:
    from pathlib import Path

APPLICATION = "chatroutes"
FILE_VARIABLE = "CHATROUTES_CONFIG"
SETTINGS = {
    "api-key": "CHATROUTES_API_KEY",
    "base-url": "CHATROUTES_BASE_URL",
    "model": "CHATROUTES_MODEL",
}
"""The settings, and the environment variables that take precedence over them."""


def settings_path() -> Path:
    """Return the path of the file of the settings."""
    path = os.environ.get(FILE_VARIABLE)
    if path:
        from pathlib import Path

        return Path(path)
    from platformdirs import user_config_path

    return user_config_path(APPLICATION, appauthor=False) / "config.json"


def database_path() -> Path:
    """Return the path of the database of `--local`, in a folder that exists.

    Raises:
        CommandError: If the folder cannot be created.
    """
    from platformdirs import user_data_path

    folder = user_data_path(APPLICATION, appauthor=False)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(
            f"Cannot create the folder {folder} for the conversations of --local: {error.strerror}."
        ) from error
    return folder / "local.db"


def history_path() -> Path:
    """Return the path of the history of `chatroutes chat`, in a folder that exists."""
    from platformdirs import user_state_path

    folder = user_state_path(APPLICATION, appauthor=False)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / "history"


def load_settings() -> dict[str, str]:
    """Return the saved settings.

    Raises:
        CommandError: If the file cannot be read, or has other content.
    """
    import json

    path = settings_path()
    try:
        content: Any = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise CommandError(f"Cannot read the settings {path}: {error.strerror}.") from error
    except ValueError as error:  # not JSON, or not UTF-8; the message could show the key
        raise CommandError(
            f"The settings {path} are not valid JSON. Correct or delete the file."
        ) from error
    values = cast("Mapping[str, Any]", content) if isinstance(content, dict) else {"": None}
    for name, value in values.items():
        if name not in SETTINGS or not isinstance(value, str):
            raise CommandError(
                f"The settings {path} are invalid: expected a JSON object with the strings "
                f"{', '.join(SETTINGS)}. Correct or delete the file."
            )
    return dict(values)


def save_settings(settings: Mapping[str, str]) -> Path:
    """Replace the file of the settings, and return its path. Only its owner can read the new file.

    Raises:
        CommandError: If the file cannot be written.
    """
    import json
    import tempfile

    path = settings_path()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        target = path.resolve()  # a symbolic link stays
        # `mkstemp` creates a file with the mode 0600.
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}-", dir=target.parent)
        try:
            with open(descriptor, "w", encoding="utf-8") as file:
                file.write(json.dumps(dict(settings), indent=2) + "\n")
            os.replace(temporary, target)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:
        raise CommandError(f"Cannot write the settings {path}: {error.strerror}.") from error
    return path


def get_setting(name: str) -> str | None:
    """Return a setting: from its environment variable, or else the saved one, or else None.

    Raises:
        CommandError: If the file of the settings cannot be read.
    """
    value = os.environ.get(SETTINGS[name])
    if value:
        return value
    value = load_settings().get(name)
    if value and name == "api-key":
        _warn_if_public(settings_path())
    return value


def _warn_if_public(path: Path) -> None:
    if os.name == "posix" and path.stat().st_mode & 0o077:
        warn(f"other users may read the API key. Run: chmod 600 {path}", as_json=uses_json())
