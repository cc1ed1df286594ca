"""The models of a server: the upstreams by their names, the published models, and the built-in model.

The built-in model, or the replies that a program has set, are used for every name without an upstream,
so that programs run without external models. The published names are known if there are no
upstreams. A name that is not known causes a warning in the metadata of the reply. With strict models,
it is rejected instead. A conversation without a model uses the first upstream, if there is one.
"""

from __future__ import annotations

from collections.abc import Sequence

from chatroutes_server.errors import ValidationError
from chatroutes_server.json_encoding import Json
from chatroutes_server.llm.builtin import BuiltinModel
from chatroutes_server.llm.model import Model, UpstreamModel
from chatroutes_server.nearest_name import nearest_name

# The names that the documentation of the service has, in its order. The first one is the default.
PUBLISHED_MODELS = (
    "gpt-5",
    "gpt-4",
    "claude-opus-4-1",
    "claude-opus-4",
    "claude-opus-4-0",
    "claude-sonnet-4-5",
    "claude-sonnet-4-0",
    "claude-3-7-sonnet-latest",
    "claude-3-5-haiku-latest",
)


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
        return next(iter(self.upstreams), PUBLISHED_MODELS[0])

    @property
    def names(self) -> list[str]:
        """The names of the known models."""
        published = () if self.upstreams else PUBLISHED_MODELS
        names = [*self.upstreams, *self.builtin.replies.models, *published, self.builtin.id]
        return list(dict.fromkeys(names))

    def get(self, name: str) -> Model:
        return self.upstreams.get(name, self.builtin)

    def require_served(self, name: str) -> None:
        """Raise ValidationError if models are strict and the name is not known."""
        names = self.names
        if self._strict and name not in names:
            served = f"this server has {', '.join(names)}"
            message = f"model {name} does not exist; {_hint(name, names)}{served}"
            raise ValidationError(f"model: {message}", [{"field": "model", "message": message}])

    def warn_if_unknown(self, name: str) -> str | None:
        """Return the warning for the metadata of a reply, or None if the name is known."""
        names = self.names
        if name in names:
            return None
        hint = _hint(name, names).removesuffix(" ") or "GET /models lists the known models"
        return f"unknown model {name}; {hint}"

    def list_models(self) -> list[Json]:
        default = self.default_model
        return [
            {"id": name, "provider": self.get(name).provider, "isDefault": name == default}
            for name in self.names
        ]


def _hint(name: str, names: Sequence[str]) -> str:
    nearest = nearest_name(name, names)
    return f"did you mean {nearest}? " if nearest else ""
