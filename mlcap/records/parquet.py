"""Records in Apache Parquet, read in small batches.

pyarrow is imported by `load_pyarrow` alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, NamedTuple

from mlcap.errors import InputError, install_extra
from mlcap.records.arrow_rows import row_records
from mlcap.records.finder import Finder
from mlcap.records.parquet_pages import PageError, held_whole, rows_at_once
from mlcap.records.parse import numbered
from mlcap.records.types import Record

#: Rows read at once.
_READ_ROWS = 256
#: Packed bytes of a column that are held at once.
_BUFFER = 1 << 20
#: A file of more columns than this is refused.
MOST_COLUMNS = 1000


def load_pyarrow(name: str) -> Any:
    """Import pyarrow.

    Args:
        name: of the file that needs it, for the message.

    Raises:
        InputError: it is not installed.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet
    except ImportError as error:
        raise InputError(
            f"{name}: Parquet needs the package pyarrow; {install_extra('parquet')}, or use JSON Lines"
        ) from error
    return pa


def read_parquet(stream: BinaryIO, name: str, finder: Finder) -> Iterator[Record]:
    """Read one record a row.

    Args:
        stream: a file, since Parquet is read from its end.
        finder: finds captions and ids.

    Raises:
        InputError: it is no Parquet file, is damaged, lacks the column, or pyarrow is missing.
    """
    pa = load_pyarrow(name)
    with readable_parquet(pa, name):
        opened = open_parquet(pa, stream, name)
        names = opened.schema.names
        finder.check(names)
        unique = numbered(names)
        number = 0
        for batch in opened.batches(range(opened.file.num_row_groups)):
            yield from row_records(pa, unique, batch.columns, f"{name}: ", finder, number)
            number += batch.num_rows


@contextmanager
def readable_parquet(pa: Any, name: str) -> Iterator[None]:
    """Turn what pyarrow raises where it cannot read into one line.

    Raises:
        InputError: it could not.
    """
    try:
        yield
    except PageError as error:
        raise InputError(f"{name}: {error}") from error
    except (OSError, ValueError, NotImplementedError, pa.ArrowException) as error:
        raise InputError(f"{name}: cannot be read as Parquet ({' '.join(str(error).split())[:200]})") from error


class OpenParquet(NamedTuple):
    """An open Parquet file.

    Attributes:
        file: of pyarrow, which holds a text that a list repeats a million times once.
        schema: of its columns, as they were written.
        rows: how many rows may be unpacked at once.
    """

    file: Any
    schema: Any
    rows: int

    def batches(self, groups: Iterable[int]) -> Iterator[Any]:
        """The rows of some row groups, so many at once as have room.

        No batch is of two row groups: pyarrow cannot join lists whose texts are held once from several.
        """
        for group in groups:
            yield from self.file.iter_batches(batch_size=self.rows, row_groups=[group], use_threads=False)


def open_parquet(pa: Any, stream: BinaryIO, name: str) -> OpenParquet:
    """Open a Parquet file.

    Raises:
        InputError: it has too many columns.
        PageError, OSError, ValueError, pa.ArrowException: it is none, or is damaged.
    """
    source = _native(pa, stream)
    file = pa.parquet.ParquetFile(source)
    _check(name, file.schema_arrow.names)
    texts = held_whole(file)
    rows = rows_at_once(stream, file, _READ_ROWS)
    again = pa.parquet.ParquetFile(source, read_dictionary=texts, buffer_size=_BUFFER)
    return OpenParquet(again, file.schema_arrow, rows)


def _native(pa: Any, stream: BinaryIO) -> Any:
    """The same open file as one of pyarrow's own, where the system gives open files names.

    Threads of pyarrow let what they read go when they like. Bytes from a file of Python's need the interpreter for
    that, and where it is just ending, the whole process aborts.
    """
    try:
        return pa.OSFile(f"/dev/fd/{stream.fileno()}", "rb")
    except OSError:
        return stream


def _check(name: str, names: list[str]) -> None:
    if len(names) > MOST_COLUMNS:
        raise InputError(f"{name}: has more than {MOST_COLUMNS} columns; choose the ones to keep first")
