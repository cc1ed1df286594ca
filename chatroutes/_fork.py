"""Finish work that a thread does once, such as importing httpx, before a child process is forked.

A forked child has only the thread that forked. A lock that another thread held stays locked in the
child for ever: the lock of a module that is being imported, of a `functools.cached_property`, or of
an SSL context. The first use of a client takes such locks. It therefore holds the lock of this
module, and forking waits for it.

The functions that run before a fork run in reverse order of their registration. The function of
`logging` takes the lock of `logging`, which the first use of a client needs as well. `logging` releases
its lock again while a fork waits for the lock of this module.
"""

from __future__ import annotations

import os
import sys
from _thread import RLock
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the interpreter keeps what this module imports until its very end
    from types import TracebackType
    from typing import Any, Final


class _FirstUse:
    """A reentrant lock that forking waits for."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._held_by_forks = 0
        self._runs_before_logging = _is_logging_registered()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(
                before=self._before_fork,
                after_in_parent=self._after_fork,
                after_in_child=self._after_fork,
            )

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._lock.release()

    def _before_fork(self) -> None:
        if self._runs_before_logging:
            self._acquire()
            return
        lock: Any = getattr(sys.modules.get("logging"), "_lock", None)
        if lock is not None and lock._is_owned():
            state = lock._release_save()
            self._acquire()
            lock._acquire_restore(state)
            return
        self._acquire()
        if _is_logging_registered():
            # It was imported meanwhile, and will release its lock after this fork.
            logging: Any = sys.modules["logging"]
            logging._lock.acquire()

    def _acquire(self) -> None:
        self._lock.acquire()
        self._held_by_forks += 1

    def _after_fork(self) -> None:
        if self._held_by_forks:
            self._held_by_forks -= 1
            self._lock.release()


def _is_logging_registered() -> bool:
    """Return whether `logging` has registered its functions: before its import defines `LogRecord`."""
    return hasattr(sys.modules.get("logging"), "LogRecord")


first_use_lock: Final = _FirstUse()
