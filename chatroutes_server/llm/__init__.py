"""Language models: the built-in model, upstreams, and what the server asks them for.

A new kind of provider implements the interface in `model.py`.
"""
