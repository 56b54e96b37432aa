"""Tagging a Parquet file in parts: each becomes a file of a folder, whoever makes it and however often it is tried.

A part is written beside its name and moved there when it is whole, so that a process may end at any instant and another
make the part anew. `_mlcap.json` in the folder says of what the parts are; programs that read the folder as one table
pass over names that begin so.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlcap.bounded_json import read_json
from mlcap.errors import InputError, OutputError
from mlcap.files import cannot_write, lock_of, locked, replace_file
from mlcap.pinned import Pinned, with_tags
from mlcap.records.finder import Finder
from mlcap.records.parquet import load_pyarrow, open_parquet, readable_parquet
from mlcap.records.parquet_pages import MOST_ROOM
from mlcap.records.parse import numbered
from mlcap.records.reading import open_input
from mlcap.records.writing import bearing_our_names, json_line
from mlcap.runs.fingerprint import Fingerprint
from mlcap.runs.spool import Counts

if TYPE_CHECKING:
    import pyarrow as pa

#: Rows of a part at most and at least; between them a file has `_PARTS`, so that a small one keeps a cluster busy too.
MOST_ROWS, LEAST_ROWS, _PARTS = 8192, 512, 64
#: Rows of a row group in a part.
_GROUP_ROWS = 4096
#: What says of what the parts are.
NOTE = "_mlcap.json"
_FORMAT = 1
_LARGEST_NOTE, _MOST_VALUES = 1 << 20, 10_000
_ASIDE = ".new"


@dataclass(frozen=True)
class Part:
    """A stretch of rows.

    Attributes:
        number: of the part, from 0.
        groups: the row groups that hold it.
        start: how many rows of these come before it.
        rows: how many rows it has.
    """

    number: int
    groups: tuple[int, ...]
    start: int
    rows: int

    @property
    def name(self) -> str:
        """Its file in the folder; names are in the order of the rows."""
        return f"part-{self.number:06d}.parquet"


def parts_of(
    source: str, pinned: Pinned, most: int | None = None, warn: Callable[[str], object] = lambda _: None
) -> list[Part]:
    """The parts of a Parquet file, in order: small row groups together, large ones in pieces.

    Args:
        most: rows of a part; None to choose by the size of the file.
        warn: is told which columns are read, where it is not plain to see.

    Raises:
        InputError: it cannot be read, or has no column with captions.
    """
    pa = load_pyarrow(source)
    with open_input(source) as stream, readable_parquet(pa, source):
        file, schema, _ = open_parquet(pa, stream, source)
        Finder(pinned.choice, source, warn).check_told(schema.names)
        sizes = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
    return list(_cut(sizes, most or min(MOST_ROWS, max(LEAST_ROWS, sum(sizes) // _PARTS))))


def _cut(sizes: Sequence[int], most: int) -> Iterator[Part]:
    number, rows = 0, 0
    waiting: list[int] = []
    for group, size in enumerate(sizes):
        if waiting and rows + size > most:
            yield Part(number, tuple(waiting), 0, rows)
            number, waiting, rows = number + 1, [], 0
        if size > most:
            for start in range(0, size, most):
                yield Part(number, (group,), start, min(most, size - start))
                number += 1
        elif size:
            waiting.append(group)
            rows += size
    if waiting:
        yield Part(number, tuple(waiting), 0, rows)


def tag_part(source: str, out: str, part: Part, pinned: Pinned) -> Counts:
    """Tag a part into its file, whole or not at all.

    Args:
        source, out: the Parquet file and the folder, absolute, as this process sees them.

    Raises:
        InputError: the file cannot be read here, or is another than it was.
        OutputError: the part cannot be written.
        RegistryError, ArtifactError: the version is not here.
    """
    pa = load_pyarrow(source)
    place = Path(out) / part.name
    aside = place.with_name(f".{part.name}.{uuid.uuid4().hex}{_ASIDE}")
    try:
        counts = _write(pa, aside, _batches(pa, source, part), pinned)
        if counts.all != part.rows:
            raise InputError(f"{source}: changed since the plan was made")
        with open(aside, "rb") as written:
            os.fsync(written.fileno())
        aside.replace(place)
    except OSError as error:
        raise cannot_write(place, error) from error
    finally:
        aside.unlink(missing_ok=True)
    return counts


def _batches(pa: Any, source: str, part: Part) -> Generator[pa.RecordBatch]:
    """The rows of a part, so many at once as have room."""
    before, end = 0, part.start + part.rows
    with open_input(source) as stream, readable_parquet(pa, source):
        opened = open_parquet(pa, stream, source)
        for batch in opened.batches(part.groups):
            first, last = max(part.start - before, 0), min(end - before, batch.num_rows)
            before += batch.num_rows
            if first < last:
                yield _as_written(pa, batch.slice(first, last - first), opened.schema, source)
            if before >= end:
                return


def _as_written(pa: Any, batch: pa.RecordBatch, schema: pa.Schema, source: str) -> pa.RecordBatch:
    """A batch with the types of the file: texts that are held once become so many as they are.

    Raises:
        InputError: they would fill the memory.
    """
    if batch.schema.equals(schema):
        return batch
    import pyarrow.compute as pc

    for texts in (found for column in batch.columns for found in _held_once(pa, column)):
        size = pc.sum(pc.take(pc.binary_length(texts.dictionary), texts.indices)).as_py() or 0
        if size > MOST_ROOM:
            raise InputError(
                f"{source}: some rows hold the same text so often that they would fill the memory; `mlcap tag` without --on gives them as errors"
            )
    return batch.cast(schema)


def _held_once(pa: Any, array: Any) -> Iterator[Any]:
    """The texts within an array that are held once, however often they stand in it."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        if pa.types.is_binary(kind.value_type) or pa.types.is_string(kind.value_type):
            yield array
    elif pa.types.is_struct(kind):
        for part in array.flatten():
            yield from _held_once(pa, part)
    elif pa.types.is_map(kind):
        yield from _held_once(pa, array.keys)
        yield from _held_once(pa, array.items)
    elif pa.types.is_nested(kind):
        yield from _held_once(pa, array.flatten())


