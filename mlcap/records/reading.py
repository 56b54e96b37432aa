"""Opening inputs by name and form."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from mlcap.errors import ChangedInputError, InputError
from mlcap.records.document import read_document
from mlcap.records.finder import Finder
from mlcap.records.jsonl import read_jsonl
from mlcap.records.lines import read_lines
from mlcap.records.packed import unpacked, without_packing
from mlcap.records.parquet import read_parquet
from mlcap.records.photo_names import is_photo
from mlcap.records.table import read_table
from mlcap.records.text import read_text, read_text_lines
from mlcap.records.types import FieldChoice, Record
from mlcap.records.workbook import read_workbook

FORMS = ("txt", "lines", "jsonl", "csv", "tsv", "json", "xlsx", "parquet", "photo")
#: Read from their end.
_WITH_END = {"parquet": "Parquet", "xlsx": "a workbook"}
#: What files are that people have and that are not read, and what to do with them.
_OTHERS = {
    suffix: words
    for suffixes, words in {
        ".xls .xlsb .xlt .ods .fods .numbers": "is a table of a form that is not read; save it as .xlsx or CSV",
        ".doc .docx .odt .rtf .pages .pdf .epub .ppt .pptx": "is a document; copy its captions into a text, parted by"
        " blank lines, or into a table saved as CSV",
        ".html .htm .xhtml .mhtml .xml .rdf .ead": "is a page of tags (HTML or XML); export a table from where it comes"
        " from, or copy its captions into a text, parted by blank lines",
        ".zip .7z .rar .tar .tgz .tbz2 .txz": "is an archive of files; unpack it, and name what it holds",
        ".bz2 .xz .lz4 .br": "is packed in a form that is not read; unpack it, or pack it with gzip or zstd",
        ".mdb .accdb .sqlite .sqlite3 .db .dbf .fmp12 .sql": "is a database; export its table of pictures as CSV",
        ".yaml .yml .toml .ini": "is of a form that is not read; save its records as JSON or CSV",
        ".mp4 .mov .avi .mkv .mxf .mp3 .wav": "is a film or sound, and photographs alone are read; name its sidecar (.xmp)",
    }.items()
    for suffix in suffixes.split()
}
_SUFFIXES = {
    ".txt": "txt",
    ".md": "txt",
    ".text": "txt",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".json": "json",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".parquet": "parquet",
    ".pq": "parquet",
}


def form_by_suffix(name: str) -> str | None:
    """The form that a file's extension tells, None for none."""
    return _SUFFIXES.get(without_packing(name).suffix.lower())


def form_of(name: str, wanted: str | None) -> str:
    """The form of an input: as wanted, else by its extension; standard input is `txt`.

    Raises:
        InputError: there is no such file, it may not be looked at, or its extension says nothing.
    """
    if wanted:
        return wanted
    if name == "-":
        return "txt"
    path = Path(name)
    with _readable(name):
        form = "photo" if path.is_dir() or is_photo(name) else form_by_suffix(name)
        if form is None:
            path.stat()
    if form is None:
        if words := _OTHERS.get(Path(name).suffix.lower()):
            raise InputError(f"{name}: {words}")
        raise InputError(f"{name}: its extension tells no form", f"say --from {'|'.join(FORMS)}")
    return form


def _read(
    stream: BinaryIO, name: str, form: str, choice: FieldChoice, warn: Callable[[str], object]
) -> Iterator[Record]:
    finder = Finder(choice, name, warn)
    if form == "parquet":
        return read_parquet(stream, name, finder)
    if form == "xlsx":
        return read_workbook(stream, name, finder, warn)
    stream = unpacked(stream, name)
    if form == "json":
        return read_document(stream, name, finder, warn)
    lines = read_lines(stream, name, warn)
    if form == "txt":
        return read_text(lines, name, finder, warn)
    if form == "lines":
        return read_text_lines(lines, name, finder, warn)
    if form == "jsonl":
        return read_jsonl(lines, name, finder)
    return read_table(lines, name, "," if form == "csv" else "\t", finder, warn)


def read_opened(
    stream: BinaryIO, name: str, form: str, choice: FieldChoice, warn: Callable[[str], object]
) -> Iterator[Record]:
    """Read the records of an open file or pipe, of any form but photographs.

    Args:
        name: for messages and positions.

    Raises:
        ChangedInputError: it changed while it was read.
        InputError: it cannot be read, or not to its end.
    """
    before = _stamp(stream)
    yield from _read(stream, name, form, choice, warn)
    if before != _stamp(stream):
        raise ChangedInputError(
            f"{name}: changed while it was read, so its records may be of both states; tag it again"
        )


def open_input(name: str) -> BinaryIO:
    """Open a file, or standard input for `-`.

    Raises:
        InputError: it is missing, a folder, or may not be read.
    """
    if name == "-":
        if sys.stdin is None:
            raise InputError("stdin: is closed; name a file")
        return sys.stdin.buffer
    path = Path(name)
    with _readable(name):
        if path.is_dir():
            raise InputError(f"{name}: is a folder; name the files in it")
        return open(path, "rb")


@contextmanager
def _readable(name: str) -> Iterator[None]:
    """What the system says of a file that cannot be read, in one line.

    Raises:
        InputError: it could not.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise InputError(f"{name}: there is no such file") from error
    except OSError as error:
        raise InputError(f"{name}: cannot be read ({error.strerror})") from error


def read_records(
    names: Sequence[str],
    form: str | None,
    choice: FieldChoice,
    warn: Callable[[str], object],
    failed: Callable[[InputError], object],
    opened: Callable[[BinaryIO], object] = lambda _: None,
) -> Iterator[Record]:
    """Read the records of several inputs, one after another, never holding more than one.

    Args:
        names: files, `-` for standard input.
        form: one of `FORMS` for all of them; by extension where None.
        choice: the fields that were asked for.
        warn: takes warnings.
        failed: takes the error of an input that cannot be read (on); the others go on.
        opened: takes each file as it is opened; where it stands tells how far it was read.
    """
    for name in names:
        try:
            kind = form_of(name, form)
            label = "stdin" if name == "-" else name
            if name == "-" and kind in _WITH_END:
                raise InputError(
                    f"stdin: {_WITH_END[kind]} is read from its end, which a pipe does not allow; name a file"
                )
            if kind == "photo":
                yield from _read_photos(name, warn)
                continue
            with open_input(name) as stream:
                opened(stream)
                yield from read_opened(stream, label, kind, choice, warn)
        except InputError as error:
            failed(error)


def _read_photos(name: str, warn: Callable[[str], object]) -> Iterator[Record]:
    if name == "-":
        raise InputError("stdin: photographs are read from files; name them or their folder")
    if not Path(name).exists():
        raise InputError(f"{name}: there is no such file")
    # Most inputs are text, which needs nothing of what reads photographs.
    from mlcap.records.exiftool import session
    from mlcap.records.photo import read_photos

    with session():
        yield from read_photos(name, warn)


def _stamp(stream: BinaryIO) -> tuple[int, int] | None:
    """Size and time of a file, which tell that it changed; None for a pipe."""
    info = os.fstat(stream.fileno())
    return (info.st_size, info.st_mtime_ns) if stat.S_ISREG(info.st_mode) else None
