"""Which models are served: the upstreams by their names, and the built-in one for all others.

A name that no upstream has falls to the built-in model, so that any program runs without its
models; with strict models it is refused instead, naming the field. Where a conversation names no
model, the first upstream answers if there is one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from chatroutes_server.errors import ValidationError
from chatroutes_server.json_encoding import Json
from chatroutes_server.llm.builtin import BuiltinModel
from chatroutes_server.llm.model import Model

if TYPE_CHECKING:
    from chatroutes_server.llm.openai_compatible import OpenAICompatibleModel

DEFAULT_MODEL = "gpt-5"  # what the contract says; without upstreams, the built-in model stands in


class ModelRegistry:
    def __init__(
        self, builtin: BuiltinModel, upstreams: Sequence[OpenAICompatibleModel], strict: bool
    ) -> None:
        self.builtin = builtin
        self.upstreams = {upstream.id: upstream for upstream in upstreams}
        self._strict = strict

    @property
    def default_model(self) -> str:
        """The model of a conversation that names none."""
        for name in self.upstreams:
            return name
        return self.builtin.id if self._strict else DEFAULT_MODEL

    def named(self, name: str) -> Model:
        return self.upstreams.get(name, self.builtin)

    def check(self, name: str) -> None:
        """Refuse a name that is not served, if models are strict."""
        if self._strict and name not in (*self.upstreams, self.builtin.id):
            known = ", ".join([*self.upstreams, self.builtin.id])
            text = f"there is no model {name} here, only {known}"
            raise ValidationError(f"model: {text}", [{"field": "model", "message": text}])

    def listing(self) -> list[Json]:
        models: list[Model] = [*self.upstreams.values(), self.builtin]
        default = self.named(self.default_model)
        return [
            {"id": model.id, "provider": model.provider, "isDefault": model is default}
            for model in models
        ]
