"""The models of a server: the upstreams by their names, and the built-in model.

A name without an upstream selects the built-in model, so that programs run without external models.
With strict models, such a name is rejected instead. A conversation without a model uses
the first upstream, if there is one.
"""

from __future__ import annotations

from collections.abc import Sequence

from chatroutes_server.errors import ValidationError
from chatroutes_server.json_encoding import Json
from chatroutes_server.llm.builtin import BuiltinModel
from chatroutes_server.llm.model import Model, UpstreamModel

DEFAULT_MODEL = "gpt-5"  # of the API; without upstreams, the built-in model replies instead of it


class ModelRegistry:
    def __init__(
        self, builtin: BuiltinModel, upstreams: Sequence[UpstreamModel], strict: bool
    ) -> None:
        self.builtin = builtin
        self.upstreams: dict[str, UpstreamModel] = {upstream.id: upstream for upstream in upstreams}
        self._strict = strict

    @property
    def default_model(self) -> str:
        """The model of a conversation without a model."""
        for name in self.upstreams:
            return name
        return self.builtin.id if self._strict else DEFAULT_MODEL

    def get(self, name: str) -> Model:
        return self.upstreams.get(name, self.builtin)

    def require_served(self, name: str) -> None:
        """Raise ValidationError if models are strict and the server has no model of this name."""
        served = [*self.upstreams, self.builtin.id]
        if self._strict and name not in served:
            message = f"model {name} does not exist; this server has {', '.join(served)}"
            raise ValidationError(f"model: {message}", [{"field": "model", "message": message}])

    def list_models(self) -> list[Json]:
        models: list[Model] = [*self.upstreams.values(), self.builtin]
        default = self.get(self.default_model)
        return [
            {"id": model.id, "provider": model.provider, "isDefault": model is default}
            for model in models
        ]
