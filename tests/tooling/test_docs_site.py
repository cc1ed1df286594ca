"""The documentation site: complete references, and pages that work without a network."""

from __future__ import annotations

import builtins
import collections.abc
import contextlib
import datetime
import inspect
import os
import pathlib
import re
import subprocess
import typing
import zlib
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType

import click
import httpx
import pytest
import yaml
from opentelemetry import metrics, trace

import chatroutes
import chatroutes_server
from chatroutes import exports, imports, trees
from chatroutes_cli.app import cli
from tests.support.chromium import Chromium
from tests.support.paths import CONTRACT, ROOT

pytestmark = [
    pytest.mark.check,
    pytest.mark.timeout(1200),  # scripts/docs takes 20 s on an idle machine, more than most tests
    pytest.mark.skipif(os.name == "nt", reason="the scripts need a POSIX shell"),
]

OTHER_MODULES = (
    *(builtins, collections.abc, contextlib, datetime, os, pathlib, re, typing),
    *(httpx, metrics, trace),
)
SENTINELS = {
    *("CLASS_DEFAULT", "NOTHING", "NOT_GIVEN", "NotGiven", "UNSET", "Unset"),
    *("ErrorFields", "RateLimitErrorFields"),  # the attributes of an error, as keyword arguments
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site into a path relative to the current folder."""
    folder = tmp_path_factory.mktemp("docs")
    process = subprocess.run(
        [str(ROOT / "scripts/docs"), "new/site"],
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert process.returncode == 0, process.stdout + process.stderr
    assert process.stdout == f"{folder}/new/site/index.html\n"
    return folder / "new/site"


class PageResources(HTMLParser):
    """The resources that a browser loads for a page, without links to other pages."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.urls: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = ("src", "srcset", "data", "poster", "action", *(["href"] if tag != "a" else []))
        self.urls += [value or "" for name, value in attrs if name in names]


def test_pages_load_files_of_the_site_only(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 10
    for page in pages:
        for url in PageResources(page.read_text("utf-8")).urls:
            path = url.partition("?")[0].partition("#")[0]
            assert url.startswith("data:") or (page.parent / path).exists(), (page, url)


def test_styles_load_files_of_the_site_only(site: Path) -> None:
    styles = list(site.rglob("*.css"))
    assert styles
    for style in styles:
        text = style.read_text("utf-8")
        urls = re.findall(r"""url\(\s*["']?([^"')]+)|@import\s+["']([^"']+)""", text)
        for url in filter(None, (url for pair in urls for url in pair)):
            assert url.startswith(("data:", "#")) or (style.parent / url).exists(), (style, url)


def read_names(site: Path) -> set[str]:
    """Return the names of the Python objects in the index of the site."""
    _, _, _, _, data = (site / "objects.inv").read_bytes().split(b"\n", 4)
    lines = zlib.decompress(data).decode().splitlines()
    return {line.split()[0] for line in lines if " py:" in line}


@pytest.mark.parametrize(
    "module",
    [chatroutes, exports, imports, trees, chatroutes_server],
    ids=lambda each: each.__name__,
)
def test_reference_has_every_public_name(site: Path, module: ModuleType) -> None:
    names = {each.rpartition(".")[2] for each in read_names(site)}
    assert set(module.__all__) - names <= {"__version__"}


def read_text(page: Path) -> str:
    return unescape(re.sub(r"<[^>]+>", "", page.read_text("utf-8")))


def test_signatures_link_to_every_class_of_this_project(site: Path) -> None:
    """A signature must not name a class that the reference does not have."""
    known = {name for module in OTHER_MODULES for name in dir(module)} | SENTINELS
    for page in (site / "reference").glob("*.html"):
        for signature in re.findall(r'<dt class="sig .*?</dt>', page.read_text("utf-8"), re.S):
            rest = re.sub(r'<a class="reference.*?</a>', "", signature, flags=re.S)
            rest = re.sub(r'<span class="sig-(?:pre)?name .*?</span></span>', "", rest, flags=re.S)
            names = set(re.findall(r'<span class="pre">([A-Z]\w+)</span>', rest))
            assert names - known == set(), (page.name, signature)


def test_commands_and_quotations_are_shown_as_typed(site: Path) -> None:
    for page in (site / "reference").glob("*.html"):
        text = read_text(page)
        assert re.findall(r"[“”‘’]|–\w", text) == [], page.name
    text = read_text(site / "reference/command-line.html")
    assert "\nchatroutes export conv_123 --output trip.json\n" in text
    assert re.findall(r"<[a-z_]+>", text) == []


def test_reference_has_every_method(site: Path) -> None:
    names = read_names(site)
    with chatroutes.ChatRoutes("key") as client:
        resources = [client.conversations, client.messages, client.branches, client.checkpoints]
        for each in (client, *resources, client.autobranch, client.models):
            kind = type(each)
            owner = (
                "chatroutes.ChatRoutes"
                if each is client
                else f"{kind.__module__}.{kind.__qualname__}"
            )
            methods = {
                name for name in dir(kind) if not name.startswith(("_", "with_raw", "with_str"))
            }
            assert {name for name in methods if f"{owner}.{name}" not in names} == set()


def test_reference_describes_the_arguments_of_a_client(site: Path) -> None:
    page = (site / "reference/client.html").read_text("utf-8")
    text = unescape(re.sub(r"<[^>]+>", "", page))
    arguments = inspect.signature(chatroutes.ChatRoutes).parameters
    assert [each for each in arguments if f"{each} – " not in text] == []


def test_page_of_the_command_line_has_every_command_and_option(site: Path) -> None:
    page = (site / "reference/command-line.html").read_text("utf-8")
    context = click.Context(cli)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command
        assert f'id="chatroutes-{name}"' in page
        options = [each for each in command.params if isinstance(each, click.Option)]
        missing = [each.name for each in options if f">{each.opts[0]}<" not in page]
        assert missing == []


def test_page_of_the_http_api_has_every_operation_and_schema(site: Path) -> None:
    page = (site / "reference/http-api.html").read_text("utf-8")
    spec = yaml.safe_load(CONTRACT.read_text("utf-8"))
    operations = [
        operation["operationId"]
        for item in spec["paths"].values()
        for method, operation in item.items()
        if method != "parameters"
    ]
    assert [each for each in operations if f'id="operation-{each.lower()}"' not in page] == []
    schemas = spec["components"]["schemas"]
    assert [each for each in schemas if f'id="schema-{each.lower()}"' not in page] == []


def test_page_of_the_http_api_shows_events_as_they_are_sent(site: Path) -> None:
    page = (site / "reference/http-api.html").read_text("utf-8")
    text = unescape(re.sub(r"<[^>]+>", "", page))
    assert 'data: {"type":"content","content":"Fine, ","model":"gpt-5"}\n\n' in text


def loaded_from_elsewhere(browser: Chromium) -> list[str]:
    return [url for url in browser.requests if not url.startswith(("file:", "data:"))]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1300])
def test_pages_open_without_a_server(site: Path, browser: Chromium, theme: str, width: int) -> None:
    browser.use_theme(theme)
    browser.resize(width, 900)
    for page in (
        "index",
        "tutorial",
        "how-to/testing",
        "reference/resources",
        "reference/http-api",
    ):
        browser.open(site / f"{page}.html")
        assert browser.messages == []
        assert loaded_from_elsewhere(browser) == []
        content = "document.documentElement.scrollWidth"
        assert browser.evaluate(content) <= browser.evaluate("window.innerWidth"), page


def test_search_works_without_a_server(site: Path, browser: Chromium) -> None:
    browser.open(site / "search.html", "?q=idempotency")
    results = "document.getElementById('search-results')?.innerText ?? ''"
    while "Search finished" not in (text := browser.evaluate(results)):
        pass
    assert "Idempotency and retries" in text.splitlines()
    assert browser.messages == []
    assert loaded_from_elsewhere(browser) == []
