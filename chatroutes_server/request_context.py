"""One call: a request that has been checked, and what an endpoint needs to answer it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from chatroutes_server.api import serializers
from chatroutes_server.errors import ApiError, UnauthorizedError
from chatroutes_server.generation.manager import Turns
from chatroutes_server.generation.single_flight import Errands, Work
from chatroutes_server.llm.registry import Catalogue
from chatroutes_server.store import accounts, idempotency
from chatroutes_server.store.database import Database
from chatroutes_server.store.idempotency import Answer, Try

T = TypeVar("T")


@dataclass(frozen=True)
class AppState:
    """What all calls of one server share."""

    database: Database
    turns: Turns
    errands: Errands
    catalogue: Catalogue
    version: str  # of the contract that is served
    keep_alive: float  # seconds of silence that the reader of a stream is left with


@dataclass(frozen=True)
class RequestContext:
    app_state: AppState
    user_id: str
    operation_id: str
    path: str
    path_params: Mapping[str, str]
    query_params: Mapping[str, str]
    body: serializers.Json
    raw_body: bytes
    idempotency_key: str | None
    last_event_id: str | None
    wait_for_disconnect: Callable[
        [], Coroutine[Any, Any, None]
    ]  # comes back when nobody waits for the answer

    @property
    def idempotent_request(self) -> Try | None:
        if self.idempotency_key is None:
            return None
        body_hash = hashlib.sha256(self.raw_body).hexdigest()
        return Try(self.user_id, self.idempotency_key, self.operation_id, self.path, body_hash)

    async def read(self, work: Callable[[Connection], Any]) -> Response:
        """Answer with what the work finds, as `data`."""
        return await self.read_json(lambda connection: [serializers.dump(work(connection))])

    async def read_json(self, work: Callable[[Connection], serializers.Pieces]) -> Response:
        """Answer with what the work finds and has written as JSON, as `data`."""

        def whole(connection: Connection) -> bytes:
            accounts.require_owner(connection, self.user_id, self.path_params)
            return "".join(
                serializers.dump_with({"success": True}, {"data": work(connection)})
            ).encode()

        return json_response(200, await self.app_state.database.read(whole))

    async def run_until_disconnect(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for the work; if the reader leaves before, end it: there is nobody to answer."""
        working, left = asyncio.create_task(work), asyncio.create_task(self.wait_for_disconnect())
        try:
            await asyncio.wait({working, left}, return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                raise ClientDisconnect
            return working.result()
        finally:
            working.cancel()
            left.cancel()
            await asyncio.wait({working, left})

    async def single_flight(self, work: Work) -> Response:
        """Answer with what the work comes to, which asks a model elsewhere, by the rule of errands."""

        async def whole() -> Answer:
            return await self._stored_response() or await work()

        answer = await self.run_until_disconnect(
            self.app_state.errands.answer(self.idempotent_request, whole)
        )
        return json_response(answer.status, answer.text)

    async def _stored_response(self) -> Answer | None:
        """Give the first try's answer, if there is one."""
        this = self.idempotent_request
        if this is None:
            return None
        found = await self.app_state.database.write(
            lambda connection: idempotency.find(connection, this)
        )
        return None if found is None else found.answer

    async def write(self, work: Callable[[Connection], Any], status: int = 200) -> Response:
        """Do the work in one transaction and answer with its result; None is answered without `data`."""
        answer = await self.store(work, status)
        return json_response(answer.status, answer.text)

    async def store(self, work: Callable[[Connection], Any], status: int = 200) -> Answer:
        """Do the work in one transaction, and give the answer that it makes or made before."""
        this = self.idempotent_request

        def whole(connection: Connection) -> Answer:
            found = None if this is None else idempotency.find(connection, this)
            if found is not None and found.answer is not None:
                return found.answer
            accounts.require_owner(connection, self.user_id, self.path_params)
            payload: serializers.Json = {"success": True}
            data = work(connection)
            if data is not None:
                payload["data"] = data
            answer = Answer(status, serializers.dump(payload))
            if this is not None:
                idempotency.keep(connection, this, answer)
            return answer

        return await self.app_state.database.write(whole)


def error_response(error: ApiError) -> Response:
    response = json_response(error.status, serializers.dump(error.payload()))
    if isinstance(error, UnauthorizedError):
        response.headers["WWW-Authenticate"] = "ApiKey"
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def json_response(status: int, text: str | bytes) -> Response:
    return Response(text, status, media_type="application/json")
