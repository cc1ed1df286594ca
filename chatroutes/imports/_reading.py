"""Read the conversations of a file. The content decides the format, and not the name of the file."""

from __future__ import annotations

import os
import re
import stat
import zipfile
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final, TypeAlias, cast

from ..exports import FORMAT, ConversationExport, InvalidExportError, validate
from ..exports._validation import describe_type
from . import _chat_formats, _chatgpt
from ._errors import ImportFileError
from ._json_values import JsonValue, ReadBytes, iter_values
from ._nodes import format_time
from ._results import ImportProgress

OnProgress: TypeAlias = Callable[[ImportProgress], object]

SQLITE_MAGIC: Final = b"SQLite format 3\0"
ZIP_MAGIC: Final = (b"PK\x03\x04", b"PK\x05\x06")
# A large data export of ChatGPT has several files, such as conversations-000.json.
ZIP_MEMBER: Final = re.compile(r"(?:.*/)?conversations(?:-\d+)?\.json", re.DOTALL)
MAX_UNPACKED_SIZE: Final = 8 * 1024**3
"""The largest size of the unpacked conversations of a ZIP file, in bytes."""

EXPECTED: Final = (
    'expected a ChatRoutes export ("format"), a conversation of ChatGPT ("mapping"), '
    'OpenAI messages ("messages") or ShareGPT ("conversations")'
)
SHOWN_NAMES: Final = 5


@dataclass(frozen=True, slots=True)
class FileConversation:
    """A conversation of a file, or the reason why it cannot be read.

    Attributes:
        location: The file, and where in the file.
        export: The document of the conversation, or None if there is an error.
        error: What is wrong, or None.
    """

    location: str
    export: ConversationExport | None = None
    error: ImportFileError | None = None


def read(
    source: str | os.PathLike[str] | IO[bytes], *, on_progress: OnProgress | None = None
) -> Iterator[FileConversation]:
    """Read the conversations of a file, one after the other.

    The file is a ChatRoutes export, the `conversations.json` of a ChatGPT data export or its ZIP file,
    the `logs.db` of `llm`, or a JSON or JSON Lines file with OpenAI messages or ShareGPT conversations.
    One conversation at a time is in memory. The largest size of a conversation is 256 MB.

    Args:
        source: The path of the file, or an open binary file with JSON, such as `sys.stdin.buffer`.
        on_progress: Called with an `ImportProgress` after each read of a file with JSON, or of a ZIP file.
            It is not called for open files and pipes.

    Returns:
        An iterator. A conversation that cannot be read is yielded with its error.

    Raises:
        ImportFileError: If the file has none of these formats, or its rest cannot be read.
        OSError: If the file cannot be opened.
        TypeError: If `source` is neither a path nor an open binary file.
    """
    if not isinstance(source, (str, os.PathLike)):
        _require_binary_file(source)
        yield from _read_json(source.read, str(getattr(source, "name", "file")))
        return
    name = Path(source).name
    with open(source, "rb") as file:
        start = file.peek()  # a pipe cannot seek
        if start.startswith(SQLITE_MAGIC):
            from . import _llm_logs

            for identity, result in _llm_logs.iter_conversations(source):
                location = f"{name}, conversation {identity}"
                if isinstance(result, ImportFileError):
                    yield FileConversation(location, error=result)
                else:
                    yield _file_conversation(location, result)
        elif start.startswith(ZIP_MAGIC):
            yield from _read_zip(file, name, on_progress)
        else:
            status = os.fstat(file.fileno())
            on_read = on_progress if stat.S_ISREG(status.st_mode) else None
            yield from _read_json(_counted(file.read, status.st_size, on_read), name)


def _require_binary_file(source: Any) -> None:
    if not hasattr(source, "read"):
        raise TypeError(
            f"source must be a path or an open binary file, not {type(source).__name__}"
        )
    if isinstance(source.read(0), str):
        raise TypeError("source is open in text mode: pass its path, or open it with mode 'rb'")


