# Derived from chatroutes/_async/models.py by scripts/regen.py. Do not edit.

"""The models that are served."""

from __future__ import annotations

import builtins

from chatroutes_wire.api.models import list_models

from .. import _types as types
from .sending import Sender


class Models:
    """List the models that a conversation or a message may name."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def list(self) -> builtins.list[types.Model]:
        """List the models (`listModels`).

        Raises:
            ChatRoutesError: they could not be listed.
        """
        return self._sender.call(list_models.request, list_models.read)
