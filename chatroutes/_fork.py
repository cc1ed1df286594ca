"""What a thread does once, such as importing httpx, is finished before a child process is forked.

A forked child has only the thread that forked. A lock that another thread held stays locked in the
child for ever: the lock of a module that is being imported, of a `functools.cached_property`, or of
an SSL context. The first use of a client takes such locks. It therefore holds `first_use_lock`, and
forking waits for that lock.

The functions of `os.register_at_fork` that run before a fork run in reverse order. That of `logging`
must run after that of this module, because what the first use imports needs the lock of `logging`.
That is why `logging` is imported here.
"""

from __future__ import annotations

import logging  # noqa: F401
import os
from _thread import RLock
from functools import cached_property
from typing import Any, Final, TypeVar, overload

T = TypeVar("T")

first_use_lock: Final = RLock()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=first_use_lock.acquire,
        after_in_parent=first_use_lock.release,
        after_in_child=first_use_lock.release,
    )


class first_use_property(cached_property[T]):  # noqa: N801  like the property that it replaces
    """A `cached_property` that is computed under `first_use_lock`, and under no other lock."""

    @overload
    def __get__(self, instance: None, owner: type[Any] | None = None) -> first_use_property[T]: ...
    @overload
    def __get__(self, instance: object, owner: type[Any] | None = None) -> T: ...

    def __get__(self, instance: object, owner: type[Any] | None = None) -> first_use_property[T] | T:
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
