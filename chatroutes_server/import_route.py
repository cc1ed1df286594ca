"""The route that imports a conversation. It is not in the contract: only this server has it.

`POST {base}/local/conversations` takes a document that the SDK exports or reads from another program.
It stores the conversation with the replies of other models, which no operation of the contract does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from anyio import to_thread
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chatroutes_server.api import serializers
from chatroutes_server.api.bodies import decode_body
from chatroutes_server.api.import_document import parse_document
from chatroutes_server.api.schemas import Schema, SchemaCompiler
from chatroutes_server.contract import Contract
from chatroutes_server.errors import UnsupportedMediaTypeError, ValidationError
from chatroutes_server.json_encoding import dump_json
from chatroutes_server.middleware.body_limit import BodyLimitMiddleware
from chatroutes_server.request_context import AppState
from chatroutes_server.responses import json_response
from chatroutes_server.store import conversations, imports
from chatroutes_server.store.connection import Connection
from chatroutes_server.store.imports import ImportRows

PATH = "/local/conversations"
MAX_DOCUMENT_SIZE = 64 * 1024 * 1024  # bytes
METADATA = ("components", "schemas", "MessageMetadata")
CONCURRENT_IMPORTS = 1  # a large document takes much memory


def create_import_route(
    contract: Contract,
    compiler: SchemaCompiler,
    state: AppState,
    middleware: Sequence[Middleware],
) -> Route:
    """Return the route.

    Args:
        contract: The contract, which defines the objects of a document.
        compiler: Compiles the schemas of the contract.
        state: The state of the server.
        middleware: The middleware that runs before the body is read.
    """
    metadata_schema = compiler.compile(METADATA)
    semaphore = asyncio.Semaphore(CONCURRENT_IMPORTS)

    async def import_conversation(request: Request) -> Response:
        # BodyLimitMiddleware sends the body as one message. `_prepare` takes it out of the list, to free its memory early.
        body = [(await request.receive())["body"]]
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != "application/json":
            raise UnsupportedMediaTypeError("Content-Type: the body must be application/json")
        user_id: str = request.user.identity
        async with semaphore:
            rows, warnings = await to_thread.run_sync(
                _prepare, body, user_id, state.models.default_model, metadata_schema
            )

            def work(connection: Connection) -> tuple[bool, Any]:
                created = imports.store(connection, rows)
                return created, conversations.get(connection, rows.conversation["id"])

            created, row = await state.database.write(work)
        data = {
            "conversation": serializers.conversation(row),
            "created": created,
            "warnings": warnings,
        }
        status = 201 if created else 200
        return json_response(status, dump_json({"success": True, "data": data}))

    return Route(
        contract.base_path + PATH,
        import_conversation,
        methods=["POST"],
        name="importConversation",
        middleware=[*middleware, Middleware(BodyLimitMiddleware, max_body_size=MAX_DOCUMENT_SIZE)],
    )


def _prepare(
    body: list[bytes], user_id: str, default_model: str, metadata_schema: Schema
) -> tuple[ImportRows, list[str]]:
    """Return the rows of the document in a body, and the warnings. Remove the body from the list.

    Raises:
        ValidationError: If the body is not a valid document.
    """
    value = decode_body(body.pop())
    try:
        document = parse_document(value, default_model, metadata_schema)
        return imports.create_rows(user_id, document.conversation), document.warnings
    except RecursionError:
        raise ValidationError("body: nested too deeply") from None
    except ValueError as error:  # a number that is too large for a float
        raise ValidationError(f"body: not valid JSON: {error}") from None
