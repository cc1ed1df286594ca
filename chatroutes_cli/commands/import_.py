"""Import conversations from files."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from chatroutes_cli.exit_codes import ExitCode
from chatroutes_cli.failures import CommandError
from chatroutes_cli.options import client_options, model_option
from chatroutes_cli.session import Session, pass_session

if TYPE_CHECKING:
    from chatroutes.imports import FileConversation, ImportProgress

Json = dict[str, Any]

MAX_WIDTH = 60  # columns of a title on a terminal


@click.command()
@click.argument(
    "files", metavar="FILE...", nargs=-1, required=True, type=click.Path(allow_dash=True)
)
@click.option("--replay", is_flag=True, help="Send the questions again to a model: new replies.")
@click.option("--dry-run", is_flag=True, help="List the conversations, and send nothing.")
@model_option
@client_options
@pass_session
def command(
    session: Session, files: tuple[str, ...], replay: bool, dry_run: bool, model: str | None
) -> None:
    """Import conversations into a local server, or send their questions again.

    A FILE is a ChatRoutes export, the conversations.json or the ZIP file of a ChatGPT data export, the
    logs.db of llm, OpenAI messages (JSON Lines) or ShareGPT. The content of the file determines its
    format. Of a folder, all files are read. `-` reads JSON from the standard input.

    \b
      chatroutes import --local conversations.json
      chatroutes import --replay -m gpt-5 conversations.json

    A conversation that is imported again is stored once. A conversation that cannot be imported is
    reported, and the others are imported: the exit code is then 1.
    """
    if model is not None and not replay:
        raise click.UsageError("--model needs --replay: an import keeps the replies.")
    if replay:
        model = session.model(model)
        if model is None:
            raise click.UsageError("--replay needs --model, or the setting `model`.")
    if not dry_run:
        _ = session.client  # without an API key, no file is read
    from chatroutes import ChatRoutesError

    report = _Report(session.as_json, dry_run)
    try:
        for path in files:
            found = _files(path)
            if not found:
                report.add_failure(path, "the folder has no files")
            for each in itertools.chain.from_iterable(_read(file, report) for file in found):
                _import(session, each, report, dry_run, model if replay else None)
    except ChatRoutesError:  # of every conversation, such as an unknown API key
        report.write()
        raise
    report.finish()


def _files(path: str) -> list[str]:
    """Return the files of a folder, such as one that `chatroutes export --all` has written."""
    if not os.path.isdir(path):
        return [path]
    paths = sorted(each.path for each in os.scandir(path) if each.is_file())
    return [each for each in paths if not os.path.basename(each).startswith(".")]


def _read(file: str, report: _Report) -> Iterator[FileConversation]:
    """Yield the conversations of a file. If the file cannot be read, report it."""
    from chatroutes.imports import ImportFileError, read
    from chatroutes_cli.progress import progress

    with progress(f"Reading {file}", total=100) as advance:
        try:
            source = sys.stdin.buffer if file == "-" else file
            yield from read(source, on_progress=lambda each: advance(_percent(each)))
        except ImportFileError as error:
            report.add_failure(error.location or file, error.message)
        except OSError as error:
            report.add_failure(file, error.strerror or str(error))


def _percent(progress: ImportProgress) -> int:
    return 100 * progress.completed // progress.total if progress.total else 100


def _import(
    session: Session, each: FileConversation, report: _Report, dry_run: bool, model: str | None
) -> None:
    from chatroutes import errors
    from chatroutes.imports import ImportFileError
    from chatroutes_cli.progress import progress

    export = each.export
    if export is None:
        assert each.error is not None
        report.add_failure(each.location, each.error.message)
        return
    entry: Json = {
        "location": each.location,
        "title": export["conversation"].get("title"),
        "messages": len(export["messages"]),
        "branches": len(export["branches"]),
        "warnings": [*export.get("warnings", ())],
    }
    if dry_run:
        report.add(entry)
        return
    try:
        if model is None:
            stored = session.client.import_conversation(export)
            entry |= {"id": stored.conversation["id"], "created": stored.created}
            entry["warnings"] += stored.warnings
        else:
            with progress(f"Replaying {entry['title']}", total=100) as advance:
                replayed = session.client.replay_conversation(
                    export, model, on_progress=lambda progress: advance(_percent(progress))
                )
            entry |= {"id": replayed.conversation["id"], "questions": replayed.questions}
            entry["model"] = model
            entry["warnings"] += replayed.warnings
    except (
        ImportFileError,
        errors.ValidationError,
        errors.ServerError,
        errors.ConflictError,
    ) as error:
        report.add_failure(each.location, str(error), title=entry["title"])
    else:
        report.add(entry)


class _Report:
    """Collects and prints the results: each as a line at once, or all of them as JSON at the end."""

    def __init__(self, as_json: bool, is_dry_run: bool) -> None:
        self._as_json = as_json
        self._is_dry_run = is_dry_run
        self._entries: list[Json] = []
        self._failures: list[Json] = []

    def add(self, entry: Json) -> None:
        """Record a conversation that was imported, and print its line."""
        from chatroutes_cli import terminal
        from chatroutes_cli.output import format_count

        self._entries.append(entry)
        if self._as_json:
            return
        messages = format_count(entry["messages"], "message")
        counts = f"{messages}, {format_count(entry['branches'], 'branch', 'branches')}"
        state = "" if entry.get("created", True) else "already imported"
        cells = [str(each) for each in (entry.get("id"), entry["title"], counts, state) if each]
        if terminal.is_terminal(sys.stdout):
            terminal.write("  ".join(terminal.clean_cell(each, MAX_WIDTH) for each in cells))
            indent = "  "  # under the line of the conversation
        else:
            terminal.write("\t".join(map(terminal.clean_line, cells)))
            indent = f"{terminal.clean_line(entry['location'])}: "
        for warning in entry["warnings"]:
            text = f"{indent}{terminal.clean_line(warning)}"
            terminal.write(text, style="yellow", err=True)

    def add_failure(self, location: str, message: str, **fields: object) -> None:
        """Record a conversation or a file that was not imported, and print the error."""
        from chatroutes_cli import terminal

        self._failures.append({"location": location, "message": message, **fields})
        if not self._as_json:
            terminal.print_error(f"{location}: {message}")

    def write(self) -> None:
        """Print the numbers of conversations, or all results as JSON."""
        from chatroutes_cli import output, terminal

        existing = sum(not entry.get("created", True) for entry in self._entries)
        numbers = {
            "found" if self._is_dry_run else "imported": len(self._entries) - existing,
            "existing": existing,
            "failed": len(self._failures),
        }
        if self._as_json:
            output.write_json(
                {**numbers, "conversations": self._entries, "failures": self._failures}
            )
        elif self._failures or terminal.is_terminal(sys.stderr):
            shown = [f"{number} {name}" for name, number in numbers.items()]
            terminal.write(", ".join(shown).replace("existing", "already there") + ".", err=True)

    def finish(self) -> None:
        """Print the results as `write` does, and fail if there was a failure.

        Raises:
            CommandError: If a conversation or a file was not imported.
        """
        self.write()
        if self._failures:
            from chatroutes_cli.output import format_count

            failed = format_count(
                len(self._failures), "conversation or file", "conversations or files"
            )
            raise CommandError(f"{failed} could not be imported.", ExitCode.FAILURE)
