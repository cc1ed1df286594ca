"""ASGI middleware: request id, authentication, rate limit, body limit and fault injection."""
