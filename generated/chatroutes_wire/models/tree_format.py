# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The values of `TreeFormat`."""

from ..types import TreeFormat as TreeFormat
