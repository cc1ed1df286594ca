# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The wire format of the ChatRoutes API: requests to build and answers to read, without a network."""
