"""The errors of documents and files of conversations."""

from __future__ import annotations


class LocatedError(ValueError):
    """An error in a document or a file, which names where it is."""

    def __init__(self, message: str, location: str = "") -> None:
        super().__init__(message, location)
        self.message: str = message
        self.location: str = location

    def __str__(self) -> str:
        return f"{self.location}: {self.message}" if self.location else self.message


class InvalidExportError(LocatedError):
    """A document is not an exported conversation, or has a version that this release does not support.

    Attributes:
        message: What is wrong.
        location: Where it is, such as `messages[3].role`. Empty for the whole document.
    """
