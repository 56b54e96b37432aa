"""Captions on a cluster of Dask: `mlcap.dask.tag(ddf)` for its data frames, and what `mlcap tag --on` does.

Needs the extra `dask`, and the same mlcap on every worker.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

from mlcap.errors import InputError, MlcapError, WorkerError, install_extra
from mlcap.frames import tag_pinned
from mlcap.parts import Part, PartsFolder, tag_part
from mlcap.pinned import Pinned, pin
from mlcap.runs.fingerprint import Fingerprint
from mlcap.runs.spool import Counts
from mlcap.text import one_line

#: What an address begins with, and Dask's own word for it.
SCHEME, _OWN_SCHEME = "dask://", "tcp://"
#: Seconds in which a scheduler must answer.
_ANSWERS = 10
#: Seconds after which it is looked again whether there are workers.
_LOOKS = 5
#: Parts that wait at the scheduler for each thread of the cluster: a million would burden it.
_AHEAD = 4


def tag(
    ddf: Any,
    text: str | Sequence[str] = (),
    *,
    id: str | None = None,  # noqa: A002 (as the option is called)
    model: str | int = "current",
    models: str | Path | None = None,
    text_only: bool = False,
    target: float | None = None,
    prefix: str = "",
) -> Any:
    """Plan to tag the captions of a data frame of Dask; the other arguments are those of `mlcap.pinned.pin`.

    Args:
        ddf: the data frame; each of its partitions must fit in the memory of a worker.
        text: the column with the caption, or several in order of preference; none to find it by its usual names.
        models: a folder that every worker sees; where None, the version that comes with mlcap is theirs as well.

    Returns:
        A data frame with the same partitions, and the columns of tags behind its own, as `mlcap.frames.tag` gives them.
        The version is chosen now; nothing is tagged before it is computed.

    Raises:
        InputError: `ddf` is no such frame, a column is missing, one has a name that tags get, or the extra `dask` is
            missing.
        RegistryError, ArtifactError: there is no such version, or it is damaged.
    """
    try:
        import dask.dataframe as dd
    except ImportError as error:
        raise InputError(f"data frames of Dask need the package dask; {install_extra('dask')}") from error
    if not isinstance(ddf, dd.DataFrame):
        raise InputError(f"{type(ddf).__name__} is no data frame of Dask; mlcap.frames.tag takes those of others")
    pinned = pin(text, id, model, models, text_only, target, prefix)
    # Of no rows, so nothing is tagged.
    meta = tag_pinned(ddf._meta, pinned)  # noqa: SLF001 (what Dask's own functions ask)
    return ddf.map_partitions(tag_pinned, pinned, meta=meta)


def tag_parts(
    address: str,
    source: Path,
    out: Path,
    parts: Sequence[Part],
    pinned: Pinned,
    taken: Fingerprint,
    resume: bool,
    done: Callable[[Part], object] = lambda _: None,
    warn: Callable[[str], object] = lambda _: None,
) -> Counts:
    """Have a cluster tag a Parquet file into a folder of parts.

    Args:
        address: `dask://HOST:PORT` of its scheduler.
        source, out: the file and the folder, which every worker must see under the same names.
        parts: of the file, as `parts_of` gives them.
        pinned: the version.
        taken: of what the parts are.
        resume: whether to go on where a stopped run ended.
        done: is told of every part that is there.
        warn: is told when no worker is left, and when there are some again.

    Returns:
        What the folder holds.

    Raises:
        InputError: nothing answers at the address, the file cannot be read by a worker, or the folder holds something else.
        OutputError: a part cannot be written, or somebody else writes the folder.
        WorkerError: workers ended again and again, or have no mlcap.
    """
    source, out = source.resolve(), out.resolve()
    # The cluster is asked for first, so that an address that is wrong leaves no folder behind.
    with _client(address) as client, PartsFolder(out, taken, resume) as folder:
        missing = folder.missing(parts)
        for part in set(parts).difference(missing):
            done(part)
        with _workers_watched(client, warn):
            for part in _tagged(client, source, out, missing, pinned):
                done(part)
        counts = folder.counts(parts)
        folder.finish(counts)
    return counts


def client_class() -> Any:
    """Dask's class of clients.

    Raises:
        InputError: the extra `dask` is missing.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise InputError(f"a cluster of Dask needs the package distributed; {install_extra('dask')}") from error
    return Client


