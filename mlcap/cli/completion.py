"""Names of files and folders for a shell that completes a command.

Options and commands are completed by click. Names of files are texts here, as some of them may be `-`, so that click
would complete none; what a help page calls a file or a folder is told to the shell as such.
"""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem, FishComplete, ZshComplete, add_completion_class

#: What the help pages call files, and folders.
_FILES = {"FILE", "OUT", "PLAN", "TOML", "CSV", "STORE", "SOURCE", "GOLD", "OLD", "NEW", "A", "B", "FILE.joblib", "KEY"}
_FOLDERS = {"DIR", "INBOX", "DESK"}

_HEAD, _, _REST = ZshComplete.source_template.partition("\n")


class _Zsh(ZshComplete):
    """The script for zsh, which has no `compdef` where nothing has started its completion: a plain ~/.zshrc."""

    source_template = f"{_HEAD}\n(( $+functions[compdef] )) || {{ autoload -Uz compinit && compinit }}\n{_REST}"


class _Place(click.types.StringParamType):
    """A text that names a file or a folder."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Leave it to the shell."""
        return [CompletionItem(incomplete, type=self._kind)]


class _Fish(FishComplete):
    """The script for fish, which would cut what a command does at its first comma."""

    source_template = FishComplete.source_template.replace('string split ","', 'string split --max 1 ","')


def named(param: click.Parameter) -> str:
    """What a help page calls the value of a parameter, as FILE: its metavar, of an argument else its name."""
    own = (param.name or "").upper() if isinstance(param, click.Argument) else ""
    return (param.metavar or own).strip("[].")


def prepare_shells() -> None:
    """Have click write the scripts of shells as they are here."""
    for shell in (_Zsh, _Fish):
        add_completion_class(shell)


def complete_places(command: click.Command) -> None:
    """Have a shell complete the names of files and folders of a command and of those within it."""
    for param in command.params:
        name = named(param)
        if type(param.type) is click.types.StringParamType and name in _FILES | _FOLDERS:
            param.type = _Place("file" if name in _FILES else "dir")
    for one in command.commands.values() if isinstance(command, click.Group) else ():
        complete_places(one)