def _write(pa: Any, path: Path, batches: Generator[pa.RecordBatch], pinned: Pinned) -> Counts:
    """Tag batches into a file, holding one row group at a time.

    Raises:
        OSError: it cannot be written.
    """
    counts = Counts()
    waiting: list[pa.Table] = []
    # Opened here, since a writer that cannot write its end leaves open what it opened.
    with pa.OSFile(str(path), "wb") as file, closing(batches), ExitStack() as stack:
        writer = None
        for batch in batches:
            table = _tagged(pa, pa.Table.from_batches([batch]), pinned)
            counts += _counts(table)
            waiting.append(table)
            if writer is None:
                writer = stack.enter_context(pa.parquet.ParquetWriter(file, table.schema, compression="zstd"))
            if sum(map(len, waiting)) >= _GROUP_ROWS:
                writer.write_table(pa.concat_tables(waiting))
                waiting = []
        if writer is not None and waiting:
            writer.write_table(pa.concat_tables(waiting))
    return counts


def _tagged(pa: Any, table: pa.Table, pinned: Pinned) -> pa.Table:
    """A table with its tags, each name once; columns of the names that mlcap writes move into one, `input`, as fields do."""
    table = table.rename_columns(numbered(table.schema.names))
    tags = pinned.tags(table.schema.names, table.columns)
    taken = bearing_our_names(table.schema.names, pinned.facets)
    if taken:
        moved = pa.StructArray.from_arrays([table[n].combine_chunks() for n in taken], names=taken)
        table = table.drop_columns(taken).append_column("input", moved)
    return with_tags(table, tags)


