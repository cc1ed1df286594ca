"""The files of a database: their permissions, and what happens if they are deleted or read-only."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chatroutes_server import LocalServer
from tests.support.paths import ROOT
from tests.support.server_api import Api, assert_error_envelope, post_with_key
from tests.support.server_events import parse_events
from tests.support.upstream_server import FakeUpstream, Handler


@pytest.fixture
def database(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder / "chat.db"


@pytest.fixture
def api(database: Path, upstream: FakeUpstream) -> Iterator[Api]:
    upstreams = [f"llama={upstream.url}"]
    with LocalServer(database=database, upstreams=upstreams) as server, Api(server) as client:
        yield client


@pytest.fixture
def permissive_umask() -> Iterator[None]:
    previous = os.umask(0)
    yield
    os.umask(previous)


def delete(database: Path) -> None:
    database.unlink()


def rename(database: Path) -> None:
    database.rename(database.with_name("moved.db"))


def rename_folder(database: Path) -> None:
    database.parent.rename(database.parent.with_name("moved"))


def delete_folder(database: Path) -> None:
    shutil.rmtree(database.parent)


def replace_by_another_database(database: Path) -> None:
    other = database.with_name("other.db")
    with LocalServer(database=other):
        pass
    other.replace(database)


def replace_by_a_copy(database: Path) -> None:
    copy = database.with_name("copy.db")
    shutil.copy(database, copy)
    copy.replace(database)


def truncate(database: Path) -> None:
    os.truncate(database, 0)


def overwrite_by_a_smaller_file(database: Path) -> None:
    database.write_bytes(b"hello")


def delete_write_ahead_log(database: Path) -> None:
    database.with_name(f"{database.name}-wal").unlink()


def delete_shared_memory(database: Path) -> None:
    database.with_name(f"{database.name}-shm").unlink()


CHANGES = [
    delete,
    rename,
    rename_folder,
    delete_folder,
    replace_by_another_database,
    replace_by_a_copy,
    truncate,
    overwrite_by_a_smaller_file,
    delete_write_ahead_log,
    delete_shared_memory,
]


@pytest.mark.parametrize("change", CHANGES)
def test_changed_file_fails_every_request(
    api: Api,
    database: Path,
    caplog: pytest.LogCaptureFixture,
    change: Callable[[Path], None],
) -> None:
    conversation_id = api.conversation()
    path = f"/conversations/{conversation_id}"

    change(database)
    responses = [
        api.http.get(path),
        api.http.post(f"{path}/messages", json={"content": "hello"}),
        api.http.post(f"{path}/messages/stream", json={"content": "hello"}),
        post_with_key(api, "/conversations", {"title": "x"}, "key"),
        api.http.delete(path),
    ]

    for response in responses:
        message = assert_error_envelope(response, 500, "INTERNAL_ERROR")["message"]
        assert str(database) in message
        assert "was deleted or replaced while the server was running; restart" in message
    assert [record.getMessage() for record in caplog.records] == [message]
    assert api.http.get("/models").is_success


def test_file_deleted_during_a_stream_ends_it_with_an_error_event(
    api: Api, database: Path, upstream: FakeUpstream
) -> None:
    def delete_and_complete(handler: Handler) -> None:
        handler.start_response()
        handler.send_text("Hello")
        delete(database)
        handler.send_text("", "stop")
        handler.send_event("[DONE]")

    upstream.behaviour = delete_and_complete
    path = f"/conversations/{api.conversation(model='llama')}/messages/stream"

    events = parse_events(api.http.post(path, json={"content": "hello"}).text)

    kind, error = events[-1]
    assert (kind, error["error"]) == ("error", "INTERNAL_ERROR")
    assert str(database) in error["message"]


def test_file_that_is_moved_back_is_used_again(api: Api, database: Path) -> None:
    conversation_id = api.conversation()
    moved = database.with_name("moved.db")

    database.rename(moved)
    failed = api.http.patch(f"/conversations/{conversation_id}", json={"title": "lost"})
    moved.rename(database)

    assert failed.status_code == 500
    fetched = api.data("GET", f"/conversations/{conversation_id}")
    assert fetched["conversation"]["title"] == "Talk"


def test_growing_file_and_second_server_are_accepted(api: Api, database: Path) -> None:
    conversation_id = api.conversation()
    for _ in range(30):  # more than SQLite keeps in its log
        api.send(conversation_id, "x" * 50_000)
    with LocalServer(database=database) as other, Api(other) as other_api:
        other_api.conversation()

    assert database.stat().st_size > 1_000_000  # a part of the log is in the database
    assert len(api.messages(conversation_id)) == 60


def test_symbolic_link_to_a_database_is_followed(tmp_path: Path, database: Path) -> None:
    link = tmp_path / "link.db"
    link.symlink_to(database)

    with LocalServer(database=link) as server, Api(server) as api:
        conversation_id = api.conversation()
        assert database.stat().st_mode & 0o777 == 0o600
        database.with_name("chat.db-wal").unlink()
        message = api.error("GET", f"/conversations/{conversation_id}")[2]

    assert "chat.db-wal, a part of the database, was deleted" in message


@pytest.mark.usefixtures("permissive_umask")
def test_new_files_can_be_read_by_their_owner_only(api: Api, database: Path) -> None:
    api.conversation()

    modes = {each.name: each.stat().st_mode & 0o777 for each in database.parent.iterdir()}

    assert modes == {"chat.db": 0o600, "chat.db-wal": 0o600, "chat.db-shm": 0o600}


def test_existing_file_keeps_its_permissions(database: Path) -> None:
    database.touch(0o640)
    database.chmod(0o640)

    with LocalServer(database=database, api_key="k"):
        modes = {each.stat().st_mode & 0o777 for each in database.parent.iterdir()}

    assert modes == {0o640}


def test_existing_file_is_made_private_once_for_a_generated_key(database: Path) -> None:
    database.touch(0o640)
    database.chmod(0o640)

    with LocalServer(database=database):
        modes = {each.stat().st_mode & 0o777 for each in database.parent.iterdir()}
    database.chmod(0o640)
    with LocalServer(database=database):
        later = database.stat().st_mode & 0o777

    assert modes == {0o600}
    assert later == 0o640


# Runs the command line as a user to whom file permissions apply: root ignores them as long as it has
# the capability CAP_DAC_OVERRIDE, which PR_CAPBSET_DROP takes from the next program.
PROGRAM = """
import ctypes, os, sys
if os.geteuid() == 0:
    assert ctypes.CDLL(None).prctl(24, 1, 0, 0, 0) == 0
