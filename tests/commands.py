"""Every command of the program, for tests that hold of all."""

from __future__ import annotations

import click

from mlcap.cli.main import mlcap


def every_command(command=mlcap, path=()):
    """(its words, the command) of each, groups before what is in them."""
    yield path, command
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            yield from every_command(command.get_command(click.Context(command), name), (*path, name))
