"""The command line `chatroutes`.

Each command is a module of `chatroutes_cli.commands` and is imported when it is used.
"""
