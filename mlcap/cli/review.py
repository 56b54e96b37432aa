"""`mlcap review`: the desk."""

from __future__ import annotations

import click

from mlcap.cli.groups import Group
from mlcap.cli.review_labels import export_command, import_command
from mlcap.cli.review_open import invite_command, open_command
from mlcap.cli.review_status import status_command


@click.group("review", cls=Group)
def command() -> None:
    """Put captions before people, and use what they decide.

    DESK is a folder. Its captions, decisions and figures lie in DESK/desk.sqlite; a DESK/guide.md is shown beside the
    definitions of the values.
    """


command.add_command(open_command)
command.add_command(invite_command)
command.add_command(status_command)
command.add_command(export_command)
command.add_command(import_command)
