"""The only module that turns errors into a line on stderr and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress

import click

from mlcap.errors import (
    ArtifactError,
    LexiconError,
    MlcapError,
    ModelRefusedError,
    OutputError,
    RegistryError,
    WorkerError,
)
from mlcap.text import printable

#: Exit codes, as the README documents them.
OK = 0
USAGE = 2
SOME_FAILED = 3
MODEL = 4
REFUSED = 5
OUTPUT = 6
INTERNAL = 70
INTERRUPTED = 130


def say(text: str) -> None:
    """Say one line on stderr."""
    with suppress(OSError):  # Nobody may be listening.
        click.echo(f"mlcap: {printable(text)}", err=True)


def code_of(error: MlcapError) -> int:
    """The exit code of an error."""
    if isinstance(error, ModelRefusedError):
        return REFUSED
    if isinstance(error, OutputError):
        return OUTPUT
    if isinstance(error, WorkerError):
        return INTERNAL
    return MODEL if isinstance(error, RegistryError | ArtifactError | LexiconError) else USAGE


def run(command: Callable[[], int]) -> int:
    """Run a command; every error becomes one line and an exit code."""
    try:
        code = command()
        sys.stdout.flush()
    except MlcapError as error:
        say(str(error))
        return code_of(error)
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        hint = f"; see `{context.command_path} --help`" if context else ""
        say(error.format_message().rstrip(".") + hint)
        return USAGE
    except (KeyboardInterrupt, click.Abort):
        say("stopped")
        return INTERRUPTED
    except (BrokenPipeError, SystemExit):
        # The reader of our output has what it wants, which is no error; click makes a SystemExit of it.
        _drop_output()
        return OK
    except PermissionError as error:
        # Of what a command is named or writes; only the system knows at which of them it was refused.
        where = printable(os.fsdecode(error.filename)) if isinstance(error.filename, str | bytes) else "a file"
        say(f"{where}: may not be used ({error.strerror or error}); ask for the right to it or name another")
        _drop_output()
        return OUTPUT
    except OSError as error:
        say(f"the output cannot be written ({error.strerror or error}); free space or write elsewhere")
        _drop_output()
        return OUTPUT
    except MemoryError:
        say("the memory is full; give smaller files")
        return INTERNAL
    except Exception as error:
        if os.environ.get("MLCAP_DEBUG"):
            raise
        say(f"internal error ({type(error).__name__}: {error}); set MLCAP_DEBUG=1 to see where, and please report it")
        return INTERNAL
    return code


def _drop_output() -> None:
    """Throw away what is still in the buffer of stdout, so that Python does not complain of it at exit."""
    with suppress(OSError, AttributeError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno())  # type: ignore[union-attr]
