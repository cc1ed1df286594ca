# Derived from tests/_async/__init__.py by scripts/regen.py. Do not edit.

"""Tests of both clients; tests/_sync is derived from these."""
