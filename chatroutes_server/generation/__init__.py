"""Generation of replies: run, store, stream and resume them."""
