# Derived from chatroutes/_async/pagination.py by scripts/regen.py. Do not edit.

"""Iteration over a list that the service returns in pages."""

from __future__ import annotations

from collections.abc import Iterator, Callable
from typing import Any, Generic, TypeVar

from chatroutes_wire.client import Request
from chatroutes_wire.errors import UnexpectedPayload

from .._normalize import next_cursor
from .requestor import Requestor

T = TypeVar("T")


class PageIterator(Generic[T]):
    """An iterator over all objects of a list, which fetches page after page.

    A service that does not support pages returns the whole list as one page.

    Args:
        requestor: Sends the requests.
        build: Builds the request of a page from the ids and the query parameters.
        read: Returns the objects from the decoded response.
        *ids: The ids in the path.
        params: The query parameters of the first page.

    Raises:
        ValidationError: If an argument is invalid.
    """

    def __init__(
        self,
        requestor: Requestor,
        build: Callable[..., Request],
        read: Callable[[object], list[T]],
        *ids: str,
        params: dict[str, Any],
    ) -> None:
        requestor.build_operation_request(build, *ids, params)
        self._requestor = requestor
        self._build = build
        self._read = read
        self._ids = ids
        self._params = params
        self._cursors: set[str] = set()
        self._page = iter(list[T]())
        self._has_next = True

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        """Return the next object.

        Raises:
            ChatRoutesError: If the next page could not be fetched.
        """
        while True:
            for item in self._page:
                return item
            if not self._has_next:
                raise StopIteration
            page = self._requestor.execute(
                self._build, self._read_page, {}, *self._ids, self._params
            )
            self._page = iter(page)

    def _read_page(self, payload: object) -> list[T]:
        page, cursor = self._read(payload), next_cursor(payload)
        if cursor in self._cursors:  # iterating would never end
            raise UnexpectedPayload(f"data.nextCursor is {cursor!r} again")
        if cursor is None:
            self._has_next = False
        else:
            self._cursors.add(cursor)
            self._params = {**self._params, "cursor": cursor}
        return page
