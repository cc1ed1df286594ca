"""The rate limit of servers that share a database: the windows are in the database."""

from __future__ import annotations

import math

from chatroutes_server.rate_limit import RateLimit, RateLimitResult
from chatroutes_server.store.connection import Connection
from chatroutes_server.store.database import Database


class SharedRateLimiter:
    """Counts the requests of each account to all servers of a database. See `RateLimiter`."""

    def __init__(self, database: Database, limit: RateLimit) -> None:
        self._database = database
        self._limit = limit

    async def acquire(self, user_id: str) -> RateLimitResult:
        """Count a request of the account, if the limit allows it.

        Raises:
            DatabaseUnavailableError: If the database is not available.
        """
        limit = self._limit
        parameters = {
            "user_id": user_id,
            "limit": limit.requests,
            "window": limit.window * 1000,
        }

        def work(connection: Connection) -> RateLimitResult:
            row = connection.fetch_one(connection.sql.count_request, parameters)
            assert row is not None
            return RateLimitResult(
                allowed=row.requests <= limit.requests,
                limit=limit.requests,
                remaining=max(0, limit.requests - row.requests),
                reset_after=max(1, math.ceil(row.milliseconds_left / 1000)),
            )

        return await self._database.write(work)
