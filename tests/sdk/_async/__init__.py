"""Tests of both clients; tests/sdk/_sync is derived from these."""
