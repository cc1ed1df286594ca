# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""The errors that the operations of this package raise."""


class InvalidArgument(ValueError):
    """An argument is invalid, so the request cannot be built."""


class UnexpectedPayload(ValueError):
    """A response does not have the shape that the contract defines."""
