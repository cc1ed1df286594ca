"""The Python examples of the documentation pages run as printed, and print what the pages show.

The blocks of a page run one after the other in one namespace, with a server of their own. It has the conversation
`conv_123` with the message `msg_456`. The block after `<!-- output -->` is the output of the block before it, in
which `…` stands for any text. A block after `<!-- example: … -->` is tested elsewhere.

The examples also run with servers that send one dialect only. What they print is then not compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Literal

import pytest
import trustme

from chatroutes import ChatRoutes
from tests.support.dialect_server import DialectServer
from tests.support.documents import PAGES, matches_output, read_document_blocks
from tests.support.markdown import CodeBlock
from tests.support.paths import ROOT
from tests.support.seeded_server import run_seeded_server

pytestmark = pytest.mark.check

KEY = "your-api-key"
BLOCKS = {page: read_document_blocks(page) for page in PAGES}
EXAMPLES = {
    page: blocks
    for page, blocks in BLOCKS.items()
    if any(each.language == "python" for each in blocks)
}
TESTED_ELSEWHERE = {
    "example: test",  # tests/sdk/test_pytest_plugin.py
    "example: batch",  # tests/sdk/test_killed_batches.py
    "example: chat",  # test_page_programs.py
    "example: fastapi",
}


def is_executed(block: CodeBlock) -> bool:
    return block.language == "python" and block.kind is None


def test_every_python_block_is_executed_or_tested_elsewhere() -> None:
    blocks = [block for blocks in EXAMPLES.values() for block in blocks]
    kinds = {each.kind for each in blocks if each.language == "python" and not is_executed(each)}
    assert kinds <= TESTED_ELSEWHERE


def test_every_output_follows_an_executed_block() -> None:
    for page, blocks in BLOCKS.items():
        for previous, block in zip([None, *blocks], blocks, strict=False):
            if block.kind == "output":
                assert block.language == "text", f"{page}: {block.name}"
                assert previous, f"{page}: {block.name}"
                assert is_executed(previous), f"{page}: {block.name}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Change to an empty folder, and set the variables that the examples read."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    trustme.CA().cert_pem.write_to_path("company-ca.pem")
    monkeypatch.setenv("CHATROUTES_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_API_KEY", "key")  # of an upstream
    return folder


def run_blocks(page: str) -> Iterator[tuple[CodeBlock, dict[str, Any]]]:
    """Run the blocks of a page one after the other, and yield every block, with the names that are defined."""
    names: dict[str, Any] = {"__name__": "__main__"}
    with ExitStack() as end:
        for block in EXAMPLES[page]:
            if is_executed(block):
                # Blank lines before the code give it the line numbers of the page.
                code = "\n" * (block.line - 1) + block.code
                exec(compile(code, str(ROOT / page), "exec", dont_inherit=True), names)
                for value in names.values():
                    if isinstance(value, ChatRoutes):
                        end.callback(value.close)
            yield block, names


@pytest.mark.parametrize("page", EXAMPLES)
def test_examples_run_and_print_the_output(
    page: str,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    output: str | None = None
    with run_seeded_server(tmp_path, KEY) as server:
        monkeypatch.setenv("CHATROUTES_BASE_URL", server.base_url)
        for block, _ in run_blocks(page):
            if is_executed(block):
                output = capsys.readouterr().out
            elif block.kind == "output":
                assert output is not None
                assert matches_output(block.code, output), f"{page}, {block.name}:\n{output}"


def uses_the_service(page: str) -> bool:
    """Return whether a page has a client of the service, and not only clients of its own servers."""
    return any(is_executed(block) and "ChatRoutes()" in block.code for block in EXAMPLES[page])


@pytest.mark.parametrize("dialect", ["documented", "compact"])
@pytest.mark.parametrize(
    "page",
    # Only the local server can import conversations.
    [page for page in EXAMPLES if uses_the_service(page) and page != "docs/how-to/import.md"],
)
def test_examples_run_with_servers_of_either_dialect(
    page: str,
    dialect: Literal["documented", "compact"],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with DialectServer(dialect, api_key=KEY) as server:
        monkeypatch.setenv("CHATROUTES_BASE_URL", server.base_url)
        for _ in run_blocks(page):
            pass
        assert server.requests


@pytest.mark.parametrize("dialect", ["documented", "compact"])
def test_tutorial_is_the_same_with_the_service(
    dialect: Literal["documented", "compact"], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with DialectServer(dialect, api_key=KEY) as server, ExitStack() as end:
        monkeypatch.setenv("CHATROUTES_BASE_URL", server.base_url)
        client = end.enter_context(ChatRoutes())
        for _, names in run_blocks("docs/tutorial.md"):
            names["client"] = client
        assert len(server.requests) > 10
