"""Files with an exported conversation: writing, reading, replacing and naming them."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chatroutes import exports
from chatroutes.exports._files import write_file
from tests.support.export_document import export_with_branches

HOSTILE = "</script>\u2028\x00\x1b[31m \ud83d half \U0001f600 ```\r\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", ": The export is not JSON: "),
        (
            '{"format": "chatroutes-conversation", "version": 2}',
            ", version: The export has version 2",
        ),
    ],
)
def test_error_of_a_file_names_the_file(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "export.json"
    path.write_text(text)
    with pytest.raises(exports.InvalidExportError) as raised:
        exports.read(path)
    assert str(raised.value).startswith(f"{path}{message}")


def test_read_returns_what_write_has_written(tmp_path: Path) -> None:
    export = export_with_branches()
    export["messages"][0]["content"] = HOSTILE
    export["messages"][1]["content"] = "é" * 1_000_000
    export["conversation"]["deep"] = {"a": [{"b": [None, 1.5, -0.0, 10**20]}]}
    path = tmp_path / "export.json"

    exports.write(export, path)

    assert exports.read(path) == export
    assert [*exports.read(path)] == [*export]
    assert "é" * 1000 in path.read_text("utf-8")


def test_file_has_one_line_for_each_message(tmp_path: Path) -> None:
    export = export_with_branches()
    exports.write(export, tmp_path / "export.json")

    lines = (tmp_path / "export.json").read_text("utf-8").split("\n")
    found = [json.loads(line.rstrip(",")) for line in lines if '"role"' in line]
    assert found == export["messages"]
    assert lines[-1] == ""


def test_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    exports.write(export_with_branches(), path)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())

    assert exports.read(path) == export_with_branches()
    assert exports.loads(path.read_text("utf-8")) == export_with_branches()


def test_failed_write_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    path.write_text("before", "utf-8")
    export = export_with_branches()
    export["messages"][5]["metadata"] = {"cost": float("nan")}

    with pytest.raises(ValueError, match="not JSON compliant"):
        exports.write(export, path)

    assert path.read_text("utf-8") == "before"
    assert os.listdir(tmp_path) == ["export.json"]


@pytest.mark.skipif(not os.path.exists("/dev/fd"), reason="the system has no /dev/fd")
def test_export_is_written_to_a_pipe() -> None:
    read_end, write_end = os.pipe()
    with open(read_end, "rb") as reader:
        with open(write_end, "wb"):
            exports.write(export_with_branches(), f"/dev/fd/{write_end}", overwrite=False)
        assert exports.loads(reader.read()) == export_with_branches()


def test_error_names_the_file_that_cannot_be_written(tmp_path: Path) -> None:
    for path in (tmp_path / "missing" / "export.json", tmp_path, Path("/dev/full")):
        with pytest.raises(OSError, match=r"\[Errno") as caught:
            exports.write(export_with_branches(), path)
        assert caught.value.filename == str(path)
        assert str(caught.value).endswith(f"{str(path)!r}")


def test_document_that_is_nested_too_deep_is_an_error(tmp_path: Path) -> None:
    export = export_with_branches()
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(ValueError, match="nested too deep"):
        exports.write({**export, "deep": deep}, tmp_path / "export.json")


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_file_that_is_replaced_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    path.touch(0o600)

    exports.write(export_with_branches(), path)

    assert path.stat().st_mode & 0o777 == 0o600


def test_existing_file_is_kept_without_overwrite(tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    exports.write(export_with_branches(), path, overwrite=False)
    written = path.read_bytes()

    with pytest.raises(FileExistsError, match=r"export\.json exists"):
        exports.write({**export_with_branches(), "warnings": ["x"]}, path, overwrite=False)

    assert path.read_bytes() == written
    assert os.listdir(tmp_path) == ["export.json"]


@pytest.mark.parametrize("code", [None, errno.EPERM, errno.EOPNOTSUPP])
def test_new_file_is_written_where_hard_links_may_be_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int | None
) -> None:
    path = tmp_path / "export.json"
    other = tmp_path / "other.json"
    if code is not None:

        def fail(source: Path, target: Path) -> None:
            raise OSError(code, "no hard links")

        monkeypatch.setattr(os, "link", fail)

    def pieces() -> Iterator[bytes]:
        other.write_bytes(b"of another program")
        yield b"x"

    write_file(path, [b"x"], overwrite=False)
    with pytest.raises(FileExistsError):
        write_file(other, pieces(), overwrite=False)

    assert path.read_bytes() == b"x"
    assert other.read_bytes() == b"of another program"
    assert sorted(os.listdir(tmp_path)) == ["export.json", "other.json"]


def test_symbolic_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "link.json").symlink_to("target.json")

    exports.write(export_with_branches(), tmp_path / "link.json")

    assert (tmp_path / "link.json").is_symlink()
    assert exports.read(tmp_path / "target.json") == export_with_branches()


@pytest.mark.parametrize(
    ("conversation_id", "title", "name"),
    [
        ("conv_1", "Trip to Rome", "Trip-to-Rome-conv_1.json"),
        ("conv_1", "", "conversation-conv_1.json"),
        ("conv_1", "../../etc/passwd", "etc-passwd-conv_1.json"),
        ("conv_1", "a\x00b\n\ud800<|>:*?c", "a-b-c-conv_1.json"),
        ("conv_1", "日本語 é नमस्ते", "日本語-é-नमस्ते-conv_1.json"),
        ("conv_1", "x" * 1_000_000, f"{'x' * 80}-conv_1.json"),
        ("../a", "T", "T-a-61b4c98b.json"),
        ("..", "T", "T-5ec1f7e7.json"),
    ],
)
def test_name_of_a_file_is_safe(conversation_id: str, title: str, name: str) -> None:
    assert exports.file_name({"id": conversation_id, "title": title}, ".json") == name
