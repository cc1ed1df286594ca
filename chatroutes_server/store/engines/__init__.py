"""The database engines. Each module has all that is specific to its engine.

An engine implements `Engine` of `store/connection.py`. `store/database.py` chooses it by the URL.
"""
