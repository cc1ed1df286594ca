"""The database engines. Each module has all that is specific to its engine."""
