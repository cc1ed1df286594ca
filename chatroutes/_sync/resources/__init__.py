# Derived from chatroutes/_async/resources/__init__.py by scripts/regen.py. Do not edit.

"""One module per resource of the API: each method builds a request, sends it and returns the result.

A module is imported when its class is looked up here. So are the other classes that annotations name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..batch import Batch as Batch
    from ..comparison import ComparisonStream as ComparisonStream
    from ..raw_response_methods import (
        AutobranchWithRawResponse as AutobranchWithRawResponse,
    )
    from ..raw_response_methods import BranchesWithRawResponse as BranchesWithRawResponse
    from ..raw_response_methods import (
        CheckpointsWithRawResponse as CheckpointsWithRawResponse,
    )
    from ..raw_response_methods import (
        ConversationsWithRawResponse as ConversationsWithRawResponse,
    )
    from ..raw_response_methods import MessagesWithRawResponse as MessagesWithRawResponse
    from ..raw_response_methods import ModelsWithRawResponse as ModelsWithRawResponse
    from ..search import SearchIterator as SearchIterator
    from ..stream import MessageStream as MessageStream
    from ..streaming_response_methods import (
        AutobranchWithStreamingResponse as AutobranchWithStreamingResponse,
    )
    from ..streaming_response_methods import (
        BranchesWithStreamingResponse as BranchesWithStreamingResponse,
    )
    from ..streaming_response_methods import (
        CheckpointsWithStreamingResponse as CheckpointsWithStreamingResponse,
    )
    from ..streaming_response_methods import (
        ConversationsWithStreamingResponse as ConversationsWithStreamingResponse,
    )
    from ..streaming_response_methods import (
        MessagesWithStreamingResponse as MessagesWithStreamingResponse,
    )
    from ..streaming_response_methods import (
        ModelsWithStreamingResponse as ModelsWithStreamingResponse,
    )
    from .autobranch import Autobranch as Autobranch
    from .branches import Branches as Branches
    from .checkpoints import Checkpoints as Checkpoints
    from .conversations import Conversations as Conversations
    from .messages import Messages as Messages
    from .models import Models as Models
else:
    _MODULE_BY_NAME = {
        "Autobranch": ".autobranch",
        "Batch": "..batch",
        "Branches": ".branches",
        "Checkpoints": ".checkpoints",
        "ComparisonStream": "..comparison",
        "Conversations": ".conversations",
        "MessageStream": "..stream",
        "Messages": ".messages",
        "Models": ".models",
        "SearchIterator": "..search",
    }

    def __getattr__(name: str) -> object:
        import importlib

        if name.endswith("WithRawResponse"):
            return getattr(importlib.import_module("..raw_response_methods", __name__), name)
        if name.endswith("WithStreamingResponse"):
            return getattr(importlib.import_module("..streaming_response_methods", __name__), name)
        if name not in _MODULE_BY_NAME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(importlib.import_module(_MODULE_BY_NAME[name], __name__), name)
