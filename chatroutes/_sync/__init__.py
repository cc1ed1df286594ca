# Derived from chatroutes/_async/__init__.py by scripts/regen.py. Do not edit.

"""The asynchronous client. The synchronous client is derived from it by `scripts/regen.py`."""
