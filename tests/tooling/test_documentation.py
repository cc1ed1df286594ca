"""The commands, links and paths in the documents exist."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import click
import pytest

from chatroutes_cli.app import cli
from chatroutes_server.config import load_config_file
from tests.support.contract import ALL_OPERATIONS
from tests.support.documents import (
    DOCUMENTS,
    PAGES,
    REPOSITORY,
    read_document,
    read_document_blocks,
    read_section,
)
from tests.support.markdown import read_anchors, read_links
from tests.support.paths import ROOT

pytestmark = pytest.mark.check

PROGRAMS = (
    *(".", "black", "cd", "curl", "export", "git", "mypy", "pip", "pre-commit", "pytest"),
    *("read", "uvicorn"),
)
# Sphinx generates parts of these pages, and checks the links to them.
GENERATED = "docs/reference/"


def split_commands(line: str) -> Iterator[tuple[str, ...]]:
    """Return the commands of a line, such as those of a pipe or a loop, without redirections."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|;&<>")
    lexer.whitespace_split = True
    command: list[str] = []
    words = iter([*lexer, ";"])
    for word in words:
        if word in ("<", ">"):
            next(words)  # the file
        elif word in ("|", ";", "&"):
            if command:
                yield tuple(command)
            command = []
        elif command or word not in ("while", "do", "done"):
            command.append(word)


def read_commands() -> list[tuple[str, ...]]:
    commands = {
        command
        for document in DOCUMENTS
        for block in read_document_blocks(document)
        if block.language == "sh"
        for line in block.code.replace("\\\n", " ").splitlines()
        for command in split_commands(line)
    }
    return sorted(commands)


def read_scripts() -> list[str]:
    return sorted(
        {
            each
            for name in DOCUMENTS
            for each in re.findall(r"\bscripts/[\w.-]+\w", read_document(name))
        }
    )


@cache
def run_help() -> str:
    command = [sys.executable, "-m", "chatroutes_server", "--help"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def server_options() -> set[str]:
    return set(re.findall(r"--[a-z-]+", run_help()))


def test_help_lists_the_operations() -> None:
    operations = sorted(each.id for each in ALL_OPERATIONS)
    help_text = " ".join(run_help().split())

    assert f"The operations of --fault are {', '.join(operations)}, and *" in help_text


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_code_block_has_a_language(document: str) -> None:
    languages = {block.language for block in read_document_blocks(document)}
    directives = {"{eval-rst}", "{toctree}"}
    formats = {"toml", "yaml", "json", "markdown", "text"}
    assert languages <= {"python", "sh", "console", "javascript"} | formats | directives


# The pages whose blocks in these languages are executed or read by a test.
TESTED_BLOCKS = {
    "console": "docs/how-to/command-line.md",  # tests/cli/test_command_line_page.py
    "javascript": "docs/how-to/fastapi.md",  # test_page_programs.py
    "json": "docs/how-to/export.md",  # tests/sdk/test_exports.py
    "toml": "docs/how-to/own-models.md",  # below
}


@pytest.mark.parametrize("page", PAGES)
def test_blocks_of_other_languages_are_tested(page: str) -> None:
    languages = {block.language for block in read_document_blocks(page)} & TESTED_BLOCKS.keys()
    assert [each for each in languages if TESTED_BLOCKS[each] != page] == []


def read_help(arguments: tuple[str, ...]) -> str:
    """Return the help of a command of `chatroutes`, or fail if there is no such command."""
    context = click.Context(cli)
    if not arguments or arguments[0].startswith("-"):
        return cli.get_help(context)
    command = cli.get_command(context, arguments[0])
    assert command, arguments
    return command.get_help(click.Context(command))


@pytest.mark.parametrize("command", read_commands(), ids=" ".join)
def test_command_exists(command: tuple[str, ...]) -> None:
    program, *arguments = command
    options = {each.partition("=")[0] for each in arguments if re.match(r"-\w|--\w", each)}
    if program == "python" and arguments[:2] == ["-m", "chatroutes_server"]:
        assert options - {"-m"}
        assert options - {"-m"} <= server_options()
    elif program == "python" and arguments[0] == "-m":
        assert find_spec(arguments[1])
    elif program == "python":
        assert (ROOT / arguments[0]).is_file()
    elif program == "chatroutes":
        assert options <= set(re.findall(r"-[\w-]+", read_help(tuple(arguments))))
    elif program.startswith("scripts/"):
        assert os.access(ROOT / program, os.X_OK)
    else:
        assert program in PROGRAMS


@pytest.mark.parametrize("script", read_scripts())
def test_script_exists(script: str) -> None:
    assert (ROOT / script).is_file()


def is_broken(link: str, document: str) -> bool:
    """Return whether a link leads to a missing file or heading, or is not a valid URL."""
    link = link.removeprefix("<").removesuffix(">")
    folder = PurePosixPath(document).parent
    if link.startswith(REPOSITORY):
        link, folder = link.removeprefix(REPOSITORY), PurePosixPath()
    if urlsplit(link).scheme:
        # Without a network, only the form of the URL can be checked.
        return not re.fullmatch(
            r"https://[\w.-]+\.\w+(/[\w./~%+-]*)?(\?[\w=&.-]*)?(#[\w-]+)?", link
        )
    path, _, anchor = link.partition("#")
    target = os.path.normpath(folder / path) if path else document
    if not (ROOT / target).exists():
        return True
    generated = target.startswith(GENERATED)
    return bool(anchor) and not generated and anchor not in read_anchors(read_document(target))


OTHER_DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("*.md", "benchmarks/*.md", "examples/*/*.md")
    for path in ROOT.glob(pattern)
    if path.relative_to(ROOT).as_posix() not in DOCUMENTS
)


