"""An HTTP/2 server without TLS, for clients that start with HTTP/2 (prior knowledge)."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from typing import Self

import h2.config
import h2.connection
import h2.events


class Http2Server:
    """Responds to `POST .../stream` with one event of an endless event stream, and to other requests with JSON."""

    def __init__(self, event: bytes, payload: object) -> None:
        self._event = event
        self._body = json.dumps(payload).encode()
        self._sockets: list[socket.socket] = []
        self.connection_count = 0

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.base_url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/api/v1"
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        # A thread that waits in accept() or recv() is woken by shutting its socket down.
        for sock in [self._listener, *self._sockets]:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
        self._thread.join(30)

    def _accept(self) -> None:
        threads: list[threading.Thread] = []
        with contextlib.suppress(OSError):  # the listener was closed
            while True:
                sock, _ = self._listener.accept()
                self._sockets.append(sock)
                self.connection_count += 1
                threads.append(threading.Thread(target=self._serve, args=(sock,), daemon=True))
                threads[-1].start()
        for thread in threads:
            thread.join(30)

    def _serve(self, sock: socket.socket) -> None:
        connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        connection.initiate_connection()
        with contextlib.suppress(OSError):  # the client or the test closed the connection
            sock.sendall(connection.data_to_send())
            while data := sock.recv(65_536):
                for event in connection.receive_data(data):
                    if isinstance(event, h2.events.RequestReceived):
                        self._respond(connection, event)
                sock.sendall(connection.data_to_send())

    def _respond(
        self, connection: h2.connection.H2Connection, request: h2.events.RequestReceived
    ) -> None:
        is_stream = dict(request.headers)[b":path"].endswith(b"/stream")
        content_type = "text/event-stream" if is_stream else "application/json"
        connection.send_headers(
            request.stream_id, [(":status", "200"), ("content-type", content_type)]
        )
        connection.send_data(
            request.stream_id, self._event if is_stream else self._body, end_stream=not is_stream
        )
