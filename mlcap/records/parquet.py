"""Records in Apache Parquet, read in small batches.

pyarrow is imported by `load_pyarrow` alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

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
        file, rows = open_parquet(pa, stream, name)
        names = file.schema_arrow.names
        finder.check(names)
        unique = numbered(names)
        number = 0
        for batch in file.iter_batches(batch_size=rows, use_threads=False):
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


def open_parquet(pa: Any, stream: BinaryIO, name: str) -> tuple[Any, int]:
    """Open a Parquet file: gives it, and how many of its rows may be unpacked at once.

    Raises:
        InputError: it has too many columns.
        PageError, OSError, ValueError, pa.ArrowException: it is none, or is damaged.
    """
    source = _native(pa, stream)
    file = pa.parquet.ParquetFile(source)
    _check(name, file.schema_arrow.names)
    # A text that a list repeats a million times is held once.
    texts = held_whole(file)
    rows = rows_at_once(stream, file, _READ_ROWS)
    return pa.parquet.ParquetFile(source, read_dictionary=texts, buffer_size=_BUFFER), rows


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
