"""The command line in this process, against a server."""

from __future__ import annotations

import json
from typing import Any

from click.testing import CliRunner, Result

from chatroutes_cli.app import cli


class CommandLine:
    """Runs commands with the settings of a server.

    Args:
        api_key: The API key of the commands.
        base_url: The URL of the service.
        **environment: More environment variables. None removes one.
    """

    def __init__(
        self, api_key: str | None, base_url: str | None, **environment: str | None
    ) -> None:
        self.environment: dict[str, str | None] = {
            "CHATROUTES_API_KEY": api_key,
            "CHATROUTES_BASE_URL": base_url,
            **environment,
        }

    def run(self, *arguments: str, input: str | bytes = b"", **environment: str | None) -> Result:
        """Run a command without a terminal, and return its exit code, `stdout` and `stderr`."""
        variables = {**self.environment, **environment}
        result = CliRunner().invoke(
            cli, arguments, input=input, env=variables, prog_name="chatroutes"
        )
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    def read(self, *arguments: str, input: str | bytes = b"") -> str:
        """Run a command that succeeds, and return its output."""
        result = self.run(*arguments, input=input)
        assert (result.exit_code, result.stderr) == (0, "")
        return result.stdout

    def read_json(self, *arguments: str, input: str | bytes = b"") -> Any:
        """Run a command with `--json` that succeeds, and return the object."""
        return json.loads(self.read(*arguments, "--json", input=input))

    def fail(self, *arguments: str, input: str | bytes = b"") -> tuple[int, str]:
        """Run a command that fails, and return its exit code and its error message."""
        result = self.run(*arguments, input=input)
        assert result.exit_code != 0
        return result.exit_code, result.stderr
