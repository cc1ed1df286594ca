"""Language models: the built-in model, upstreams, and the tasks of the server that use a model.

A new kind of provider implements the interface in `model.py`.
"""
