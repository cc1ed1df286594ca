# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The class `ModelListResponseData`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import define, field

from ..client import check_list, check_object
from ..types import UNSET, Unset


@define
class ModelListResponseData:
    """Contains the models."""

    models: list[Model] | Unset = UNSET
    """The models."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any], kw_only=True)
    """The properties that the contract does not define."""

    @classmethod
    def from_dict(cls, source: Mapping[str, Any]) -> ModelListResponseData:
        """Return an instance from a decoded JSON object. A time without a time zone is taken as UTC.

        Raises:
            KeyError: If a required property is missing.
            ValueError: If a property is not a time in ISO 8601, an object or a list, as the contract defines.
        """
        rest = dict(check_object("ModelListResponseData", source))
        models = rest.pop("models", UNSET)
        return cls(
            models=UNSET
            if models is UNSET
            else [
                Model.from_dict(check_object("an item of models", item))
                for item in check_list("models", models)
            ],
            additional_properties=rest,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object. Times are formatted in UTC with milliseconds and `Z`."""
        target: dict[str, Any] = dict(self.additional_properties)
        if not isinstance(self.models, Unset):
            target["models"] = [item.to_dict() for item in self.models]
        return target


from ..models.model import Model