@contextmanager
def _client(address: str) -> Iterator[Any]:
    client_of = client_class()
    said = logging.getLogger("distributed.client")
    before = said.level
    # A scheduler that goes is told in one line, not with where in the library it was missed.
    said.setLevel(logging.CRITICAL)
    try:
        try:
            client = client_of(_OWN_SCHEME + address.removeprefix(SCHEME), timeout=_ANSWERS, set_as_default=False)
        except (OSError, ValueError) as error:
            raise InputError(f"{address}: no scheduler of Dask answers ({one_line(str(error))[:200]})") from error
        with client:
            try:
                client.wait_for_workers(1, timeout=_ANSWERS)
            except TimeoutError as error:
                raise InputError(f"{address}: the scheduler has no workers; start some with `dask worker`") from error
            yield client
    finally:
        said.setLevel(before)


@contextmanager
def _workers_watched(client: Any, warn: Callable[[str], object]) -> Iterator[None]:
    """Say when no worker is left, for which a cluster waits without a word."""
    over = Event()

    def look() -> None:
        left = True
        while not over.wait(_LOOKS):
            try:
                there = bool(client.nthreads())
            except Exception:  # noqa: BLE001 (the scheduler went, or the client: who waits for parts says it)
                return
            if left and not there:
                warn("no worker of the cluster is left; waiting for one, start some with `dask worker`, or stop")
            elif there and not left:
                warn("the cluster has workers again; going on")
            left = there

    looking = Thread(target=look, daemon=True)
    looking.start()
    try:
        yield
    finally:
        over.set()
        looking.join(_LOOKS)


def _tagged(client: Any, source: Path, out: Path, parts: Sequence[Part], pinned: Pinned) -> Iterator[Part]:
    """Have parts tagged, and give each when it is there; what was begun is called off at an error."""
    from distributed import as_completed

    waiting = iter(parts)
    begun: dict[Any, Part] = {}

    def begin() -> Any:
        part = next(waiting, None)
        if part is None:
            return None
        # Not pure, since it is done for what it leaves behind: a part that was removed is made anew.
        future = client.submit(tag_part, str(source), str(out), part, pinned, pure=False)
        begun[future] = part
        return future

    first = [future for _ in range(_AHEAD * max(sum(client.nthreads().values()), 1)) if (future := begin())]
    completed = as_completed(first, loop=client.loop)
    try:
        for future in completed:
            part = begun.pop(future)
            _check(future, part)
            future.release()
            if (another := begin()) is not None:
                completed.add(another)
            yield part
    finally:
        client.cancel(list(begun))


def _check(future: Any, part: Part) -> None:
    """Raise what a worker raised, as an error of mlcap's."""
    from distributed import KilledWorker

    if future.status == "finished":
        return
    error = future.exception() if future.status == "error" else None
    if isinstance(error, MlcapError):
        raise error
    advice = "go on with --resume"
    if isinstance(error, KilledWorker):
        raise WorkerError(f"{part.name}: the workers that tried it ended, perhaps for want of memory", advice)
    if isinstance(error, ImportError):
        raise WorkerError(f"a worker lacks {error.name or error}; install the same mlcap with its extra dask", advice)
    if error is None:
        raise WorkerError(f"{part.name}: was called off, perhaps since the scheduler ended", advice)
    what = f"{type(error).__name__}: {one_line(str(error))[:200]}"
    raise WorkerError(f"{part.name}: was not tagged ({what})", advice)
