"""The task of tagging one file of the inbox, from the file that was opened and nothing else."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from io import BufferedReader

from mlcap.errors import ChangedInputError, InputError, LedgerError, OutputError, WorkerError
from mlcap.inbox.entries import Source
from mlcap.inbox.outbox import Outbox
from mlcap.inbox.scan import Found, stamp_of
from mlcap.inbox.task import NewRows
from mlcap.records.packed import without_packing
from mlcap.records.photo import NO_CAPTION
from mlcap.records.reading import form_of, read_opened, read_records
from mlcap.records.types import ANY_FIELD, FieldChoice, Record
from mlcap.records.values import LARGEST_DOCUMENT

#: Memory that reading a file takes, in bytes: a JSON document is held whole, as objects; other forms come in pieces.
PER_FILE, _PER_DOCUMENT_BYTE = 24 << 20, 12

#: The option of `mlcap tag` that an inbox has not, and what to try instead: an inbox knows the form of a file by its name alone.
_FORM_OPTION = "--from"
_BY_NAME = "name it after what it holds: .txt, .jsonl, .csv, .tsv, .json, .xlsx or .parquet"


def is_found(stream: BufferedReader, file: Found) -> bool:
    """Whether an open file is the one that a look has found, by its size and time."""
    info = os.fstat(stream.fileno())
    return file.stamp.partition("+")[0] == f"{info.st_size}-{info.st_mtime_ns}"


def content_digest(stream: BufferedReader, file: Found) -> str:
    """The digest of a file's content; a photograph's caption may stand in its sidecar, which is then part of it.

    Raises:
        OSError: it cannot be read.
    """
    digest = hashlib.file_digest(stream, "sha256").hexdigest()
    stream.seek(0)
    if "+" in file.stamp:
        digest = hashlib.sha256(f"{digest} {file.stamp.partition('+')[2]}".encode()).hexdigest()
    return digest


def need_of(file: Found) -> int:
    """The memory that a file takes while it is read, in bytes."""
    name = without_packing(file.path.name.lower())
    if name.suffix != ".json":
        return PER_FILE
    packed = name.name != file.path.name.lower()
    return PER_FILE + _PER_DOCUMENT_BYTE * (LARGEST_DOCUMENT if packed else min(file.size, LARGEST_DOCUMENT))


class FileTask(NewRows):
    """The task of tagging one file of the inbox.

    Args:
        stream: the open file; it is closed with the task.

    Attributes:
        fault: why it could not be read, or not to its end; "" where it could.
        empty: that it is a photograph without a caption, which is no fault; "" for others.
        unreadable: why it has no caption that can be read, of a photograph.
        changed: whether it changed while it was read.
    """

    def __init__(
        self,
        outbox: Outbox,
        source: Source,
        file: Found,
        stream: BufferedReader,
        choice: FieldChoice,
        lines: bool,
        say: Callable[[str], object],
    ) -> None:
        self.file = file
        self.memory = need_of(file)
        self.fault = self.empty = self.unreadable = ""
        self.changed = False
        self._input = stream
        super().__init__(outbox, source, self._read(choice, lines, say))

    def step_or_fail(self) -> bool:
        """One batch; an error of ours fails this file alone, as it would come again at every start.

        Raises:
            OutputError, LedgerError: the output cannot be written or used, which is no fault of the file.
        """
        try:
            return self.step()
        except (OutputError, LedgerError):
            raise
        except WorkerError as error:
            self.fault = error.plain
            return False
        except Exception as error:  # noqa: BLE001
            plain = " ".join(str(error).split())[:200]
            self.fault = f"internal error ({type(error).__name__}: {plain}); please report it"
            return False

    def close(self) -> None:
        """Let the file and the unfinished result go."""
        self._input.close()
        super().close()

    def _read(self, choice: FieldChoice, lines: bool, say: Callable[[str], object]) -> Iterator[Record]:
        name = str(self.file.path)
        try:
            form = form_of(name, None)
            if form == "photo":
                yield from self._read_photo(name, say)
            else:
                form = "lines" if lines and form == "txt" else form
                yield from read_opened(self._input, name, form, choice, say)
        except InputError as error:
            self._failed(error)

    def _read_photo(self, name: str, say: Callable[[str], object]) -> Iterator[Record]:
        """The record of a photograph, which exiftool opens by its name; it counts if that still names the same file."""
        records = list(read_records([name], "photo", ANY_FIELD, say, self._failed))
        opened = os.fstat(self._input.fileno())
        try:
            now = os.stat(name, follow_symlinks=False)  # noqa: PTH116
        except OSError as error:
            raise ChangedInputError(f"{name}: went away while it was read") from error
        if not os.path.samestat(opened, now) or stamp_of(self.file) != self.file.stamp:
            raise ChangedInputError(f"{name}: changed while it was read")
        self.empty = next((NO_CAPTION for r in records if r.text is None and r.error.startswith(NO_CAPTION)), "")
        self.unreadable = next((r.error for r in records if r.text is None), "")
        yield from [] if self.empty else records

    def _failed(self, error: InputError) -> None:
        self.changed = self.changed or isinstance(error, ChangedInputError)
        said = f"{error.plain}; {_BY_NAME}" if _FORM_OPTION in error.advice else str(error)
        self.fault = said.removeprefix(f"{self.file.path}: ")
