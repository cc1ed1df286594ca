"""The examples of docs/how-to/command-line.md run as printed, and print what the page shows.

A block `console` has commands, which begin with `$`, and their output, in which `…` stands for any text.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

from chatroutes_cli.exit_codes import ExitCode
from tests.support.command_line import CommandLine
from tests.support.documents import matches_output, read_document, read_document_blocks
from tests.support.markers import single_python

pytestmark = single_python

PAGE = "docs/how-to/command-line.md"


def read_examples() -> list[tuple[str, str]]:
    """Return the commands of the page, each with its output."""
    examples: list[tuple[str, str]] = []
    for block in read_document_blocks(PAGE):
        if block.language == "console":
            for example in re.split(r"^\$ ", block.code, flags=re.MULTILINE)[1:]:
                command, _, output = example.partition("\n")
                examples.append((command, output))
    return examples


def run(commands: CommandLine, command: str) -> str:
    """Run a command, which can follow a pipe, and return what it prints on both outputs."""
    before, _, line = command.rpartition(" | ")
    piped = subprocess.run(["sh", "-c", before or ":"], check=True, capture_output=True).stdout
    program, *arguments = shlex.split(line)
    assert program == "chatroutes"
    return commands.run(*arguments, input=piped).output


def test_commands_print_what_the_page_shows(folders: Path) -> None:
    commands = CommandLine(None, None)
    for command, expected in read_examples():
        output = run(commands, command)

        assert matches_output(expected, output), (command, output)


def test_page_lists_the_exit_codes() -> None:
    rows = re.findall(r"^\| (\d+) \| (.*) \|$", read_document(PAGE), re.MULTILINE)

    documented = [(int(code), text.replace("`", "")) for code, text in rows]
    assert documented == [(code, code.meaning) for code in ExitCode]
