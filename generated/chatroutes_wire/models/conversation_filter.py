# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The values of `ConversationFilter`."""

from ..types import ConversationFilter as ConversationFilter
