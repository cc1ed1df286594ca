"""Ownership: an account can reach only what belongs to it.

`OwnershipCheck.require` runs before every endpoint (see `app`), so an endpoint does not check
ownership itself. It covers all ids in the path; the server does not start if the contract has a path
parameter whose owner cannot be looked up.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from chatroutes_server.contract import Contract
from chatroutes_server.errors import StartupError
from chatroutes_server.store import accounts
from chatroutes_server.store.database import Database

MAX_CACHED = 10_000


class OwnershipCheck:
    """Checks that the ids of a path belong to an account.

    Ids are random, and an object never moves to another account. A positive result therefore stays
    valid and is cached, so that a request has one transaction and not two. If the object has been
    deleted since, the endpoint does not find it and responds with 404 itself.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._cache: dict[tuple[str, tuple[tuple[str, str], ...]], None] = {}  # oldest first

    async def require(self, user_id: str, path_params: Mapping[str, str]) -> None:
        """Return if the account owns all objects that the path names.

        Raises:
            NotFoundError: If one of them belongs to another account, or does not exist.
        """
        key = (user_id, tuple(path_params.items()))
        if not path_params or key in self._cache:
            return
        await self._database.read(
            partial(accounts.require_owner, user_id=user_id, path_params=path_params)
        )
        self._cache[key] = None
        if len(self._cache) > MAX_CACHED:
            del self._cache[next(iter(self._cache))]


def check_path_parameters(contract: Contract) -> None:
    """Check that the owner of each path parameter can be looked up.

    Raises:
        StartupError: If a path parameter is unknown.
    """
    for operation in contract.operations:
        for name in operation.path_parameters:
            if name not in accounts.SELECT_OWNER:
                raise StartupError(
                    f"the operation {operation.id} has the path parameter {name}, whose owner is "
                    "unknown: add it to SELECT_OWNER in chatroutes_server/store/accounts.py"
                )
