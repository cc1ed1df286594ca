# Derived from chatroutes/_async/lazy_classes.py by scripts/regen.py. Do not edit.

"""The classes that methods of the client return, for annotations.

Their modules are imported when a name is looked up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .batch import Batch as Batch
    from .comparison import ComparisonStream as ComparisonStream
    from .search import SearchIterator as SearchIterator
    from .stream import MessageStream as MessageStream
else:

    def __getattr__(name: str) -> object:
        if name == "Batch":
            from . import batch as module
        elif name == "ComparisonStream":
            from . import comparison as module
        elif name == "SearchIterator":
            from . import search as module
        else:
            from . import stream as module

        return getattr(module, name)
