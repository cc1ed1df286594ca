"""The names of `chatroutes.types` for annotations, and the options of a call.

Their modules are imported when a name is looked up.
"""

from __future__ import annotations

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
        if name in ("RequestOptions", "StreamOptions"):
            from . import _request_options as module
        elif name in ("AsyncItems", "BatchProgress", "Items"):
            from . import _batch as module
        elif name == "ComparisonResult":
            from . import _comparison as module
        elif name in ("ConversationExport", "ExportProgress"):
            from . import exports as module
        elif name == "RegenerationResult":
            from . import _regeneration as module
        elif name in ("ImportProgress", "ImportResult", "ReplayResult"):
            from . import imports as module
        elif name == "Telemetry":
            from . import telemetry as module
        else:
            from . import types as module

        return getattr(module, name)
