"""The pages for people: what this server is, the API reference, and the OpenAPI document.

They need no API key, and load nothing from other servers.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from chatroutes_server.contract import Contract, contract_path
from chatroutes_server.reference import render_page, render_reference

# The pages run no scripts, and load and send nothing.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}

HOME = """\
<h1>ChatRoutes local server</h1>
<p>This server implements the ChatRoutes API, version {version}, for development and tests. Programs
send their requests to <code>{base_url}</code>, with an API key. The server prints the key at its
start if it has generated it.</p>
<ul>
<li><a href="/docs">API reference</a></li>
<li>OpenAPI document: <a href="/openapi.yaml">YAML</a>, <a href="/openapi.json">JSON</a></li>
</ul>
<p>An example:</p>
<pre><code>curl -H "X-API-Key: $CHATROUTES_API_KEY" {base_url}/models</code></pre>
"""


def create_page_routes(contract: Contract) -> list[Route]:
    """Return the routes of the pages."""

    def home(request: Request) -> Response:
        base_url = f"{request.url.scheme}://{request.url.netloc}{contract.base_path}"
        text = HOME.format(version=escape(contract.version), base_url=escape(base_url))
        return HTMLResponse(render_page("ChatRoutes local server", text))

    @functools.cache
    def reference() -> str:
        return render_reference(contract)

    @functools.cache
    def document_as_json() -> str:
        return json.dumps(contract.document, ensure_ascii=False)

    pages: dict[str, Callable[[Request], Response]] = {
        "/": home,
        "/docs": lambda _: HTMLResponse(reference()),
        "/openapi.json": lambda _: Response(document_as_json(), media_type="application/json"),
        "/openapi.yaml": lambda _: Response(
            contract_path().read_bytes(), media_type="application/yaml"
        ),
    }

    def create_route(path: str, page: Callable[[Request], Response]) -> Route:
        async def endpoint(request: Request) -> Response:
            response = page(request)
            response.headers.update(HEADERS)
            return response

        return Route(path, endpoint, methods=["GET"])

    return [create_route(*item) for item in pages.items()]
