"""`mlcap`: finds the command and loads only that one's module, so that `--help` is quick."""

from __future__ import annotations

import gc
import importlib
import os
import sys

import click

from mlcap import __version__
from mlcap.cli.errors import OUTPUT, run, say
from mlcap.cli.stopping import obey_sigterm
from mlcap.collecting import collect_seldom
from mlcap.errors import MlcapError

#: Command -> one line of help; each lives in `mlcap.cli.<command>` as `command`.
COMMANDS = {
    "tag": "Tag captions with event and crew roles.",
    "apply": "Write the tags of a plan to photographs.",
    "undo": "Take back what a run wrote to photographs.",
    "watch": "Tag the files that arrive in a folder.",
    "retag": "Tag again what an older model version tagged in a watched folder.",
    "pull": "Fetch captions from NASA's image library.",
    "train": "Train a model version from labels.",
    "review": "Put captions before people, and use what they decide.",
    "serve": "Serve programs: tag, explain and take feedback over HTTP.",
    "tokens": "Give, list and revoke the tokens by which programs call the service.",
    "adapt": "Make a new version from the current one and labels of your own.",
    "evaluate": "Measure a model version on labelled captions.",
    "confusion": "Show the captions behind a number of `evaluate`.",
    "compare": "Compare two model versions on labelled captions.",
    "drift": "Show how newer captions differ from older ones.",
    "labels": "Check a folder of labels; count what it covers and lacks.",
    "explain": "Explain why captions get their tags, or what a version has learned.",
    "codes": "Show the codes found in a text: missions, dates, places, ids.",
    "models": "List, show, check and choose model versions.",
}


#: The variable by which a shell asks for completion, as click has it of the program's name.
COMPLETE = "_MLCAP_COMPLETE"
#: Commands that work on one caption at a time: starting threads for products so small costs more than they save.
_SMALL = frozenset(["tag", "watch", "retag", "explain", "review", "serve"])


class LazyGroup(click.Group):
    """A group that imports a command's module only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Import and give one command."""
        if name not in COMMANDS:
            return None
        if name in _SMALL:
            os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        command: click.Command = importlib.import_module(f"mlcap.cli.{name}").command
        if COMPLETE in os.environ:
            # Late, since a shell asks for it alone.
            from mlcap.cli.completion import complete_places

            complete_places(command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _say_version(ctx: click.Context) -> None:
    """Print which mlcap this is, and which model version came with it."""
    from mlcap.model.location import shipped_models
    from mlcap.model.registry import Registry

    click.echo(f"mlcap, version {__version__}")
    registry = Registry(shipped_models())
    try:
        click.echo(f"model version {registry.identity(registry.resolve('current'))}, shipped with it")
    except MlcapError as error:
        say(str(error))
    ctx.exit()


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    no_args_is_help=False,
    invoke_without_command=True,
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=lambda ctx, _, value: _say_version(ctx) if value else None,
    help="Show the version and exit.",
)
@click.pass_context
def mlcap(ctx: click.Context) -> int:
    """Read captions of human-spaceflight photographs and say what each picture shows.

    Results go to stdout, messages to stderr; the schemas of what --json gives are listed
    in docs/schemas. Exit codes: 0 done; 2 wrong use or unusable input; 3 done, but some
    records could not be read; 4 a model version is missing or damaged; 5 a model version
    was refused; 6 the output cannot be written; 70 an error of mlcap's own; 130
    interrupted.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
    return 0


def main(args: list[str] | None = None) -> int:
    """Run the command line and give the exit code."""
    if sys.stdout is None:
        say("stdout is closed; give the results somewhere to go")
        return OUTPUT
    if COMPLETE in os.environ:
        # Late, since a shell asks for it alone.
        from mlcap.cli.completion import prepare_shells

        prepare_shells()
    return run(lambda: int(mlcap.main(args=args, prog_name="mlcap", standalone_mode=False) or 0))


def entry() -> None:
    """The process that is `mlcap`."""
    collect_seldom()
    obey_sigterm()
    code = main()
    gc.freeze()  # Nor need what is left be searched before the process ends.
    sys.exit(code)
