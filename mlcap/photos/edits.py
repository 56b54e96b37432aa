"""Edits: what exiftool changes in one file, as `apply` and `undo` both ask it to."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from mlcap.errors import OutputError, PhotoError
from mlcap.files import locked, move_into_place
from mlcap.photos.changes import Change
from mlcap.photos.metadata import FIELDS, LINKS, MADE, MARK, OWN, Metadata, WrittenTag
from mlcap.records.exiftool import ExifTool
from mlcap.records.photo_names import is_sidecar
from mlcap.records.sidecar import other_encoding

#: Seconds after which exiftool's unfinished file is taken for one that a kill left.
_LEFT = 2.0


@dataclass(frozen=True)
class Outcome:
    """What became of one file: `written`, `unchanged`, `skipped`, `undone`, `kept` or `failed`, and why.

    Attributes:
        tags: mlcap's structures in it afterwards, where it was written or needed nothing.
    """

    file: str
    what: str
    why: str = ""
    tags: tuple[WrittenTag, ...] = ()


def edits_of(change: Change, metadata: Metadata, mark: bool = False, made: bool = False) -> list[str]:
    """A change as exiftool's arguments.

    Args:
        mark: whether to mark the file's IPTC as UTF-8.
        made: whether to note that mlcap made the sidecar.
    """
    out = [f"-{FIELDS[name]}-={v}" for name, values in change.remove.items() for v in values]
    out += [f"-{FIELDS[name]}+={v}" for name, values in change.add.items() for v in values]
    out += [f"-{OWN}-={tag.text}" for tag in change.gone] + [f"-{OWN}+={tag.text}" for tag in change.new]
    out += [f"-{LINKS}-={link.text}" for link in change.gone_links]
    out += [f"-{LINKS}+={link.text}" for link in change.new_links]
    out += [f"-{LINKS}+={MADE}"] if made else []
    out += [f"-{MARK}=UTF8"] if mark else []
    in_iptc = [*change.add.get("IPTC:Keywords", ()), *change.remove.get("IPTC:Keywords", ())]
    return out + (["-Photoshop:IPTCDigest=new"] if metadata.digest and in_iptc else [])


def sha256_of(path: Path) -> str:
    """The digest of a file, in hex."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def aside_of(target: Path) -> Path:
    """Where a file is made anew before it takes its name; hidden, so that nobody takes it for a photograph."""
    name = hashlib.sha256(os.fsencode(target.name)).hexdigest()[:16]
    return target.with_name(f".mlcap-new-{name}{target.suffix.lower()}")


@contextmanager
def sole_writer(target: Path) -> Iterator[None]:
    """Hold the folder of a file, so that no two write into it, and remove what a kill left of that file.

    Raises:
        PhotoError: the folder cannot be written.
    """
    with ExitStack() as held:
        try:
            held.enter_context(locked(target.parent, wait=True))
        except OutputError as error:
            raise PhotoError("its folder cannot be written") from error
        clear_leftovers(target)
        yield


def clear_leftovers(target: Path) -> None:
    """Remove the unfinished files of a kill: ours, and exiftool's where nobody is writing it any more."""
    aside = aside_of(target)
    with suppress(OSError):
        aside.unlink(missing_ok=True)
    left = target.with_name(f"{target.name}_exiftool_tmp")
    with suppress(OSError):
        while (age := time.time() - left.stat().st_mtime) < _LEFT:
            time.sleep(max(0.0, min(_LEFT, _LEFT - age)))
        left.unlink()


def made_by(tool: ExifTool, target: Path, edits: list[str], made: Path) -> None:
    """Let exiftool make a changed copy of a file, or a new sidecar where the file is not there.

    Raises:
        PhotoError: exiftool refuses, or would spoil what the file holds.
        OSError: the disk is full.
    """
    if target.exists() and is_sidecar(target) and (encoding := other_encoding(target)):
        raise PhotoError(f"is in the encoding {encoding[:40]}, which exiftool takes for UTF-8; save it as UTF-8")
    # In the name of what it makes, exiftool reads % as the beginning of a code.
    source = ["-o", str(made.absolute()).replace("%", "%%"), *edits, str(target.absolute())]
    output, messages = tool.execute(*(source if target.exists() else [*edits, str(made.absolute())]))
    if "1 image files created" not in output:
        # exiftool does not say why a file cannot be written.
        if shutil.disk_usage(made.parent).free < (target.stat().st_size if target.exists() else 1):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        raise PhotoError(f"exiftool refuses to write it: {_reason(messages or output, made, target)}")


def _reason(messages: str, *paths: Path) -> str:
    line = " ".join((messages.splitlines() or [""])[0].split())
    for path in paths:
        line = line.removesuffix(f" - {path.absolute()}")
    return line[:200]


def write_file(tool: ExifTool, target: Path, edits: list[str]) -> None:
    """Replace a file with a changed copy at once, or make a new sidecar; a photograph keeps its times.

    Raises:
        PhotoError: exiftool refuses, or somebody else changed the file meanwhile.
        OSError: the folder cannot be written.
    """
    aside = aside_of(target)
    before = _stamp(target)
    try:
        made_by(tool, target, edits, aside)
        if before:
            _keep_attributes(target, aside)
        with open(aside, "rb+") as stream:
            os.fsync(stream.fileno())
        if _stamp(target) != before:
            raise PhotoError(f"{target.name} was changed meanwhile; apply the plan again")
        move_into_place(aside, target)
    finally:
        with suppress(OSError):
            aside.unlink(missing_ok=True)


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        info = path.lstat()
    except FileNotFoundError:
        return ()
    return info.st_ino, info.st_size, info.st_mtime_ns


def _keep_attributes(old: Path, new: Path) -> None:
    """Give a file the owner, rights and attributes of another; a photograph also its times."""
    info = old.stat()
    with suppress(OSError):  # Only the superuser may give files away.
        os.chown(new, info.st_uid, info.st_gid)
    times = None if not is_sidecar(old) else new.stat()
    shutil.copystat(old, new)
    if times:
        os.utime(new, ns=(times.st_atime_ns, times.st_mtime_ns))
