"""Pages of a list whose objects are sorted by their number (`seq`).

Numbers only grow and are never reused, and a page starts after a number. So objects that are added
or deleted between two pages neither repeat nor hide other objects, and a page is read from the index.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chatroutes_server.store.connection import Row

NO_LIMIT = 2**62  # above every number


@dataclass(frozen=True)
class Page:
    """The objects with a number above `after`: at most `limit` of them, or all."""

    after: int = 0
    limit: int | None = None

    @property
    def count(self) -> int:
        """The number of rows to read: one more than the page has, to see whether another page follows."""
        return NO_LIMIT if self.limit is None else self.limit + 1

    def cut(self, rows: Sequence[Row]) -> tuple[Sequence[Row], int | None]:
        """Return the rows of the page, and the last number on it if another page follows."""
        if self.limit is None or len(rows) <= self.limit:
            return rows, None
        return rows[: self.limit], rows[self.limit - 1].seq


ALL = Page()
