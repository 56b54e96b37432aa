"""Files that are whole or not there: replaced at once, brought to the disk, held by one process at a time."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

from mlcap.errors import OutputError

#: Most file systems allow names of so many bytes.
_LONGEST_NAME = 255


def beside(path: Path, end: str, begin: str = "") -> Path:
    """The file of mlcap's own that lies beside another: its name with a beginning and an end.

    Where that is too long for a file system, a digest stands for the end of the other's name.
    """
    name = f"{begin}{path.name}{end}"
    data = os.fsencode(path.name)
    room = _LONGEST_NAME - len(os.fsencode(begin + end))
    if len(data) > room:
        digest = hashlib.sha256(data).hexdigest()[:12]
        name = f"{begin}{data[: room - 16].decode('utf-8', errors='ignore')}-{digest}{end}"
    return path.with_name(name)


def write_all(stream: BinaryIO, data: bytes) -> None:
    """Write every byte to an unbuffered stream, which may take them in pieces.

    Raises:
        OSError: the disk is full or gone.
    """
    view = memoryview(data)
    while view:
        view = view[stream.write(view) or 0 :]


def open_plain(path: Path, root: Path | None = None) -> BufferedReader:
    """Open a plain file to read it: never what a link leads to, and never waiting for the other end of a pipe.

    What was opened is looked at, since what a folder showed before may have been replaced.

    Args:
        root: a folder above it, from which on no part of the path may be a link; None where that is its own folder.

    Raises:
        OSError: it cannot be opened; of number `ELOOP` or `ENOTDIR` where a link is in the way, `EINVAL` where it is
            no plain file.
    """
    within = path.relative_to(root).parts if root else (path.name,)
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    if os.open not in os.supports_dir_fd:
        if path.is_symlink():
            raise OSError(errno.ELOOP, "is a link")
        handle = os.open(path, flags)
    else:
        folder = os.open(root or path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for name in within[:-1]:
                inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
                os.close(folder)
                folder = inner
            handle = os.open(within[-1], flags, dir_fd=folder)
        finally:
            os.close(folder)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "is no plain file")
    return os.fdopen(handle, "rb")


def sync_folder(folder: Path) -> None:
    """Bring a folder's entries to the disk, where the system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def move_into_place(made: Path, path: Path) -> None:
    """Rename a file that is complete and on the disk to its name.

    Raises:
        OSError: the folder cannot be written.
    """
    made.replace(path)
    sync_folder(path.parent)


def replace_file(path: Path, data: bytes) -> None:
    """Write a file so that a reader, or a kill at any instant, finds the old content or the new.

    Raises:
        OSError: the disk is full or the folder cannot be written; the old content stays.
    """
    aside = beside(path, ".new", ".")
    try:
        with open(aside, "wb", buffering=0) as stream:
            write_all(stream, data)
            os.fsync(stream.fileno())
        move_into_place(aside, path)
    except OSError:
        with suppress(OSError):
            aside.unlink()
        raise


def why_not_written(error: OSError) -> str:
    """What the system says of a file that cannot be written; of a file in a folder's place, what that means."""
    if isinstance(error, FileExistsError | NotADirectoryError):
        return "a file is where the folder would be"
    return error.strerror or str(error)


def cannot_write(path: Path, error: OSError, hint: str = "free space or write elsewhere") -> OutputError:
    """The error of mlcap's for a file that cannot be written."""
    return OutputError(f"{path}: cannot be written ({why_not_written(error)}); {hint}")


def lock_of(path: Path) -> Path:
    """The file by which a file or folder is held: beside the file, or within the folder."""
    return path / ".lock" if path.is_dir() else beside(path, ".lock", ".")


def _check_lockable(path: Path, own: Path) -> None:
    """Check that a lock's file can be there at all: where it cannot, filelock waits as for another process.

    Raises:
        OutputError: its folder takes no files.
    """
    try:
        open(own, "ab").close()
    except OSError as error:
        raise cannot_write(path, error, "name a folder that can be written") from error


@contextmanager
def locked(path: Path, wait: bool = False) -> Iterator[None]:
    """Hold a file or folder for this process alone until the block ends, wherever filelock finds a way to.

    The file itself need not exist, and is to be opened within the block: what was opened before may be another
    process's by then. The lock's own file goes with the block; one that a kill left holds nobody up.

    Args:
        wait: whether to wait for another process that holds it.

    Raises:
        OutputError: another process holds it and is not waited for, or the folder cannot be written.
    """
    with warnings.catch_warnings():
        # That a system or disk has none but locks by name, which filelock sees to, need not be said.
        warnings.simplefilter("ignore")
        from filelock import FileLock, Timeout

        own = lock_of(path)
        lock = FileLock(own, poll_interval=0.02)
        try:
            own.parent.stat()  # A folder that is not there would be made.
            lock.acquire(timeout=-1 if wait else 0)
        except Timeout as error:
            _check_lockable(path, own)
            raise OutputError(f"{path}: another mlcap is writing it; wait for it or write elsewhere") from error
        except OSError as error:
            raise cannot_write(path, error, "name a folder that can be written") from error
    try:
        yield
    finally:
        with suppress(OSError):  # Whoever waits for the file that goes finds that it has no name, and makes another.
            own.unlink()
        lock.release()
