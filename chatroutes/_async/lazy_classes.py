"""The classes that methods of the client return, for annotations.

Their modules are imported when a name is looked up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .batch import AsyncBatch as AsyncBatch
    from .comparison import AsyncComparisonStream as AsyncComparisonStream
    from .search import AsyncSearchIterator as AsyncSearchIterator
    from .stream import AsyncMessageStream as AsyncMessageStream
else:

    def __getattr__(name: str) -> object:
        if name == "AsyncBatch":
            from . import batch as module
        elif name == "AsyncComparisonStream":
            from . import comparison as module
        elif name == "AsyncSearchIterator":
            from . import search as module
        else:
            from . import stream as module

        return getattr(module, name)
