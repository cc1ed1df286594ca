"""Replies while they are generated: running, storing, resuming and streaming them."""
