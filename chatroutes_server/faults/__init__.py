"""Fault injection: failures on request, for testing clients.

`spec.py` defines the kinds of faults, and `injection.py` applies a fault to a request.
"""
