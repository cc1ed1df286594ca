"""ASGI middleware: request id, request log, hosts and origins, authentication, rate limit, body limit and fault injection."""
