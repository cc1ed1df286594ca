"""The models that write replies."""
