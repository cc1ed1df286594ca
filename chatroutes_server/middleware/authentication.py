"""Authentication by API key, as a backend for Starlette's AuthenticationMiddleware."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from starlette.authentication import (
    AuthCredentials,
    AuthenticationBackend,
    AuthenticationError,
    BaseUser,
)
from starlette.requests import HTTPConnection
from starlette.responses import Response

from chatroutes_server.errors import UnauthorizedError
from chatroutes_server.responses import error_response
from chatroutes_server.store.accounts import hash_key


class Account(BaseUser):
    """The account of the API key that a request carries, as `request.user`."""

    def __init__(self, user_id: str) -> None:
        self._user_id = user_id

    @property
    def is_authenticated(self) -> bool:
        return True

    @property
    def display_name(self) -> str:
        return self._user_id

    @property
    def identity(self) -> str:
        return self._user_id


class ApiKeyBackend(AuthenticationBackend):
    """Find the account of a request's API key.

    The key is sent as `X-API-Key: <key>` or as `Authorization: ApiKey <key>`. If a request has several
    keys, in both headers or in repeated ones, all must be valid. A Bearer token is a session token of the web application, which this
    server does not have.
    """

    def __init__(self, accounts: Mapping[str, str]) -> None:
        self._accounts = accounts  # the user id of each hash of a key

    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, BaseUser]:
        """Return the account.

        Raises:
            AuthenticationError: If no key was sent, or a key that is not valid.
        """
        keys = conn.headers.getlist("x-api-key")
        schemes: set[str] = set()
        for value in conn.headers.getlist("authorization"):
            scheme, _, credentials = value.partition(" ")
            schemes.add(scheme.lower())
            if scheme.lower() == "apikey":
                keys.append(credentials.strip())
        if not keys:
            problem = (
                "this server does not accept Bearer tokens"
                if "bearer" in schemes
                else "the API key is missing"
            )
            raise AuthenticationError(
                f"{problem}: send the API key as 'X-API-Key: <key>' or 'Authorization: ApiKey <key>'"
            )
        # Compare with all keys in constant time, so that the duration reveals nothing about them.
        user_ids = [
            user_id
            for key_hash in map(hash_key, keys)
            for known_hash, user_id in self._accounts.items()
            if secrets.compare_digest(key_hash, known_hash)
        ]
        if len(user_ids) != len(keys) or len(set(user_ids)) != 1:
            raise AuthenticationError("the API key is not valid")
        return AuthCredentials(), Account(user_ids[0])


def authentication_error_response(_conn: HTTPConnection, error: AuthenticationError) -> Response:
    """Return the 401 response."""
    return error_response(UnauthorizedError(str(error)))
