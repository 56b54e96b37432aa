"""Edits: what exiftool changes in one file, as `apply` and `undo` both ask it to."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from mlcap.errors import PhotoError
from mlcap.photos.metadata import MACHINE
from mlcap.photos.plan import PlannedTag
from mlcap.records.exiftool import ExifTool
from mlcap.records.photo_names import SIDECAR

#: The mark of IPTC's encoding.
MARK = "IPTC:CodedCharacterSet"


@dataclass(frozen=True)
class Outcome:
    """What became of one file: `written`, `unchanged`, `skipped`, `undone`, `kept` or `failed`, and why."""

    file: str
    what: str
    why: str = ""


def _escaped(text: str) -> str:
    """A value within a structure, as exiftool wants it."""
    return "".join(f"|{c}" if c in "{}[],|" else c for c in text)


def structure(tag: PlannedTag, model: str, run: str) -> str:
    """A tag as a structure of mlcap's namespace, in exiftool's writing; nobody has looked at it yet."""
    values = {"Facet": tag.facet, "Value": tag.value, "Score": tag.score, "Model": model, "Run": run}
    return "{" + ",".join(f"{k}={_escaped(v)}" for k, v in values.items()) + f",Status={MACHINE}}}"


def sha256_of(path: Path) -> str:
    """The digest of a file, in hex."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def aside_of(target: Path) -> Path:
    """Where a new sidecar is made before it is renamed to its name; hidden, so that nobody takes it for one."""
    return target.with_name(f".{target.stem}.mlcap-new{SIDECAR}")


def write_file(tool: ExifTool, target: Path, edits: list[str], create: bool) -> None:
    """Let exiftool write a file, which it replaces whole; a photograph keeps its times.

    Args:
        edits: exiftool's arguments, one for each value that comes or goes.
        create: whether the file is a sidecar that is not there yet.

    Raises:
        PhotoError: exiftool refuses.
        OSError: a new sidecar cannot be put in its place.
    """
    file = aside_of(target) if create else target
    if create:
        file.unlink(missing_ok=True)
    keep = [] if target.suffix.lower() == SIDECAR else ["-P"]
    output, messages = tool.execute("-overwrite_original", *keep, *edits, str(file.absolute()))
    if "1 image files updated" not in output and "1 image files created" not in output:
        raise PhotoError(f"exiftool did not write it: {' '.join((messages or output).split())[:200]}")
    if create:
        if target.exists():
            file.unlink(missing_ok=True)
            raise PhotoError(f"{target.name} came to be meanwhile; apply the plan again")
        with open(file, "rb") as stream:
            os.fsync(stream.fileno())
        file.rename(target)
