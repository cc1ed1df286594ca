"""The property for a resource of a client."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, cast, get_type_hints, overload

from ._fork import first_use_lock

T = TypeVar("T")


class resource_property(Generic[T]):  # noqa: N801  it is used like `cached_property`
    """A property that is computed once per client, and is the class of the resource on the class.

    `unittest.mock.create_autospec(ChatRoutes)` reads the class to find the methods of the resource.
    Two threads that use it for the first time get the same resource.
    """

    def __init__(self, create: Callable[[Any], T]) -> None:
        self.func = create
        self.__doc__ = create.__doc__
        self._name = create.__name__

    @overload
    def __get__(self, client: None, owner: type | None = None) -> type[T]: ...
    @overload
    def __get__(self, client: object, owner: type | None = None) -> T: ...
    def __get__(self, client: object, owner: type | None = None) -> T | type[T]:
        if client is None:
            return cast("type[T]", get_type_hints(self.func)["return"])
        with first_use_lock:
            return cast("T", vars(client).setdefault(self._name, self.func(client)))
