"""Clients that others' generators make from the contract: made, compiled and run, to know that they can be."""
