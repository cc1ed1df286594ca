"""The exit codes of the command line."""

from __future__ import annotations

from enum import IntEnum
from typing import Self


class ExitCode(IntEnum):
    """The exit code of a command. The help of `chatroutes` lists them.

    Attributes:
        meaning: When a command ends with the code.
    """

    meaning: str

    def __new__(cls, value: int, meaning: str) -> Self:
        """Create a member, as `http.HTTPStatus` does."""
        member = int.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member

    SUCCESS = 0, "success"
    FAILURE = 1, "another failure, such as a file that cannot be read"
    USAGE = 2, "invalid option, argument or setting"
    AUTHENTICATION = 3, "the API key is missing, unknown, or does not permit this"
    NOT_FOUND = 4, "not found"
    REJECTED = 5, "the service rejected the request as invalid, or because of a conflict"
    RATE_LIMITED = 6, "rate limit"
    NETWORK = 7, "no connection, timeout, or interrupted stream"
    SERVICE = 8, "the service failed, or sent an invalid response"
    INTERRUPTED = 130, "interrupted with Ctrl-C"
    BROKEN_PIPE = 141, "the program that read the output has ended, such as head"
    TERMINATED = 143, "terminated with SIGTERM"
