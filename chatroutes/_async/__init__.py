"""The asynchronous client. The synchronous client is derived from it by `scripts/regen.py`."""