def _read_zip(
    file: IO[bytes], name: str, on_progress: OnProgress | None
) -> Iterator[FileConversation]:
    with _zip_errors(name):
        archive = zipfile.ZipFile(file)
    members = sorted(
        (
            each
            for each in archive.infolist()
            if ZIP_MEMBER.fullmatch(each.filename) and "__MACOSX/" not in each.filename
        ),
        key=lambda each: each.filename,
    )
    if not members:
        raise ImportFileError(
            "the ZIP file has no conversations.json; expected a data export of ChatGPT", name
        )
    size = sum(each.file_size for each in members)
    if size > MAX_UNPACKED_SIZE:  # zipfile reads no more of a file than its declared size
        raise ImportFileError(
            f"the unpacked conversations have more than {MAX_UNPACKED_SIZE // 1024**3} GB", name
        )
    unpacked = 0

    def count(progress: ImportProgress) -> None:
        if on_progress is not None:
            on_progress(ImportProgress(unpacked + progress.completed, size))

    for each in members:
        member_name = f"{name}, {Path(each.filename).name}"
        with _zip_errors(name):
            member = archive.open(each)
        with member:
            read_member = _zip_errors(name)(member.read)
            yield from _read_json(_counted(read_member, each.file_size, count), member_name)
        unpacked += each.file_size


@contextmanager
def _zip_errors(name: str) -> Generator[None]:
    """Raise an `ImportFileError` instead of the errors of a ZIP file."""
    try:
        yield
    # zipfile raises unrelated errors for a damaged file, such as BadZipFile, ValueError, RuntimeError,
    # zlib.error and lzma.LZMAError. A later Python adds those of another compression.
    except Exception as error:
        raise ImportFileError(f"cannot read the ZIP file: {error}", name) from error


def _counted(read_bytes: ReadBytes, size: int, on_progress: OnProgress | None) -> ReadBytes:
    """Return a function that reads, and reports what was read."""
    if on_progress is None:
        return read_bytes
    done = 0

    def read_and_report(count: int) -> bytes:
        nonlocal done
        data = read_bytes(count)
        done += len(data)
        on_progress(ImportProgress(done, size))
        return data

    return read_and_report


def _read_json(read_bytes: ReadBytes, name: str) -> Iterator[FileConversation]:
    for value in iter_values(read_bytes, name):
        if value.number == 0 and not isinstance(value.value, dict):
            # It is another kind of file.
            raise ImportFileError(f"{EXPECTED}, not {describe_type(value.value)}", name)
        location = f"{name}, conversation {value.number + 1} (character {value.offset})"
        try:
            yield _file_conversation(location, _to_export(value))
        except (ImportFileError, InvalidExportError) as error:
            yield FileConversation(location, error=ImportFileError(_describe(error), location))


def _file_conversation(location: str, export: ConversationExport) -> FileConversation:
    """Return a conversation of a file. If it has no time, its time is the current one."""
    if not export["exportedAt"]:  # the JSON Schema requires a time
        export["exportedAt"] = format_time(datetime.now(UTC).timestamp()) or ""
    return FileConversation(location, export)


def _describe(error: ImportFileError | InvalidExportError) -> str:
    if isinstance(error, InvalidExportError):
        return str(error)
    return error.message


def _to_export(value: JsonValue) -> ConversationExport:
    if value.error is not None:
        raise value.error
    content: object = value.value
    if not isinstance(content, dict):
        raise ImportFileError(f"{EXPECTED}, not {describe_type(content)}")
    fields = cast("Mapping[str, Any]", content)
    if fields.get("format") == FORMAT:
        return validate(fields)
    if _chatgpt.is_conversation(fields):
        return _chatgpt.to_export(fields)
    if _chat_formats.is_conversation(fields):
        return _chat_formats.to_export(fields)
    names = ", ".join(map(repr, list(fields)[:SHOWN_NAMES])) or "no fields"
    raise ImportFileError(f"{EXPECTED}, not an object with {names}")
