# Derived from chatroutes/_async/resources/__init__.py by scripts/regen.py. Do not edit.

"""One module per resource of the API: each method builds a request, sends it and returns the result."""
