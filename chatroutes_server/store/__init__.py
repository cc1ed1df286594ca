"""What is kept: conversations, branches, messages and first tries, as functions over a connection."""
