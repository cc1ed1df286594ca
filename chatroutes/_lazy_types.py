"""The types of arguments and results, and those of `httpx`, for annotations.

Their modules are imported when a name is looked up.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._batch import AsyncItems as AsyncItems
    from ._batch import BatchProgress as BatchProgress
    from ._batch import Items as Items
    from ._comparison import ComparisonResult as ComparisonResult
    from ._regeneration import RegenerationResult as RegenerationResult
    from ._request_options import RequestOptions as RequestOptions
    from ._request_options import StreamOptions as StreamOptions
    from .exports import ConversationExport as ConversationExport
    from .exports import ExportProgress as ExportProgress
    from .imports import ImportProgress as ImportProgress
    from .imports import ImportResult as ImportResult
    from .imports import ReplayResult as ReplayResult
    from .telemetry import Telemetry as Telemetry
    from .types import *  # noqa: F403  for type checkers
else:

    def __getattr__(name: str) -> object:
        module = sys.modules[__package__]  # which has a table of its public names
        if name in ("AsyncItems", "Items"):
            from . import _batch as module
        elif name in ("ImportProgress", "ImportResult", "ReplayResult"):
            from . import imports as module
        elif name == "Telemetry":
            from . import telemetry as module
        elif name not in module.__all__:
            from . import types as module

        return getattr(module, name)

    class _LazyHttpx:
        def __getattr__(self, name: str) -> object:
            import httpx

            return getattr(httpx, name)

    httpx = _LazyHttpx()
