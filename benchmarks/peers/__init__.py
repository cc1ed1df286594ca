"""What is measured: each client in a module that imports nothing else of the field."""
