"""The pages for people, which need no API key and no network."""

from __future__ import annotations

import json
import re
from html import unescape
from html.parser import HTMLParser

import httpx
import pytest
import yaml

from chatroutes_server import LocalServer
from chatroutes_server.contract import load_contract
from chatroutes_server.reference import render_markdown
from tests.support.paths import CONTRACT
from tests.support.server_api import assert_error_envelope

VOID_ELEMENTS = ("meta", "link", "br", "img")


class Page(HTMLParser):
    """Collects the ids and the targets of links, and checks that the elements are nested."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.names: set[str] = set()
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        values = dict(attrs)
        assert not {"src", "onclick"} & values.keys()
        self.ids += [value] if (value := values.get("id")) else []
        self.targets += [value] if (value := values.get("href")) else []
        if tag not in VOID_ELEMENTS:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag


def get(server: LocalServer, path: str) -> httpx.Response:
    """Request a path outside the API, without an API key."""
    return httpx.get(server.base_url.removesuffix("/api/v1") + path, verify=False)


def test_home_page_says_what_the_server_is(server: LocalServer) -> None:
    response = get(server, "/")

    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "ChatRoutes local server" in response.text
    assert server.base_url in response.text
    assert load_contract().version in response.text
    assert server.api_key not in response.text
    for target in Page(response.text).targets:
        assert get(server, target).status_code == 200


def test_reference_has_every_operation_and_schema(server: LocalServer) -> None:
    response = get(server, "/docs")

    page = Page(response.text)
    contract = load_contract()
    expected = {operation.id for operation in contract.operations}
    expected |= {f"schema-{name}" for name in contract.document["components"]["schemas"]}
    assert expected <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))
    assert {each[1:] for each in page.targets if each.startswith("#")} <= set(page.ids)
    for operation in contract.operations:
        assert f"<code>{operation.method.upper()} /api/v1{operation.path}</code>" in response.text


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_page_loads_nothing(server: LocalServer, path: str) -> None:
    response = get(server, path)

    assert not {"script", "img", "link", "iframe"} & Page(response.text).names
    assert response.headers["content-security-policy"].startswith("default-src 'none'; ")


def test_reference_shows_the_descriptions_of_the_contract(server: LocalServer) -> None:
    text = re.sub(r"<[^>]+>", "", get(server, "/docs").text)
    words = " ".join(unescape(text).split())

    for tag in load_contract().document["tags"]:
        last_line = tag["description"].strip().splitlines()[-1].replace("`", "").lstrip("* ")
        assert " ".join(last_line.split()) in words


def test_openapi_document_is_the_contract(server: LocalServer) -> None:
    as_yaml, as_json = get(server, "/openapi.yaml"), get(server, "/openapi.json")

    assert as_yaml.content == CONTRACT.read_bytes()
    assert as_yaml.headers["content-type"] == "application/yaml"
    assert as_json.headers["content-type"] == "application/json"
    assert json.loads(as_json.content) == yaml.safe_load(as_yaml.content)


@pytest.mark.parametrize("path", ["/", "/docs", "/openapi.yaml", "/openapi.json"])
def test_other_methods_are_405(server: LocalServer, path: str) -> None:
    url = server.base_url.removesuffix("/api/v1") + path

    response = httpx.post(url, verify=False)

    assert_error_envelope(response, 405, "METHOD_NOT_ALLOWED")
    assert response.headers["allow"] == "GET, HEAD"
    assert httpx.head(url, verify=False).content == b""


def test_host_of_the_request_is_escaped() -> None:
    with LocalServer(allowed_hosts=["*"]) as server:
        url = server.base_url.removesuffix("/api/v1") + "/"
        response = httpx.get(url, headers={"Host": "<b>{x}"}, verify=False)

    assert "<b>" not in response.text


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("one\ntwo", "<p>one\ntwo</p>"),
        ("one\n\ntwo", "<p>one</p>\n<p>two</p>"),
        ("### Head\ntext", "<h4>Head</h4>\n<p>text</p>"),
        ("a:\n* `b*` c\n  d\n* e", "<p>a:</p>\n<ul><li><code>b*</code> c\n  d</li><li>e</li></ul>"),
        ("*x* < `<y>`", "<p><em>x</em> &lt; <code>&lt;y&gt;</code></p>"),
        ("(https://x.test/a).", '<p>(<a href="https://x.test/a">https://x.test/a</a>).</p>'),
        ("", ""),
    ],
)
def test_descriptions_are_rendered(text: str, html: str) -> None:
    assert render_markdown(text) == html
