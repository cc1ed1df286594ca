# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The values of `MessageScope`."""

from ..types import MessageScope as MessageScope