def _counts(table: pa.Table) -> Counts:
    """What came of the rows of a table with tags."""
    unreadable = len(table) - table["error"].null_count
    review = table["needs_review"].to_pylist().count(True)
    return Counts(len(table) - unreadable, unreadable, review)


class PartsFolder:
    """The folder that parts are written to, held until the block ends.

    Args:
        path: the folder.
        taken: of what the parts are.
        resume: whether it may hold parts of a stopped run of the same.

    Raises:
        InputError: the folder holds something else, or the parts of another run; with `resume` as well.
        OutputError: it cannot be made, or another run writes it.
    """

    def __init__(self, path: Path, taken: Fingerprint, resume: bool) -> None:
        self.path = path
        self._taken = taken
        self._held = ExitStack()
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(path, error) from error
        self._held.enter_context(locked(path))
        try:
            self._begin(resume)
        except BaseException:
            self._held.close()
            raise

    def __enter__(self) -> PartsFolder:
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    def _begin(self, resume: bool) -> None:
        names = {p.name for p in self.path.iterdir()} - {lock_of(self.path).name}
        # A run that ended before its first part left nothing to go on from, so another may begin there.
        if NOTE in names and resume and names != {NOTE}:
            self._taken.check(self._read(), "name a new folder to start anew")
        elif names - {NOTE}:
            go_on = ", or go on with --resume" if NOTE in names else ""
            raise OutputError(f"{self.path}: holds something already; name a new folder{go_on}")
        self._note(complete=False)

    def missing(self, parts: Sequence[Part]) -> list[Part]:
        """The parts that are not there.

        Raises:
            OutputError: the folder holds what is no part of the run, which readers of the folder would take for one.
        """
        self._sweep()
        there = {p.name for p in self.path.iterdir()}
        if strange := sorted(there - {part.name for part in parts} - {NOTE, lock_of(self.path).name}):
            raise OutputError(
                f"{self.path / strange[0]}: is no part of this run; move it away, and go on with --resume"
            )
        return [part for part in parts if part.name not in there]

    def counts(self, parts: Sequence[Part]) -> Counts:
        """What the parts hold, read from them.

        Raises:
            InputError: one is damaged, or has not the rows that it is to have.
        """
        pa = load_pyarrow(str(self.path))
        total = Counts()
        for part in parts:
            name = str(self.path / part.name)
            advice = "remove it, and go on with --resume"
            try:
                with readable_parquet(pa, name):
                    # Read as a whole, so that no damage is passed on to whoever reads the folder.
                    found = _counts(pa.parquet.read_table(name, partitioning=None))
            except InputError as error:
                raise InputError(f"{error}; {advice}") from error
            if found.all != part.rows:
                raise InputError(f"{name}: has not the rows that it is to have; {advice}")
            total += found
        return total

    def finish(self, counts: Counts) -> None:
        """Say in the folder that all parts are there.

        Raises:
            OutputError: it cannot be written.
        """
        self._sweep()
        self._note(complete=True, counts=asdict(counts))

    def _sweep(self) -> None:
        """Remove what killed processes left of parts that others made or will make."""
        for left in self.path.glob(f".part-*{_ASIDE}"):
            left.unlink(missing_ok=True)

    def _note(self, **more: Any) -> None:
        data = {"format": _FORMAT, **self._taken.as_data(), **more}
        try:
            replace_file(self.path / NOTE, json_line(data).encode("utf-8"))
        except OSError as error:
            raise cannot_write(self.path / NOTE, error) from error

    def _read(self) -> dict[str, Any]:
        with suppress(OSError, ValueError):
            found = read_json((self.path / NOTE).read_bytes(), _LARGEST_NOTE, _MOST_VALUES)
            if isinstance(found, dict) and found.get("format") == _FORMAT:
                return found
        raise InputError(f"{self.path / NOTE}: cannot be read; remove the folder to tag anew")
