"""A proxy on a real socket that tunnels every connection to one server."""

from __future__ import annotations

import select
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def tunnel_proxy(target: tuple[str, int]) -> Iterator[str]:
    """Run a proxy that accepts CONNECT for any host and connects to the target. Yield its URL."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while self.rfile.readline().strip():
                pass
            with socket.create_connection(target) as server:
                self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                _copy_both_ways(self.connection, server)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{proxy.server_address[1]}"
        finally:
            proxy.shutdown()
            thread.join()


def _copy_both_ways(client: socket.socket, server: socket.socket) -> None:
    """Copy bytes until one side disconnects."""
    while True:
        readable, _, _ = select.select([client, server], [], [])
        for source in readable:
            try:
                data = source.recv(65536)
                (server if source is client else client).sendall(data)
            except OSError:
                return
            if not data:
                return
