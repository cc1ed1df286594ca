# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The wire format of the ChatRoutes API: functions that build requests and read responses, without I/O."""
