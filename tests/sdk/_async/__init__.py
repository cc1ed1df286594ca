"""Tests of the asynchronous client; tests/sdk/_sync is derived from them."""
