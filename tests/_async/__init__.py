"""Tests of both clients; tests/_sync is derived from these."""
