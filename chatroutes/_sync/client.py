# Derived from chatroutes/_async/client.py by scripts/regen.py. Do not edit.

"""The client: options, connections, and the resources that share them.

Importing this module imports nothing that sends. Each resource is imported when a program first uses
it, and httpx with the first of them.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Self, SupportsIndex, Unpack

from .. import _lazy_types as types
from .._lazy_properties import first_use_property, resource_property
from .._options import (
    DEFAULT_BASE_URL,
    DEFAULT_MAX_RESPONSE_SIZE,
    HTTPX,
    NOT_GIVEN,
    NotGiven,
    Options,
    Secret,
    copy_headers,
    refuse_to_pickle,
    validate,
    validate_transport,
)
from ..errors import invalid_argument
from . import resources
from .combined_calls import CombinedCalls
from .connections import Connections

if TYPE_CHECKING:
    import httpx

    from .requestor import Requestor
else:  # get_type_hints() looks the names up
    httpx = types.httpx


class ChatRoutes(CombinedCalls):
    """A client of the ChatRoutes API.

        with ChatRoutes() as client:
            conversation = client.conversations.create({"title": "My First Conversation"})

    Threads and tasks can share a client. A forked child process opens its own connections. Close the
    client, or use it as a context manager, to close its connections.

    Every method of a resource also takes the options of one call as keyword arguments: see
    `RequestOptions`.
    """

    def __init__(
        self,
        api_key: str | None = None,
        base_url: str | None = None,
        timeout: float | httpx.Timeout | None = 30,
        retry_attempts: int = 3,
        retry_delay: float = 1.0,
        autobranch_base_url: str | NotGiven | None = NOT_GIVEN,
        *,
        http_client: httpx.Client | None = None,
        headers: Mapping[str, str] | None = None,
        transport: Literal["httpx", "fast"] | None = None,
        max_response_size: int = DEFAULT_MAX_RESPONSE_SIZE,
        deadline: float | None = None,
        first_event_timeout: float | NotGiven | None = NOT_GIVEN,
        telemetry: bool | types.Telemetry = False,
    ) -> None:
        """Create a client. Nothing is sent yet.

        Args:
            api_key: The API key of the account. Default: the environment variable
                CHATROUTES_API_KEY.
            base_url: The URL of the service. Default: the environment variable CHATROUTES_BASE_URL,
                or else the hosted service.
            timeout: How long to wait for each step of a request (a connection, the headers of the
                response, the next bytes of its body), in seconds; None for no limit, or an
                `httpx.Timeout`. For a stream, it limits the time between two events, not the whole
                stream.
            retry_attempts: How many times to retry a request after the first attempt failed.
            retry_delay: How long to wait before the first retry, in seconds. The delay doubles with
                each retry.
            autobranch_base_url: Deprecated and unused, whatever its value. The service has no other
                URL for branch suggestions.
            http_client: Your own `httpx.Client`, with your proxy, certificates or transport. It
                is used as you configured it, including its cookies, and never closed by this client.
            headers: Headers to send with every request. They take precedence over those of the SDK.
            transport: The transport of the requests: "httpx", or "fast", which takes less time for each
                event of a stream, does not support proxies and needs
                `pip install "chatroutes[fast]"`. Default: the environment variable
                CHATROUTES_TRANSPORT, or else "httpx". It cannot be combined with `http_client`.
            max_response_size: The largest body of a response, in bytes, before and after it is
                decompressed. A larger one is a `ResponseError`. An event of a stream is limited to
                16 MB.
            deadline: How long a whole call may take, in seconds, with its retries and the waits between
                them, or a whole stream. A retry that would begin later is not made. None for no limit.
            first_event_timeout: How long each attempt of a stream may take until its first event, in
                seconds, in place of `timeout`; None for no limit. Default: `timeout`.
            telemetry: Whether to record spans and metrics with OpenTelemetry, or a
                `chatroutes.telemetry.Telemetry`. It needs `pip install "chatroutes[otel]"`.

        Raises:
            ValidationError: If an argument is invalid, such as a key with a line break.
        """
        secret = Secret(os.environ.get("CHATROUTES_API_KEY") if api_key is None else api_key)
        del api_key  # a traceback can show the local variables of this frame
        secret.validate()
        copied_headers = copy_headers({} if headers is None else headers)
        del headers
        if not isinstance(autobranch_base_url, NotGiven):
            warnings.warn(
                "autobranch_base_url has no effect: branch suggestions use base_url. Remove it.",
                DeprecationWarning,
                stacklevel=2,
            )
        _validate_http_client(http_client, transport)
        transport_name = transport or os.environ.get("CHATROUTES_TRANSPORT") or HTTPX
        if http_client is None:
            validate_transport(transport_name)
        if base_url is None:
            base_url = os.environ.get("CHATROUTES_BASE_URL") or DEFAULT_BASE_URL
        options = Options(
            base_url=base_url.rstrip("/") if isinstance(base_url, str) else base_url,
            timeout=timeout,
            retry_attempts=retry_attempts,
            retry_delay=retry_delay,
            headers=copied_headers,
            max_response_size=max_response_size,
            first_event_timeout=first_event_timeout,
            deadline=deadline,
            telemetry=_resolve_telemetry(telemetry) if telemetry else None,
        )
        del copied_headers
        if os.environ.get("CHATROUTES_LOG"):
            from .._logging import configure_from_environment

            configure_from_environment()
        self._parent: ChatRoutes | None = None
        connections = Connections(options.base_url, http_client, transport_name)
        self._configure(connections, secret, options)

    @property
    def base_url(self) -> str:
        """The URL of the service, without a slash at its end."""
        return self._options.base_url

    @property
    def api_key(self) -> str:
        """The API key. No repr, log or traceback shows it."""
        return self._secret.reveal()

    @resource_property
    def conversations(self) -> resources.Conversations:
        """Create, list, get, update and delete conversations."""
        return resources.Conversations(self._requestor)

    @resource_property
    def messages(self) -> resources.Messages:
        """Send, stream, list, update and delete messages."""
        return resources.Messages(self._requestor)

    @resource_property
    def branches(self) -> resources.Branches:
        """List, create, fork, update, merge and delete branches, and send messages to them."""
        return resources.Branches(self._requestor)

    @resource_property
    def checkpoints(self) -> resources.Checkpoints:
        """List, create, recreate and delete checkpoints."""
        return resources.Checkpoints(self._requestor)

    @resource_property
    def autobranch(self) -> resources.Autobranch:
        """Find the places in a text where a conversation could branch."""
        return resources.Autobranch(self._requestor)

    @resource_property
    def models(self) -> resources.Models:
        """List the models that a conversation or a message can use."""
        return resources.Models(self._requestor)

    def with_options(
        self,
        *,
        timeout: float | httpx.Timeout | NotGiven | None = NOT_GIVEN,
        retry_attempts: int | NotGiven = NOT_GIVEN,
        retry_delay: float | NotGiven = NOT_GIVEN,
        max_response_size: int | NotGiven = NOT_GIVEN,
        deadline: float | NotGiven | None = NOT_GIVEN,
        first_event_timeout: float | NotGiven | None = NOT_GIVEN,
        headers: Mapping[str, str] | NotGiven = NOT_GIVEN,
    ) -> ChatRoutes:
        """Return a view of this client with other options. It shares the connections of this client.

            client.with_options(timeout=120).messages.send(conversation_id, data)

        Args:
            timeout: As for the client, in seconds.
            retry_attempts: As for the client.
            retry_delay: As for the client, in seconds.
            max_response_size: As for the client, in bytes.
            deadline: As for the client, in seconds.
            first_event_timeout: As for the client, in seconds.
            headers: Headers to add to those of the client.

        Returns:
            The view. Closing it has no effect, because the connections belong to this client.

        Raises:
            ValidationError: If an argument is invalid.
        """
        options = self._options.merge(
            timeout=timeout,
            retry_attempts=retry_attempts,
            retry_delay=retry_delay,
            max_response_size=max_response_size,
            deadline=deadline,
            first_event_timeout=first_event_timeout,
            headers=headers,
        )
        del headers  # a traceback can show the local variables of this frame
        view = object.__new__(type(self))
        view._parent = self
        view._configure(self._connections, self._secret, options)
        return view

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: object = None,
        **options: Unpack[types.RequestOptions],
    ) -> httpx.Response:
        """Send a request to any endpoint: an escape hatch for those that the SDK does not wrap.

        The API key, the retries and the errors are those of every other request.

        Args:
            method: The HTTP method, such as "GET".
            path: The path below the base URL. It begins with a slash; ids in it must be quoted.
            params: Query parameters, added to those in the path. None values are left out.
            json: The body. Default: no body.
            **options: The options of this call.

        Returns:
            The response, with its body read. Its status is a success.

        Raises:
            ValidationError: If the request cannot be sent, or would leave the base URL.
            ChatRoutesError: If there was no response, or its status was not a success.
        """
        requestor = self._requestor.for_call(options)  # imports httpx
        from .._httpx import build_raw_request, observe

        request = build_raw_request(method, path, params, json)
        observer = observe(request, requestor.options, requestor.redact)
        if observer is None:
            return requestor.send(request)
        with observer:
            return requestor.send(request, observer)

    def close(self) -> None:
        """Close the connections. An `http_client` of your own stays open. Closing twice is harmless.

        Another thread or task may call it. Calls and streams that wait, for a response or before a retry,
        then end with an error. A call that waits for a connection ends after its timeout.
        """
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

    def __copy__(self) -> Self:
        """Return this client: its connections can be shared, and not be copied."""
        return self

    def __deepcopy__(self, memo: object) -> Self:
        """Return this client: its connections can be shared, and not be copied."""
        return self

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        refuse_to_pickle(type(self).__name__)

    def __repr__(self) -> str:
        # A traceback that shows local variables may show a client whose options were invalid.
        options: Options | None = getattr(self, "_options", None)
        return f"{type(self).__name__}(base_url={options.base_url if options else None!r})"

    def _configure(self, connections: Connections, secret: Secret, options: Options) -> None:
        validate(options)
        self._connections = connections
        self._secret = secret
        self._options = options

    @first_use_property
    def _requestor(self) -> Requestor:
        from .requestor import Requestor

        return Requestor(self._connections, self._secret, self._options)


def _resolve_telemetry(telemetry: object) -> types.Telemetry:
    from ..telemetry import Telemetry

    if telemetry is True:
        return Telemetry()
    if not isinstance(telemetry, Telemetry):
        raise invalid_argument(
            f"telemetry must be a bool or a Telemetry, not {type(telemetry).__name__}."
        )
    return telemetry


def _validate_http_client(http_client: object, transport: object) -> None:
    if http_client is None:
        return
    if transport is not None:
        raise invalid_argument(
            "Pass an http_client or a transport, not both: an http_client has its own transport."
        )
    if not isinstance(http_client, httpx.Client):
        raise invalid_argument(
            f"http_client must be an httpx.Client, not {type(http_client).__name__}."
        )
