"""One call: a request that has been checked, and what an endpoint needs to answer it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from chatroutes_server import wire
from chatroutes_server.catalogue import Catalogue
from chatroutes_server.errors import ApiError, UnauthorizedError
from chatroutes_server.store import accounts, first_tries
from chatroutes_server.store.database import Database
from chatroutes_server.store.first_tries import Answer, Try
from chatroutes_server.turns import Turns


@dataclass(frozen=True)
class Service:
    """What all calls of one server share."""

    database: Database
    turns: Turns
    catalogue: Catalogue
    version: str  # of the contract that is served


@dataclass(frozen=True)
class Call:
    service: Service
    user_id: str
    operation_id: str
    path: str
    ids: Mapping[str, str]
    query: Mapping[str, str]
    body: wire.Json
    raw_body: bytes
    idempotency_key: str | None
    last_event_id: str | None
    reader_left: Callable[
        [], Coroutine[Any, Any, None]
    ]  # comes back when nobody waits for the answer

    @property
    def first_try(self) -> Try | None:
        if self.idempotency_key is None:
            return None
        body_hash = hashlib.sha256(self.raw_body).hexdigest()
        return Try(self.user_id, self.idempotency_key, self.operation_id, self.path, body_hash)

    async def read(self, work: Callable[[Connection], Any]) -> Response:
        """Answer with what the work finds, as `data`."""
        return await self.read_text(lambda connection: wire.dump(work(connection)))

    async def read_text(self, work: Callable[[Connection], str]) -> Response:
        """Answer with what the work finds and has written as JSON, as `data`."""

        def whole(connection: Connection) -> str:
            accounts.refuse_others(connection, self.user_id, self.ids)
            return wire.dump_with({"success": True}, {"data": work(connection)})

        return json_response(200, await self.service.database.read(whole))

    async def answered(self) -> Response | None:
        """Give the first try's answer, if there is one: for work that has a costly part before."""
        this = self.first_try
        if this is None:
            return None
        found = await self.service.database.write(
            lambda connection: first_tries.find(connection, this)
        )
        if found is None or found.answer is None:
            return None
        return json_response(found.answer.status, found.answer.text)

    async def write(self, work: Callable[[Connection], Any], status: int = 200) -> Response:
        """Do the work in one transaction and answer with its result; None is answered without `data`."""
        this = self.first_try

        def whole(connection: Connection) -> Answer:
            found = None if this is None else first_tries.find(connection, this)
            if found is not None and found.answer is not None:
                return found.answer
            accounts.refuse_others(connection, self.user_id, self.ids)
            payload: wire.Json = {"success": True}
            data = work(connection)
            if data is not None:
                payload["data"] = data
            answer = Answer(status, wire.dump(payload))
            if this is not None:
                first_tries.keep(connection, this, answer)
            return answer

        answer = await self.service.database.write(whole)
        return json_response(answer.status, answer.text)


def refusal(error: ApiError) -> Response:
    response = json_response(error.status, wire.dump(error.payload()))
    if isinstance(error, UnauthorizedError):
        response.headers["WWW-Authenticate"] = "ApiKey"
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def json_response(status: int, text: str) -> Response:
    return Response(text, status, media_type="application/json")