@pytest.mark.parametrize("document", [*DOCUMENTS, *OTHER_DOCUMENTS])
def test_links_lead_to_files_and_headings(document: str) -> None:
    links = read_links(read_document(document))
    assert [each for each in links if is_broken(each, document)] == []


def test_configuration_of_models_is_valid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "key")
    blocks = read_document_blocks("docs/how-to/own-models.md")
    [configuration] = [each.code for each in blocks if each.language == "toml"]
    file = tmp_path / "models.toml"
    file.write_text(configuration, "utf-8")

    config = load_config_file(file)

    assert [each.name for each in config.upstreams] == ["llama3", "gpt-5"]
    assert config.strict_models


def test_readme_links_to_every_guide_and_concept() -> None:
    section = read_section("README.md", "Documentation")
    folders = ("docs/how-to/", "docs/concepts/")
    pages = [each for each in DOCUMENTS if each.startswith(folders)]
    assert pages
    assert [each for each in pages if f"]({each})" not in section] == []


def test_commands_that_install_the_package_name_those_for_a_checkout() -> None:
    lines = [
        line
        for page in PAGES
        for block in read_document_blocks(page)
        for line in block.code.splitlines()
        if re.match(r"pip install .*\bchatroutes\b", line)
    ]
    assert len(lines) > 5
    for line in lines:
        command, _, comment = line.partition("    # from a checkout: ")
        assert comment == re.sub(r"chatroutes\b", ".", command)


def test_navigation_has_the_groups_of_the_readme() -> None:
    section = read_section("README.md", "Documentation")
    groups = {
        name: re.findall(r"\]\(docs/(how-to/[\w-]+)\.md\)", items)
        for name, items in re.findall(r"^- \*\*(.+)\*\*: ((?:.|\n  )+)", section, re.M)
    }
    navigation = {
        name: pages.split()
        for name, pages in re.findall(
            r"\{toctree\}\n:caption: (.+)\n:maxdepth: 1\n\n((?:how-to/.+\n)+)```",
            read_document("docs/index.md"),
        )
    }
    assert len(navigation) > 3
    assert {name: groups.get(name) for name in navigation} == navigation


def test_table_of_places_names_existing_files() -> None:
    section = read_section("CONTRIBUTING.md", "Where things are")
    rows = "".join(re.findall(r"^\|.*$", section, re.M))
    paths = re.findall(r"`([\w./-]+/[\w./-]*)`", rows)
    assert len(paths) > 20
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_contents_of_the_readme_link_to_every_section() -> None:
    text = read_document("README.md")
    sections = re.findall(r"^## (.+)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.M)
    contents = read_section("README.md", "Contents")
    assert re.findall(r"^- \[(.+?)\]", contents, re.M) == sections[1:]
