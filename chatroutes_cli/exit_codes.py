"""The exit codes of the command line."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit code of a command. The help of `chatroutes` lists them."""

    SUCCESS = 0
    FAILURE = 1
    """Another failure, such as a file that cannot be read."""
    USAGE = 2
    """An option, an argument or a setting is invalid. Nothing was sent."""
    AUTHENTICATION = 3
    """The API key is missing, unknown, or does not permit this."""
    NOT_FOUND = 4
    """The conversation, the branch or the message does not exist."""
    REJECTED = 5
    """The service rejected the request as invalid, or because of the state of an object."""
    RATE_LIMITED = 6
    """The service received too many requests."""
    NETWORK = 7
    """There was no usable response: no connection, a timeout, or a stream that was interrupted."""
    SERVICE = 8
    """The service failed, or its response does not follow the contract."""
    INTERRUPTED = 130
    """Ctrl-C."""
    BROKEN_PIPE = 141
    """The program that read the output has ended, such as `head`."""
    TERMINATED = 143
    """SIGTERM."""
