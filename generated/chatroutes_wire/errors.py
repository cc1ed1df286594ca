# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""What the operations of this package raise."""


class InvalidArgument(ValueError):
    """An argument that no request can be made of."""


class UnexpectedPayload(ValueError):
    """An answer that does not have the shape which the contract gives it."""
