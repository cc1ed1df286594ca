"""What a thread does once, such as importing httpx, is finished before a child process is forked.

A forked child has only the thread that forked. A lock that another thread held stays locked in the
child for ever: the lock of a module that is being imported, of a `functools.cached_property`, or of
an SSL context. The first use of a client takes such locks. It therefore holds the lock of this
module, and forking waits for it.

The functions that run before a fork run in reverse order, and that of `logging` takes the lock of
`logging`, which the first use needs as well. The lock of this module must therefore be taken first:
its function is registered when `logging` was imported. Until then, another one takes its place.
"""

from __future__ import annotations

import os
import sys
from _thread import RLock
from functools import cached_property
from importlib import import_module
from types import TracebackType
from typing import Any, Final, TypeVar, overload

T = TypeVar("T")


class _FirstUse:
    """A reentrant lock that forking waits for."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._held_by_forks = 0
        self._is_registered = False
        self._register(self._before_fork_without_logging)

    def __enter__(self) -> None:
        self._lock.acquire()
        if not self._is_registered:
            import_module("logging")
            self._is_registered = True
            self._register(self._before_fork)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._lock.release()

    def _register(self, before: Any) -> None:
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(
                before=before,
                after_in_parent=self._after_fork,
                after_in_child=self._after_fork,
            )

    def _before_fork(self) -> None:
        self._lock.acquire()
        self._held_by_forks += 1

    def _before_fork_without_logging(self) -> None:
        # A module is in sys.modules before it is imported. Its functions are registered before
        # LogRecord is defined.
        if hasattr(sys.modules.get("logging"), "LogRecord"):
            return
        self._before_fork()
        logging: Any = sys.modules.get("logging")
        if logging is not None:
            # It was imported meanwhile, and will release its lock after this fork.
            logging._lock.acquire()

    def _after_fork(self) -> None:
        if self._held_by_forks:
            self._held_by_forks -= 1
            self._lock.release()


first_use_lock: Final = _FirstUse()


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
