"""Properties that are computed at their first use, under the lock that forking waits for."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
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


class first_use_property(cached_property[T]):  # noqa: N801  like the property that it replaces
    """A `cached_property` that is computed under `first_use_lock`, and under no other lock."""

    @overload
    def __get__(self, instance: None, owner: type[Any] | None = None) -> first_use_property[T]: ...
    @overload
    def __get__(self, instance: object, owner: type[Any] | None = None) -> T: ...

    def __get__(
        self, instance: object, owner: type[Any] | None = None
    ) -> first_use_property[T] | T:
        """Return the value, which is computed on the first access."""
        if instance is None:
            return self
        name = self.attrname
        assert name is not None  # __set_name__ has set it
        with first_use_lock:
            values = instance.__dict__
            if name not in values:
                values[name] = self.func(instance)
            value: T = values[name]
            return value
