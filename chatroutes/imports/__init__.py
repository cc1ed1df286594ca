"""Imports of conversations: files of this package and of other programs, one conversation at a time.

Import each conversation of a file into a local server:

    from chatroutes import imports

    for each in imports.read("conversations.json"):
        if each.export is None:
            print(each.error)
        else:
            client.import_conversation(each.export)
"""

from __future__ import annotations

from ._errors import ImportFileError as ImportFileError
from ._reading import FileConversation as FileConversation
from ._reading import read as read
from ._results import ImportProgress as ImportProgress
from ._results import ImportResult as ImportResult
from ._results import ReplayResult as ReplayResult

__all__ = [
    "FileConversation",
    "ImportFileError",
    "ImportProgress",
    "ImportResult",
    "ReplayResult",
    "read",
]
