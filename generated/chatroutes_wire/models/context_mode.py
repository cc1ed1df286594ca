# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The values of `ContextMode`."""

from ..types import ContextMode as ContextMode
