"""Watching an inbox until told to stop, also while its output cannot be written."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event

from mlcap.errors import DamagedLedgerError, InputError, OutputError
from mlcap.files import cannot_write, locked
from mlcap.inbox.outbox import Outbox
from mlcap.inbox.rebuild import mend
from mlcap.inbox.scan import Steadiness
from mlcap.inbox.watcher import Watcher, WatchSettings
from mlcap.model.tagging import Tagger
from mlcap.records.exiftool import session
from mlcap.runs.workers import Workers

#: Pauses after the output could not be written double up to this, in seconds.
_LONGEST_PAUSE = 60.0


@contextmanager
def sole_watcher(out: Path) -> Iterator[None]:
    """Hold an output folder, so that no two watchers write into it.

    Raises:
        OutputError: another one does, or the folder cannot be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(out, error, "name a folder that can be written") from error
    with locked(out):
        yield


def watch(
    inbox: Path, out: Path, tagger: Tagger, settings: WatchSettings, stop: Event, say: Callable[[str], object]
) -> None:
    """Tag what arrives until told to stop.

    When the output cannot be written for a while (a full disk, a folder taken away), the watcher says so, waits and
    goes on where the ledger says.

    Args:
        stop: ends the watch after the batch at hand.
        say: takes one line about each file.

    Raises:
        InputError: the inbox is no folder, lies in the output folder's own, or the memory is too small.
        OutputError: the output cannot be written at the start.
        LedgerError: the ledger cannot be used.
    """
    if not inbox.is_dir():
        raise InputError(f"{inbox}: is no folder; make it, or name the one in which files arrive")
    here, there = inbox.resolve(), out.resolve()
    if there == here or here in there.parents:
        raise InputError(f"{out}: lies in the inbox; name an output folder outside of it")
    if any(own == here or own in here.parents for own in (there / "results", there / "unfinished")):
        raise InputError(f"{inbox}: is where the results go; name an inbox outside of it")
    settings.memory_for_files()
    # Processes start before anything is held that they would hold as well; one exiftool serves all photographs.
    with ExitStack() as stack:
        workers = stack.enter_context(Workers(tagger, settings.jobs)) if settings.jobs else None
        stack.enter_context(sole_watcher(out))
        stack.enter_context(session())
        pause = settings.every
        steadiness = Steadiness(settings.settle)
        mend(out, tagger, settings.choice, say)
        Outbox.open(out, tagger).ledger.close()
        while not stop.is_set():
            began = time.monotonic()
            try:
                # A folder that was taken away is not made anew: its ledger knows what was tagged.
                outbox = Outbox.open(out, tagger, False, workers)
                with Watcher(inbox, outbox, settings, steadiness, stop, say) as watcher:
                    if watcher.work():
                        return
            except (OutputError, DamagedLedgerError) as error:
                pause = settings.every if time.monotonic() - began > _LONGEST_PAUSE else pause
                say(f"{getattr(error, 'plain', error)}; waiting {pause:.0f} s")
                stop.wait(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
                if isinstance(error, DamagedLedgerError):
                    mend(out, tagger, settings.choice, say)
