"""Faults on demand: what goes wrong on purpose, so that programs can be tested against it.

There are none until they are asked for. A fault waits for a request that is let in and whose
operation it names (`*` is any), spoils it, and is used up after so many `times`; where several fit,
the first that was added goes first. What it does, in the order of a request's way:

* `delay`: the request waits so many seconds before anything is done for it.
* `status`: this error is the answer, with `retry_after` if given; nothing is done.
* `stall`: no answer comes, and nothing is done, until the client gives up or after so many seconds
  the connection is closed.
* `cut_after`: the work is done, and the connection is closed after so many events of the answer, or
  goes silent there with `stall`. An answer that is no stream is one event.
* `malformed`: the work is done, and the answer's first bytes are garbled.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock
from typing import Any

WORDS = ("times", "status", "stall", "cut_after", "delay", "malformed", "retry_after")
WHOLE = ("times", "status", "cut_after", "retry_after")


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong.

    Args:
        operation: The operationId that it waits for, such as `sendMessage`; `*` for any.
        times: How many requests it spoils.
        status: Status of the answer, 400 to 599.
        stall: True, or the seconds after which the silence ends with the connection.
        cut_after: How many events of the answer go out before the connection is cut.
        delay: Seconds that the request waits at first.
        malformed: Whether the answer's bytes are garbled.
        retry_after: Seconds that the answer with this status asks the client to wait.

    Raises:
        ValueError: There is no such fault.
    """

    operation: str = "*"
    times: int = 1
    status: int | None = None
    stall: bool | float = False
    cut_after: int | None = None
    delay: float = 0
    malformed: bool = False
    retry_after: int | None = None

    def __post_init__(self) -> None:
        if self.times < 1:
            raise ValueError(f"times must be 1 or more, and not {self.times}")
        if self.status is not None and not 400 <= self.status <= 599:
            raise ValueError(f"status must be from 400 to 599, and not {self.status}")
        if self.cut_after is not None and self.cut_after < 0:
            raise ValueError(f"cut_after must be 0 or more, and not {self.cut_after}")
        for name, seconds in (("stall", self.stall), ("delay", self.delay)):
            if not 0 <= seconds < math.inf:
                raise ValueError(f"{name} must be 0 or more seconds, and not {seconds}")
        if self.retry_after is not None and (self.status is None or self.retry_after < 0):
            raise ValueError("retry_after goes with a status, and is 0 or more seconds")
        if not (self.status or self.stall or self.delay or self.malformed) and (
            self.cut_after is None
        ):
            raise ValueError("a fault needs one of status, stall, cut_after, delay and malformed")
        spoilt = self.stall or self.malformed or self.cut_after is not None
        if self.status is not None and spoilt:
            raise ValueError("a fault with a status neither stalls, cuts nor garbles the answer")

    @classmethod
    def parse(cls, text: str) -> Fault:
        """Read `OPERATION:WORD=VALUE,…`, such as `sendMessage:status=503,times=2` or `*:stall`."""
        operation, _, rest = text.partition(":")
        given: dict[str, Any] = {}
        for part in filter(None, rest.split(",")):
            word, _, value = part.partition("=")
            if word not in WORDS:
                raise ValueError(f"there is no {word!r} in a fault, only {', '.join(WORDS)}")
            if not value and word in ("stall", "malformed"):
                given[word] = True
            elif word == "malformed":
                raise ValueError("malformed takes no value")
            else:
                try:
                    given[word] = int(value) if word in WHOLE else float(value)
                except ValueError:
                    raise ValueError(f"{word} must be a number, and not {value!r}") from None
        return cls(operation or "*", **given)


class Faults:
    """The faults that wait. They may be added and cleared while the server runs, by any thread."""

    def __init__(self, faults: Iterable[Fault | str] = ()) -> None:
        self._lock = Lock()
        self._waiting: list[tuple[Fault, int]] = []
        self._operations: frozenset[str] | None = None
        for fault in faults:
            self.add(fault)

    def add(self, fault: Fault | str) -> None:
        """Let a fault wait, behind those that are there; ValueError if it is none."""
        fault = Fault.parse(fault) if isinstance(fault, str) else fault
        with self._lock:
            self._check(fault)
            self._waiting.append((fault, fault.times))

    def clear(self) -> None:
        """Forget all that wait."""
        with self._lock:
            self._waiting.clear()

    def validate_operations(self, operations: Iterable[str]) -> None:
        """Hold the faults against the operations that there are."""
        with self._lock:
            self._operations = frozenset(operations)
            for fault, _ in self._waiting:
                self._check(fault)

    def take(self, operation: str) -> Fault | None:
        """Give the fault that this request meets, and count it."""
        with self._lock:
            for place, (fault, left) in enumerate(self._waiting):
                if fault.operation in ("*", operation):
                    self._waiting[place : place + 1] = [(fault, left - 1)] if left > 1 else []
                    return fault
        return None

    def _check(self, fault: Fault) -> None:
        known = self._operations
        if known is not None and fault.operation != "*" and fault.operation not in known:
            raise ValueError(f"there is no operation {fault.operation!r} to spoil")
