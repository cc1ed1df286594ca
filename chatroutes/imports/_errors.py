"""The errors of files that are imported."""

from __future__ import annotations


class ImportFileError(ValueError):
    """A file, or one conversation of it, cannot be read.

    Attributes:
        message: What is wrong, and what was expected.
        location: The file, and where in the file, such as `conversations.json, conversation 3`.
    """

    def __init__(self, message: str, location: str = "") -> None:
        super().__init__(message, location)
        self.message: str = message
        self.location: str = location

    def __str__(self) -> str:
        return f"{self.location}: {self.message}" if self.location else self.message
