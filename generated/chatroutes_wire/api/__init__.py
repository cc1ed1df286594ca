# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""One module per operation, in one package per tag."""
