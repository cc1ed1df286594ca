"""The SQLite store: queries as functions over a connection.

`get` raises NotFoundError when there is no row; `find` returns None.
"""