os.execv(sys.executable, [sys.executable, "-m", "chatroutes_server", *sys.argv[1:]])
"""


def start_with_permissions(database: Path) -> subprocess.CompletedProcess[str]:
    """Start a server that must not start."""
    arguments = ["--port", "0", "--api-key", "k", "--database", str(database)]
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def crashed(tmp_path: Path, database: Path) -> Iterator[Path]:
    """The files of a server that was killed, with a write-ahead log."""
    folder = tmp_path / "crashed"
    with LocalServer(database=database, api_key="k") as server, Api(server) as api:
        api.conversation()
        shutil.copytree(database.parent, folder)
    yield folder / database.name
    folder.chmod(0o755)


@pytest.mark.parametrize(
    ("missing", "file_mode", "reason"),
    [
        ([], 0o444, "it is read-only"),
        (["-shm"], 0o444, "it is read-only"),
        (["-shm", "-wal"], 0o444, "it is read-only"),
        (["-shm"], 0o644, "its folder is read-only"),
    ],
)
def test_read_only_medium_prints_one_line(
    crashed: Path, missing: list[str], file_mode: int, reason: str
) -> None:
    for suffix in missing:
        crashed.with_name(crashed.name + suffix).unlink()
    for each in crashed.parent.iterdir():
        each.chmod(file_mode)
    crashed.parent.chmod(0o555)

    result = start_with_permissions(crashed)

    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr == (
        f"python -m chatroutes_server: cannot open the database {crashed}: {reason}\n"
    )


def test_new_database_in_a_read_only_folder_prints_one_line(database: Path) -> None:
    database.parent.chmod(0o555)

    result = start_with_permissions(database)

    assert result.returncode == 1
    assert result.stderr == (
        f"python -m chatroutes_server: cannot open the database {database}: Permission denied\n"
    )
