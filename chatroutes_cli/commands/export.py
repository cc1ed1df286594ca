"""Export conversations to files."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from chatroutes_cli.exit_codes import ExitCode
from chatroutes_cli.failures import CommandError
from chatroutes_cli.options import branch_option, client_options, format_option, require_value
from chatroutes_cli.session import Session, pass_session

if TYPE_CHECKING:
    from chatroutes import ChatRoutes
    from chatroutes.exports import ConversationExport, ExportFormat, ExportProgress

# Those of `ExportFormat`, as a test checks. The help does not import `chatroutes.exports`, which takes time.
FORMATS = ("json", "markdown", "openai", "sharegpt", "html")
FORMAT_BY_SUFFIX = {
    ".htm": "html",
    ".html": "html",
    ".jsonl": "openai",
    ".markdown": "markdown",
    ".md": "markdown",
}

Json = dict[str, Any]


@click.command()
@click.argument("conversation", required=False)
@click.option("--all", "is_all", is_flag=True, help="Export all conversations, into a folder.")
@format_option(FORMATS, what="file", default="json")
@branch_option("Export only this branch and the messages that it inherits", default="all branches")
@click.option(
    "-o",
    "--output",
    metavar="PATH",
    type=click.Path(allow_dash=True),
    callback=require_value,
    help="File to write, or a folder. Default: the standard output.",
)
@click.option("--force", is_flag=True, help="Replace existing files.")
@client_options
@pass_session
def command(
    session: Session,
    conversation: str | None,
    is_all: bool,
    format_: str | None,
    branch: str | None,
    output: str | None,
    force: bool,
) -> None:
    """Export a conversation with all its branches, messages and checkpoints.

    \b
      chatroutes export conv_123 --output trip.json
      chatroutes export conv_123 --branch Main --format markdown
      chatroutes export --all --output backup

    The formats are `json` (everything, for `chatroutes import`), `markdown`, `openai` (JSON Lines of
    messages), `sharegpt` and `html` (a page to fold and search). A file is written whole or not at all. In
    a folder, the name of a file is the title and the id of the conversation.

    With --all, existing files and conversations that cannot be exported are reported, and the others are
    exported: the exit code is then 1. A full disk or an unreachable server ends the command.
    """
    if output == "-":
        output = None
    if (conversation is not None) == is_all:
        raise click.UsageError("Pass the id of a conversation, or --all.")
    if is_all and (output is None or branch is not None):
        raise click.UsageError("--all needs --output FOLDER, and cannot be combined with --branch.")
    if session.as_json and output is None and format_ not in (None, "json"):
        raise click.UsageError(f"--json cannot be combined with --format {format_}.")
    suffix = "" if output is None or is_all else Path(output).suffix.lower()
    chosen = cast("ExportFormat", format_ or FORMAT_BY_SUFFIX.get(suffix, "json"))
    if conversation is None:
        assert output is not None
        _export_all(session, chosen, Path(output), force)
        return
    if output is not None and not force:
        _require_new(output)  # before the conversation is fetched
    export = _fetch(session.client, conversation)
    branch_id = None if branch is None else _find_branch(export, branch)
    if output is None:
        _print(session, export, chosen, branch_id)
        return
    path = _path_in(output, export["conversation"], chosen)
    _write(export, path, chosen, branch_id, force)
    _report(session, _describe(export, path))


def _fetch(client: ChatRoutes, conversation_id: str) -> ConversationExport:
    """Fetch a conversation, and show how many messages were fetched."""
    from chatroutes_cli.progress import progress

    with progress("Exporting") as advance:

        def show(state: ExportProgress) -> None:
            advance(state.fetched, state.total)

        return client.conversations.export(conversation_id, on_progress=show)


def _find_branch(export: ConversationExport, text: str) -> str:
    from chatroutes_cli.branches import choose_branch

    return choose_branch(export["branches"], text)["id"]


def _require_new(output: str) -> None:
    if Path(output).is_file():
        raise _exists(output)


def _exists(path: str | os.PathLike[str]) -> CommandError:
    return CommandError(f"{os.fspath(path)} exists. Pass --force to replace it.")


def _path_in(output: str, conversation: Any, format_: ExportFormat) -> Path:
    """Return the path of a file, which is in the folder `output` if there is one."""
    from chatroutes.exports import SUFFIXES, file_name

    if output.endswith(("/", os.sep)) or Path(output).is_dir():
        Path(output).mkdir(parents=True, exist_ok=True)
        return Path(output, file_name(conversation, SUFFIXES[format_]))
    return Path(output)


def _write(
    export: ConversationExport,
    path: Path,
    format_: ExportFormat,
    branch_id: str | None,
    force: bool,
) -> None:
    from chatroutes import exports

    try:
        exports.write(export, path, format_, branch_id=branch_id, overwrite=force)
    except FileExistsError:
        raise _exists(path) from None


def _print(
    session: Session, export: ConversationExport, format_: ExportFormat, branch_id: str | None
) -> None:
    """Print an export: exactly for programs, and safely on a terminal."""
    from chatroutes import exports
    from chatroutes_cli import output, terminal

    if session.as_json:
        selected = export if branch_id is None else exports.select_branch(export, branch_id)
        output.write_json(selected)
        return
    pieces = exports.iter_text(export, format_, branch_id=branch_id)
    if terminal.is_terminal(sys.stdout):
        cleaner = terminal.TextCleaner()
        for piece in pieces:
            click.echo(cleaner.feed(piece), nl=False)
        click.echo(cleaner.end(), nl=False)
        return
    sys.stdout.flush()
    sys.stdout.buffer.writelines(piece.encode() for piece in pieces)
    sys.stdout.buffer.flush()


def _export_all(session: Session, format_: ExportFormat, folder: Path, force: bool) -> None:
    """Export all conversations, and report those that cannot be exported."""
    from chatroutes import errors
    from chatroutes_cli import output
    from chatroutes_cli.progress import progress, status

    errors_of_one = (errors.NotFoundError, errors.ResponseError, errors.ServerError)
    with status("Listing conversations"):
        conversations = [*session.client.conversations.iterate({"limit": 100})]
    folder.mkdir(parents=True, exist_ok=True)
    exported: list[Json] = []
    failures: list[Json] = []
    try:
        with progress("Exporting", total=len(conversations)) as advance:
            for done, (each, path) in enumerate(_paths(conversations, folder, format_)):
                advance(done, len(conversations))
                try:
                    if not force:
                        _require_new(str(path))
                    export = session.client.conversations.export(each["id"])
                    _write(export, path, format_, None, force)
                except (CommandError, *errors_of_one) as error:
                    failures.append({"conversation": each["id"], "message": error.message})
                else:
                    exported.append(_describe(export, path))
    except (OSError, errors.ChatRoutesError):  # of every conversation, such as a full disk
        _report_all(session, exported, failures, folder)
        raise
    _report_all(session, exported, failures, folder)
    if failures:
        message = f"{output.format_count(len(failures), 'conversation')} could not be exported."
        raise CommandError(message, ExitCode.FAILURE)


def _paths(
    conversations: list[Any], folder: Path, format_: ExportFormat
) -> Iterator[tuple[Any, Path]]:
    """Yield each conversation and the path of its file. File systems may ignore the case of names."""
    from chatroutes.exports import SUFFIXES, file_name

    used: set[str] = set()
    for each in conversations:
        name = file_name(each, SUFFIXES[format_])
        number = 1
        while name.casefold() in used:
            number += 1
            name = file_name(each, f"-{number}{SUFFIXES[format_]}")
        used.add(name.casefold())
        yield each, folder / name


def _describe(export: ConversationExport, path: Path) -> Json:
    return {
        "conversation": export["conversation"]["id"],
        "file": str(path),
        "messages": len(export["messages"]),
        "branches": len(export["branches"]),
        "warnings": [*export.get("warnings", ())],
    }


def _report(session: Session, entry: Json) -> None:
    """Print where an export is: as JSON, or on the standard error output of a terminal."""
    from chatroutes_cli import output

    if session.as_json:
        output.write_json(entry)
        return
    _warn([entry])
    output.report_file(entry["file"])


def _warn(entries: list[Json]) -> None:
    from chatroutes_cli import terminal

    for entry in entries:
        for warning in entry["warnings"]:
            text = f"{entry['conversation']}: {warning}"
            terminal.write(terminal.clean_line(text), style="yellow", err=True)


def _report_all(session: Session, exported: list[Json], failures: list[Json], folder: Path) -> None:
    """Print what was exported."""
    from chatroutes_cli import output, terminal

    if session.as_json:
        output.write_json({"conversations": exported, "failures": failures})
    else:
        _warn(exported)
        for failure in failures:
            terminal.print_error(f"{failure['conversation']}: {failure['message']}")
        where = terminal.clean_line(str(folder))
        terminal.write(
            f"{output.format_count(len(exported), 'conversation')} exported to {where}.", err=True
        )
