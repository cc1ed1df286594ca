"""The commands. Each module has one click command, named `command`, and a new module is a new command.

    @click.command()
    @click.argument("conversation", metavar="CONVERSATION")
    @client_options
    @pass_session
    def command(session: Session, conversation: str) -> None:
        \"""Count the branches of a conversation.\"""
        branches = session.client.branches.list(conversation)
        if session.as_json:
            write_json({"branches": len(branches)})
        else:
            terminal.write(f"{len(branches)} branches")

Failures of the SDK become an error message and an exit code. A command raises `CommandError` for other
failures, and `click.UsageError` for invalid arguments. Texts of the service pass through
`terminal.clean_text`, `clean_line` or `clean_cell`. Tests use the fixture `commands` of tests/cli.

The first line of a module is its docstring, which `chatroutes --help` shows. A module imports only
click and modules of this package at its top, and the SDK, rich and other packages in the functions that
use them.
"""
