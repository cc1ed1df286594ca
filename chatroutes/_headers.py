"""The headers of a request. Add a new one to `build_headers`."""

from __future__ import annotations

import os
from typing import Final

import httpx

from chatroutes_wire.client import Request

from ._options import Options, Secret
from ._version import __version__

USER_AGENT: Final = f"chatroutes-python/{__version__}"

_JSON_HEADERS: Final = {"Content-Type": "application/json"}

# A compressed event may be held back until its block is full.
_STREAM_HEADERS: Final = {"Accept-Encoding": "identity", "Cache-Control": "no-store"}


def build_headers(request: Request, options: Options, secret: Secret) -> httpx.Headers:
    """Return the headers that every attempt of a request sends.

    All attempts send the same `Idempotency-Key`, so that a server does the work of a request that is
    retried only once. It is the key of the call, or a new one. The repr of `httpx.Headers` does not show the API key.
    """
    headers = httpx.Headers(
        {
            "User-Agent": USER_AGENT,
            "Accept": request.accept,
            "Authorization": secret.authorization(),
            **({} if request.body is None else _JSON_HEADERS),
            **(_STREAM_HEADERS if request.accept == "text/event-stream" else {}),
            **({"Idempotency-Key": os.urandom(16).hex()} if request.idempotent_by_key else {}),
        }
    )
    if request.headers:
        headers.update(request.headers)
    if options.headers:
        headers.update(options.headers)
    if options.idempotency_key is not None and request.method != "GET":
        headers["Idempotency-Key"] = options.idempotency_key
    return headers
