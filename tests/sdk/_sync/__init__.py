# Derived from tests/sdk/_async/__init__.py by scripts/regen.py. Do not edit.

"""Tests of the asynchronous client; tests/sdk/_sync is derived from them."""
