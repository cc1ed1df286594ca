"""The errors of files that are imported."""

from __future__ import annotations

from ..exports._errors import LocatedError


class ImportFileError(LocatedError):
    """A file, or one conversation of it, cannot be read.

    Attributes:
        message: What is wrong, and what was expected.
        location: The file, and where in the file, such as `conversations.json, conversation 3`.
    """
