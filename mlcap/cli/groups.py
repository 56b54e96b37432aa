"""Groups of commands whose help says of each command what it does, and not the beginning of it."""

from __future__ import annotations

import click

#: No first sentence of a help is so long.
_LONGEST = 300


class Group(click.Group):
    """A group that lists its commands with their first sentences, folded where click would cut them."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands."""
        found = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        with formatter.section("Commands"):
            formatter.write_dl([(name, one.get_short_help_str(_LONGEST)) for name, one in found.items() if one])
