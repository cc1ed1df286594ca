"""The loop of a chat: reads messages and commands, and prints the replies."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from chatroutes import ChatRoutesError
from chatroutes_cli import output, terminal
from chatroutes_cli.chat.conversation import ChatConversation
from chatroutes_cli.chat.line_input import PipedInput, TerminalInput
from chatroutes_cli.chat.slash_commands import (
    SLASH_COMMANDS,
    help_lines,
    parse_slash_command,
)
from chatroutes_cli.exit_codes import ExitCode
from chatroutes_cli.failures import CommandError, to_command_error
from chatroutes_cli.input import to_utf8
from chatroutes_cli.replies import print_reply, read_metadata, receive_reply

if TYPE_CHECKING:
    from chatroutes import Branch, ChatRoutes, MessageStream, SendMessageResponse

MAX_TITLE = 30
"""Columns of a title in the prompt."""


class Repl:
    """A chat in the terminal, or with the lines of a pipe.

    A failure is printed, and the chat goes on. With a pipe, it ends the chat.

    Args:
        client: The client.
        conversation: The state of the chat.
        input: The source of messages and commands.
        as_json: Whether to print each reply, and each result of a command, as a line of JSON.
    """

    def __init__(
        self,
        client: ChatRoutes,
        conversation: ChatConversation,
        input: PipedInput | TerminalInput,
        as_json: bool = False,
    ) -> None:
        self._client = client
        self._conversation = conversation
        self._input = input
        self._as_json = as_json
        self._default = ""  # the text to edit in the next prompt
        self._is_over = False

    def run(self) -> None:
        """Read and handle lines until `/quit` or the end of the input."""
        while not self._is_over:
            default, self._default = self._default, ""
            try:
                text = self._input.read(self._prompt(), default)
            except EOFError:
                return
            except KeyboardInterrupt:
                if not self._input.is_interactive:
                    raise
                self._note("Press Ctrl-D or type /quit to leave.")
                continue
            if text.strip():
                self._handle(text)

    def _prompt(self) -> str:
        branch = self._conversation.branch
        if branch is None or self._conversation.branch_id is None:
            return "> "
        return f"[{terminal.clean_cell(branch.get('title') or '', MAX_TITLE)}] > "

    def _handle(self, text: str) -> None:
        try:
            text = to_utf8(text)
            command = parse_slash_command(text)
            if command is None:
                self._reply(self._conversation.ask(text))
            else:
                self._run_command(*command)
        except KeyboardInterrupt:
            if not self._input.is_interactive:
                raise
            self._note("Interrupted.")
        except (CommandError, ChatRoutesError) as error:
            failure = to_command_error(error)
            if failure is None or not self._input.is_interactive:
                raise
            terminal.print_error(failure.message)

    def _run_command(self, name: str, argument: str) -> None:
        if name not in SLASH_COMMANDS:
            raise CommandError(
                f"There is no command /{name}. Type /help for the commands. To send the text as a "
                "message, begin it with a space.",
                ExitCode.USAGE,
            )
        if argument and not SLASH_COMMANDS[name].argument:
            raise CommandError(f"/{name} has no argument.", ExitCode.USAGE)
        getattr(self, f"_do_{name}")(argument)

    # Commands

    def _do_quit(self, _argument: str) -> None:
        self._is_over = True

    def _do_help(self, _argument: str) -> None:
        lines = help_lines()
        if self._as_json:
            output.write_json({"commands": dict(lines)})
            return
        width = max(len(usage) for usage, _ in lines)
        for usage, text in lines:
            terminal.write(f"  {usage.ljust(width)}  ", style="cyan", newline=False)
            terminal.write(text)

    def _do_branch(self, title: str) -> None:
        self._show_branch(self._conversation.fork(title), "Began the branch")

    def _do_switch(self, name: str) -> None:
        if name:
            self._show_branch(self._conversation.switch(name), "Switched to the branch")
        else:
            self._show_branches(self._conversation.branches())

    def _do_tree(self, _argument: str) -> None:
        from chatroutes.trees import MIN_WIDTH, render

        tree = self._conversation.tree()
        if self._as_json:
            output.write_json(output.flatten_tree(tree))
            return
        width = max(terminal.width(), MIN_WIDTH)
        terminal.write(
            render(tree, width=width, color=terminal.has_color(sys.stdout)), newline=False
        )

    def _do_model(self, name: str) -> None:
        if name:
            self._conversation.model = name
            self._note(f"The model is now {terminal.clean_cell(name)}.", model=name)
            return
        models = self._client.models.list()
        if self._as_json:
            output.write_json(models)
            return
        current = self._conversation.model
        for model in models:
            mark = "*" if model.get("id") == current else " "
            terminal.write(f"{mark} {terminal.clean_cell(model.get('id'))}")

    def _do_retry(self, model: str) -> None:
        with self._conversation.retry(model or None) as (branch, stream):
            self._conversation.branch = branch
            self._show_branch(branch, "Asking again on the branch")
            self._reply(stream)

    def _do_undo(self, _argument: str) -> None:
        question = self._conversation.undo()
        self._note("Deleted the last question and its reply.", undone=question)
        if self._input.is_interactive:
            self._default = question

    # Output

    def _reply(self, stream: MessageStream) -> None:
        if self._as_json:
            output.write_json(receive_reply(stream))
            return
        try:
            response = print_reply(stream)
        except KeyboardInterrupt:
            if not self._input.is_interactive:
                raise
            stream.stop()
            kept = "The conversation keeps this part of" if stream.text else "Nothing arrived of"
            self._note(f"Stopped. {kept} the reply.\n")
        else:
            self._show_footer(response)

    def _show_footer(self, response: SendMessageResponse) -> None:
        """Print the model, the duration and the tokens of a reply, on a terminal."""
        if not self._input.is_interactive:
            return
        metadata = read_metadata(response["assistantMessage"])
        parts = [response.get("model") or metadata.get("model")]
        milliseconds = metadata.get("responseTime")
        if isinstance(milliseconds, (int, float)):
            parts.append(f"{milliseconds / 1000:.1f} s")
        usage = response.get("usage")
        if usage:
            parts.append(f"{usage['completionTokens']} tokens")
        if metadata.get("finishReason") == "length":
            parts.append("cut at the largest number of tokens")
        self._note(" · ".join(terminal.clean_cell(part) for part in parts if part) + "\n")

    def _show_branch(self, branch: Branch, action: str) -> None:
        title = terminal.clean_cell(branch.get("title") or branch.get("id"), 200)
        self._note(f"{action} {title}.", branch=branch)

    def _show_branches(self, branches: list[Branch]) -> None:
        if self._as_json:
            output.write_json(branches)
            return
        if not branches:
            self._note("There are no branches yet.")
        for number, branch in enumerate(branches, 1):
            title = terminal.clean_cell(branch.get("title") or branch.get("id"), 200)
            mark = "*" if self._conversation.is_current(branch) else " "
            state = "" if branch.get("isActive", True) else " (merged)"
            terminal.write(f"{mark} {number}  {title}{state}")

    def _note(self, text: str, **values: Any) -> None:
        """Print a remark: on a terminal, or with `--json`, the values."""
        if self._as_json:
            if values:
                output.write_json(values)
        elif self._input.is_interactive:
            terminal.write(text, style="dim")
