# Derived from chatroutes/_async/client.py by scripts/regen.py. Do not edit.

"""The client: settings and connections, and the resources that share them.

Importing it loads nothing that sends. Each resource is loaded when a program first touches it, and
httpx with the first of them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, Self

from .._options import (
    DEFAULT_BASE_URL,
    HTTPX,
    NOT_GIVEN,
    NotGiven,
    Options,
    Secret,
    copy_headers,
    find_api_key_problem,
    find_transport_problem,
    validate,
)
from ..errors import ValidationError
from .connections import Connections

if TYPE_CHECKING:
    from types import TracebackType

    import httpx

    from .requestor import Requestor
    from .resources.autobranch import Autobranch
    from .resources.branches import Branches
    from .resources.checkpoints import Checkpoints
    from .resources.conversations import Conversations
    from .resources.messages import Messages
    from .resources.models import Models


class ChatRoutes:
    """A client of the ChatRoutes API.

        with ChatRoutes() as client:
            conversation = client.conversations.create({"title": "My First Conversation"})

    It may be shared by threads and tasks; a forked child opens connections of its own. Close it, or
    use it in a `with`, to let go of its connections.
    """

    def __init__(
        self,
        api_key: str | None = None,
        base_url: str | None = None,
        timeout: float | httpx.Timeout | None = 30,
        retry_attempts: int = 3,
        retry_delay: float = 1.0,
        *,
        http_client: httpx.Client | None = None,
        headers: Mapping[str, str] | None = None,
        transport: Literal["httpx", "fast"] | None = None,
    ) -> None:
        """Make a client; nothing is sent yet.

        Args:
            api_key: The account's key; else the environment variable CHATROUTES_API_KEY.
            base_url: Where the service is; else CHATROUTES_BASE_URL, else the hosted service.
            timeout: How long to wait for the service at each step (a connection, the next bytes), in
                seconds; None for no limit, or an `httpx.Timeout`. For a stream it bounds the silence
                between two events, not the whole.
            retry_attempts: How many times to try again after a first try that failed.
            retry_delay: How long to wait before the second try, in seconds; it doubles with each one.
            http_client: An `httpx.Client` of your own (proxy, certificates, transport). It is
                used as it is and never closed here.
            headers: Sent with every request, besides and before those of the SDK.
            transport: What carries the requests: "httpx", or "fast", which costs less for each call
                and each event, goes through no proxy and needs `pip install "chatroutes[fast]"`; else
                the environment variable CHATROUTES_TRANSPORT, else "httpx". An `http_client` of your
                own has its own.

        Raises:
            ValidationError: an argument can never work, such as a key with a line break.
        """
        key = os.environ.get("CHATROUTES_API_KEY") if api_key is None else api_key
        problem = find_api_key_problem(key)
        secret = Secret(key or "") if problem is None else None
        del api_key, key  # no traceback is to show them
        if secret is None:
            raise ValidationError(problem or "")
        _validate_http_client(http_client, transport)
        by_name = transport or os.environ.get("CHATROUTES_TRANSPORT") or HTTPX
        if base_url is None:
            base_url = os.environ.get("CHATROUTES_BASE_URL") or DEFAULT_BASE_URL
        options = Options(
            base_url=base_url.rstrip("/") if isinstance(base_url, str) else base_url,
            timeout=timeout,
            retry_attempts=retry_attempts,
            retry_delay=retry_delay,
            headers=copy_headers(headers or {}),
        )
        if os.environ.get("CHATROUTES_LOG"):
            from .._logging import configure_from_environment

            configure_from_environment()
        self._parent: ChatRoutes | None = None
        if by_name != HTTPX and http_client is None:
            problem = find_transport_problem(by_name)
            if problem is not None:
                raise ValidationError(problem)
        connections = Connections(options.base_url, http_client, by_name)
        self._configure(connections, secret, options)

    @cached_property
    def conversations(self) -> Conversations:
        """Create, list, read, change and delete conversations."""
        from .resources.conversations import Conversations

        return Conversations(self._requestor)

    @cached_property
    def messages(self) -> Messages:
        """Send, stream, list, change and delete messages."""
        from .resources.messages import Messages

        return Messages(self._requestor)

    @cached_property
    def branches(self) -> Branches:
        """Create, fork, read, change, merge and delete branches."""
        from .resources.branches import Branches

        return Branches(self._requestor)

    @cached_property
    def checkpoints(self) -> Checkpoints:
        """Create, list, renew and delete checkpoints."""
        from .resources.checkpoints import Checkpoints

        return Checkpoints(self._requestor)

    @cached_property
    def autobranch(self) -> Autobranch:
        """Suggestions for where a text could branch."""
        from .resources.autobranch import Autobranch

        return Autobranch(self._requestor)

    @cached_property
    def models(self) -> Models:
        """The models that are served."""
        from .resources.models import Models

        return Models(self._requestor)

    def with_options(
        self,
        *,
        timeout: float | httpx.Timeout | NotGiven | None = NOT_GIVEN,
        retry_attempts: int | NotGiven = NOT_GIVEN,
        retry_delay: float | NotGiven = NOT_GIVEN,
        headers: Mapping[str, str] | NotGiven = NOT_GIVEN,
    ) -> ChatRoutes:
        """Give a view of this client with other settings, which shares its connections.

            client.with_options(timeout=120).messages.send(conversation_id, data)

        Args:
            timeout: As for the client.
            retry_attempts: As for the client.
            retry_delay: As for the client, in seconds.
            headers: Added to those of the client.

        Returns:
            The view. Closing it does nothing; the connections are this client's.

        Raises:
            ValidationError: an argument can never work.
        """
        view = object.__new__(type(self))
        view._parent = self
        view._configure(
            self._connections,
            self._secret,
            self._options.merge(
                timeout=timeout,
                retry_attempts=retry_attempts,
                retry_delay=retry_delay,
                headers=headers,
            ),
        )
        return view

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: object = None,
    ) -> httpx.Response:
        """Send any request, with the key, the retries and the errors of this client: the way out.

        Args:
            method: Such as "GET".
            path: Below the base URL, beginning with a slash; ids in it are yours to quote.
            params: The query, besides what the path holds of it; None values are left out.
            json: The body; None for none.

        Returns:
            The answer, read to its end. Its status is a success.

        Raises:
            ValidationError: it cannot be sent, or not below the base URL.
            ChatRoutesError: there was no answer, or its status was not a success.
        """
        from .._httpx import build_raw_request

        return self._requestor.send(build_raw_request(method, path, params, json))

    def close(self) -> None:
        """Let go of the connections. An `http_client` of your own stays open. Twice is no harm."""
        if self._parent is None:
            self._connections.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        # A traceback that shows local variables may show a client whose settings were refused.
        options: Options | None = getattr(self, "_options", None)
        return f"{type(self).__name__}(base_url={options.base_url if options else None!r})"

    def _configure(self, connections: Connections, secret: Secret, options: Options) -> None:
        problem = validate(options)
        if problem is not None:
            raise ValidationError(problem)
        self._connections = connections
        self._secret = secret
        self._options = options

    @cached_property
    def _requestor(self) -> Requestor:
        from .requestor import Requestor

        return Requestor(self._connections, self._secret, self._options)


def _validate_http_client(http_client: object, transport: object) -> None:
    if http_client is None:
        return
    if transport is not None:
        raise ValidationError(
            "Give an http_client or a transport, not both: a client has a transport of its own."
        )
    import httpx

    if not isinstance(http_client, httpx.Client):
        raise ValidationError(
            f"http_client must be an httpx.Client, not {type(http_client).__name__}."
        )
