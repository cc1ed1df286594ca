# Derived from chatroutes/_async/__init__.py by scripts/regen.py. Do not edit.

"""The asynchronous client, from which the synchronous one is derived."""
