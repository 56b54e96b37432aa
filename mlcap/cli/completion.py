"""Names of files and folders for a shell that completes a command.

Options and commands are completed by click. Names of files are texts here, as some of them may be `-`, so that click
would complete none; what a metavar calls a file or a folder is told to the shell as such.
"""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem

#: The metavars of files and of folders, as the help pages have them.
_FILES = {"FILE", "OUT", "PLAN", "TOML", "CSV", "STORE", "SOURCE", "GOLD", "OLD", "NEW", "A", "B", "FILE.joblib", "KEY"}
_FOLDERS = {"DIR", "RUN", "INBOX", "DESK"}


class _Place(click.types.StringParamType):
    """A text that names a file or a folder."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Leave it to the shell."""
        return [CompletionItem(incomplete, type=self._kind)]


def complete_places(command: click.Command) -> None:
    """Have a shell complete the names of files and folders of a command and of those within it."""
    for param in command.params:
        metavar = (param.metavar or "").strip("[].")
        if type(param.type) is click.types.StringParamType and metavar in _FILES | _FOLDERS:
            param.type = _Place("file" if metavar in _FILES else "dir")
    for one in command.commands.values() if isinstance(command, click.Group) else ():
        complete_places(one)
