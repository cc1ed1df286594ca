"""The request that an endpoint gets, and the state that all requests share."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from starlette.authentication import BaseUser
from starlette.requests import Request
from starlette.responses import Response

from chatroutes_server import disconnect
from chatroutes_server.api import serializers
from chatroutes_server.api.ownership import OwnershipCheck
from chatroutes_server.api.validation import ValidatedRequest
from chatroutes_server.contract import Operation
from chatroutes_server.errors import NotFoundError
from chatroutes_server.generation.manager import GenerationManager
from chatroutes_server.generation.single_flight import SingleFlight, Work
from chatroutes_server.generation.turns import Turn
from chatroutes_server.json_encoding import Json, dump_json
from chatroutes_server.large_response import LargeResponse
from chatroutes_server.llm.registry import ModelRegistry
from chatroutes_server.response_cache import ResponseCache
from chatroutes_server.responses import json_response
from chatroutes_server.store import accounts, conversations, idempotency
from chatroutes_server.store.connection import Connection, Row
from chatroutes_server.store.database import Database
from chatroutes_server.store.idempotency import IdempotentRequest, StoredResponse

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")

CONCURRENT_READS = 2


@dataclass(frozen=True)
class AppState:
    """The state that all requests to one server share."""

    database: Database
    generations: GenerationManager
    single_flight: SingleFlight
    models: ModelRegistry
    upstream_client: httpx.AsyncClient | None
    contract_version: str
    keep_alive: float  # seconds of silence in a stream after which a comment is sent
    response_cache: ResponseCache = field(default_factory=ResponseCache)
    # Limits the memory of responses that are being built. More at once would not be faster, because
    # they share the interpreter.
    reads: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(CONCURRENT_READS))


@dataclass(frozen=True)
class RequestContext:
    """A request that has passed validation, with ways to read, write and respond."""

    request: Request
    operation: Operation
    validated: ValidatedRequest
    raw_body: bytes
    app_state: AppState
    turn: Turn | None = None  # of an operation that appends messages to a branch

    @property
    def user_id(self) -> str:
        user: BaseUser = self.request.user
        return user.identity

    @property
    def request_id(self) -> str:
        request_id: str = self.request.state.request_id
        return request_id

    @property
    def path_params(self) -> Mapping[str, str]:
        return self.validated.path_params

    @property
    def query_params(self) -> Mapping[str, Any]:
        return self.validated.query_params

    @property
    def body(self) -> Json:
        return self.validated.body

    @property
    def last_event_id(self) -> str | None:
        return self.validated.headers.get("Last-Event-ID")

    @cached_property
    def idempotent_request(self) -> IdempotentRequest | None:
        """The identity of a request with an Idempotency-Key; None for any other request."""
        key: str | None = self.validated.headers.get("Idempotency-Key")
        if key is None:
            return None
        path: str = self.request.scope["path"]
        body_hash = hashlib.sha256(self.raw_body).hexdigest()
        return IdempotentRequest(self.user_id, key, self.operation.id, path, body_hash)

    async def require_owner(self, ownership: OwnershipCheck) -> None:
        """Check that the ids in the path belong to the account of the request.

        A repeated request passes although its object has been deleted since: it gets the stored
        response of the first one.

        Raises:
            NotFoundError: If one of the ids belongs to another account, or does not exist.
        """
        try:
            await ownership.require(self.user_id, self.path_params)
        except NotFoundError:
            if await self._find_stored_response() is None:
                raise

    async def run_until_disconnect(self, work: Coroutine[Any, Any, T]) -> T:
        return await disconnect.run_until_disconnect(work, self.request.receive)

    async def read(self, work: Callable[[Connection], Any]) -> Response:
        """Respond with the result of the work as `data`."""
        return await self.read_body(
            lambda connection: dump_json({"success": True, "data": work(connection)})
        )

    async def read_conversation(
        self,
        conversation_id: str,
        work: Callable[[Connection, Row], serializers.JsonFragments],
    ) -> Response:
        """Respond with the result of the work, which is JSON already, as `data`.

        The result must depend only on the conversation and the URL, because a large one is cached
        until the conversation changes.
        """
        url = f"{self.request.url.path}?{self.request.url.query}"
        cache = self.app_state.response_cache

        def transaction(connection: Connection) -> bytes:
            row = conversations.get(connection, conversation_id)
            body = cache.get(url, row.updated_at)
            if body is None:
                # Without a local variable, so that the fragments, of many megabytes, are freed before
                # the text is encoded.
                body = "".join(
                    serializers.dump_with({"success": True}, {"data": work(connection, row)})
                ).encode()
                cache.put(url, row.updated_at, body)
            return body

        return await self.read_body(transaction)

    async def read_body(self, work: Callable[[Connection], str | bytes]) -> Response:
        """Respond with the result of the work, which is the JSON of the whole body."""
        async with self.app_state.reads:
            response = json_response(200, await self.app_state.database.read(work))
            if isinstance(response, LargeResponse):
                await response.prepare()
        return response

    async def write(self, work: Callable[[Connection], Any], status: int = 200) -> Response:
        """Do the work in one transaction and respond with its result as `data`.

        Without a result, the response has no `data`.
        """
        stored = await self.store(work, status)
        return json_response(stored.status, stored.body, replayed=stored.replayed)

    async def store(self, work: Callable[[Connection], Any], status: int = 200) -> StoredResponse:
        """Do the work in one transaction and return the response to it.

        A repeated request (see `store.idempotency`) gets the stored response; the work is not done
        again.
        """
        idempotent_request = self.idempotent_request

        def transaction(connection: Connection) -> StoredResponse:
            accounts.lock_conversation(connection, self.path_params)
            if idempotent_request is not None:
                stored = idempotency.find_response(connection, idempotent_request)
                if stored is not None:
                    return stored
            payload: Json = {"success": True}
            data = work(connection)
            if data is not None:
                payload["data"] = data
            response = StoredResponse(status, dump_json(payload))
            if idempotent_request is not None:
                idempotency.save(connection, idempotent_request, response)
            return response

        return await self.app_state.database.write(transaction)

    async def run_single_flight(self, work: Work) -> Response:
        """Respond with the result of work that calls a model (see `generation.single_flight`).

        The work is cancelled if the client disconnects, unless the request has an Idempotency-Key.
        """

        async def find_or_work() -> StoredResponse:
            return await self._find_stored_response() or await work()

        stored = await self.run_until_disconnect(
            self.app_state.single_flight.run(self.idempotent_request, find_or_work)
        )
        return json_response(stored.status, stored.body, replayed=stored.replayed)

    async def _find_stored_response(self) -> StoredResponse | None:
        """Return the response to the first request with this Idempotency-Key, if there is one."""
        idempotent_request = self.idempotent_request
        if idempotent_request is None:
            return None
        return await self.app_state.database.write(
            lambda connection: idempotency.find_response(connection, idempotent_request)
        )
