"""The SSL contexts of the clients, and the certificates that they load."""

from __future__ import annotations

import errno
import os
import ssl
import sys
from typing import Final

import httpx

from ._tracebacks import clear_locals
from .errors import (
    invalid_argument,
)


def ssl_context() -> ssl.SSLContext:
    """Return the SSL context of all clients in the current environment.

    Raises:
        ValidationError: If `SSL_CERT_FILE` or `SSL_CERT_DIR` does not name certificates.
    """
    names = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    context = _contexts.get(names)
    if context is None:
        context = _contexts[names] = _load_certificates(*names)
    return context


_contexts: Final[dict[tuple[str | None, str | None], ssl.SSLContext]] = {}


def _load_certificates(file: str | None, folder: str | None) -> ssl.SSLContext:
    """Return an SSL context. Loading its certificates takes most of a client's setup.

    Args:
        file: The value of `SSL_CERT_FILE`.
        folder: The value of `SSL_CERT_DIR`.
    """
    handled = sys.exception()
    try:
        if folder and not file:
            _check_certificate_folder(folder)
        return httpx.create_ssl_context()
    except OSError as error:  # ssl.SSLError is an OSError
        for variable, path in (("SSL_CERT_FILE", file), ("SSL_CERT_DIR", folder)):
            if path:
                clear_locals(error, handled)
                raise invalid_argument(
                    f"Nothing was sent: {variable} names {path!r}, and no certificate can be loaded "
                    f"from there ({error.strerror or error}). Correct or remove the variable."
                ) from error
        raise


def _check_certificate_folder(folder: str) -> None:
    """Check that a folder has files. OpenSSL ignores a folder that does not exist.

    Raises:
        OSError: If there is no such folder, or it is empty.
    """
    folders = folder.split(os.pathsep)
    if len(folders) == 1 and not os.listdir(folder):
        raise FileNotFoundError(errno.ENOENT, "the folder is empty", folder)


# Another thread may use the context, and hold one of its locks, while a child is forked. The interpreter
# refers to this method until its very end: one of `functools.cache` would keep all of httpx alive.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_contexts.clear)
