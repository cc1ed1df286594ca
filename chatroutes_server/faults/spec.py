"""Faults: the failures that the server can inject.

The server has no faults until they are added. A fault applies to authenticated requests of its
operation (`*` means any), and it is removed after `times` requests. If several faults match, the
one that was added first applies. The kinds, in the order in which they affect a request:

* `delay`: wait this many seconds before the operation runs.
* `status`: return this error, with `retry_after` if it is set. The operation does not run.
* `stall`: send no response until the client disconnects, or close the connection after this many
  seconds. The operation does not run.
* `cut_after`: run the operation, and close the connection after this many events of the response.
  With `stall`, keep the connection open without sending more. A response that is not an event stream
  counts as one event.
* `malformed`: run the operation, and corrupt the first bytes of the response body.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock
from typing import Any

from chatroutes_server._numbers import MAX_FINITE, is_in_range
from chatroutes_server.contract import load_contract

OPTIONS = ("times", "status", "stall", "cut_after", "delay", "malformed", "retry_after")
INTEGER_OPTIONS = ("times", "status", "cut_after", "retry_after")


@dataclass(frozen=True)
class Fault:
    """A failure to inject.

    Args:
        operation: The operationId of the requests, such as `sendMessage`. `*` means any.
        times: The number of requests to fail.
        status: Status of the error response, from 400 to 599.
        stall: True, or the seconds after which the silent connection is closed.
        cut_after: The number of events after which the response is cut.
        delay: Seconds before the operation runs.
        malformed: Whether to corrupt the response body.
        retry_after: Seconds in the `Retry-After` header of the error response.

    Raises:
        ValueError: If the operation does not exist, an option is invalid, or the options cannot be
            combined.
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
        _require_operation(self.operation)
        if not is_in_range(self.times, 1, math.inf):
            raise ValueError(f"invalid times {self.times!r}: expected 1 or more")
        if self.status is not None and not is_in_range(self.status, 400, 599):
            raise ValueError(f"invalid status {self.status!r}: expected 400 to 599")
        if self.cut_after is not None and not is_in_range(self.cut_after, 0, math.inf):
            raise ValueError(f"invalid cut_after {self.cut_after!r}: expected 0 or more")
        for name, seconds in (("stall", self.stall), ("delay", self.delay)):
            if not (isinstance(seconds, bool) or is_in_range(seconds, 0, MAX_FINITE)):
                raise ValueError(f"invalid {name} {seconds!r}: expected 0 or more seconds")
        if self.retry_after is not None and not is_in_range(self.retry_after, 0, math.inf):
            raise ValueError(
                f"invalid retry_after {self.retry_after!r}: expected 0 or more seconds"
            )
        if self.retry_after is not None and self.status is None:
            raise ValueError("retry_after requires status")
        affects_response = self.stall or self.malformed or self.cut_after is not None
        if not (affects_response or self.status or self.delay):
            raise ValueError("a fault needs one of status, stall, cut_after, delay and malformed")
        if self.status is not None and affects_response:
            raise ValueError("status cannot be combined with stall, cut_after or malformed")

    @classmethod
    def parse(cls, text: str) -> Fault:
        """Parse `OPERATION:OPTION=VALUE,…`, such as `sendMessage:status=503,times=2` or `*:stall`."""
        operation, _, rest = text.partition(":")
        values: dict[str, Any] = {}
        for part in filter(None, rest.split(",")):
            option, _, value = part.partition("=")
            if option not in OPTIONS:
                raise ValueError(f"unknown option {option!r}: expected one of {', '.join(OPTIONS)}")
            if not value and option in ("stall", "malformed"):
                values[option] = True
            elif option == "malformed":
                raise ValueError("malformed takes no value")
            else:
                try:
                    values[option] = int(value) if option in INTEGER_OPTIONS else float(value)
                except ValueError:
                    raise ValueError(f"invalid {option} {value!r}: expected a number") from None
        return cls(operation or "*", **values)


class Faults:
    """The faults of a server. Any thread can add and clear faults while the server runs."""

    def __init__(self, faults: Iterable[Fault | str] | Fault | str = ()) -> None:
        self._lock = Lock()
        self._remaining: list[tuple[Fault, int]] = []  # with the number of requests left to fail
        for fault in [faults] if isinstance(faults, (str, Fault)) else faults:
            self.add(fault)

    def add(self, fault: Fault | str) -> None:
        """Add a fault, or its text form. Existing faults apply first.

        Raises:
            ValueError: If the text is invalid, or the operation does not exist.
        """
        fault = Fault.parse(fault) if isinstance(fault, str) else fault
        with self._lock:
            self._remaining.append((fault, fault.times))

    def clear(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._remaining.clear()

    def take(self, operation: str) -> Fault | None:
        """Return the fault for a request of this operation, and count the request."""
        with self._lock:
            for index, (fault, count) in enumerate(self._remaining):
                if fault.operation in ("*", operation):
                    self._remaining[index : index + 1] = [(fault, count - 1)] if count > 1 else []
                    return fault
        return None


def _require_operation(operation: str) -> None:
    try:
        known = [each.id for each in load_contract().operations]
    except ModuleNotFoundError:
        return  # A server cannot start either: it names the extra that is not installed.
    if operation != "*" and operation not in known:
        raise ValueError(
            f"unknown operation {operation!r}: expected * or one of {', '.join(sorted(known))}"
        )
