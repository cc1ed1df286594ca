"""ASGI middleware: request id, hosts and origins, authentication, rate limit, body limit and fault injection."""
