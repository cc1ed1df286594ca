# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The operations of the API: one package per tag, one module per operation."""
