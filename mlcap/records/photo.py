"""Records of photographs and sidecars: the caption of each, and where it was found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from mlcap.errors import InputError, PhotoError
from mlcap.records.exiftool import BATCH, exiftool_path, session
from mlcap.records.fields import SOURCE, cut_doubts, embedded_caption
from mlcap.records.lines import LONGEST_CAPTION
from mlcap.records.photo_names import SIDECAR, photos_in, sidecar_of, unusable
from mlcap.records.sidecar import sidecar_fields
from mlcap.records.types import Record

#: The tags that may hold a caption.
CAPTION_TAGS = ("XMP-dc:Description", "IPTC:Caption-Abstract", "IFD0:ImageDescription", "PNG:Description", "MIMEType")


def read_photos(name: str) -> Iterator[Record]:
    """Read the caption of a photograph or sidecar, or of those in a folder.

    A sidecar's caption goes before the embedded one, since editors write there. Within either the first that is not
    empty counts: dc:description, IPTC Caption-Abstract, EXIF ImageDescription.

    Raises:
        InputError: the folder holds neither photographs nor sidecars.
    """
    path = Path(name)
    paths = photos_in(path) if path.is_dir() else iter([path])
    found = False
    while batch := list(islice(paths, BATCH)):
        found = True
        yield from read_batch(batch)
    if not found:
        raise InputError(f"{name}: is a folder without photographs or sidecars; name files of text in it one by one")


def read_batch(paths: Sequence[Path]) -> Iterator[Record]:
    """Read the captions of some photographs or sidecars with one request, a record each, in order."""
    faults = {p: unusable(p) for p in paths}
    sidecars: dict[Path, dict[str, Any]] = {}
    for path in paths:
        sidecar = path if path.suffix.lower() == SIDECAR else sidecar_of(path)
        if not faults[path] and sidecar:
            try:
                sidecars[path] = sidecar_fields(sidecar)
            except PhotoError as error:
                faults[path] = str(error)
    embedded = _embedded([p for p in paths if not faults[p] and not embedded_caption(sidecars.get(p, {}))])
    for path in paths:
        yield _record(path, faults[path], sidecars.get(path, {}), embedded.get(path, {}))


def _embedded(paths: Sequence[Path]) -> dict[Path, dict[str, Any]]:
    """What exiftool finds in photographs."""
    photos = {str(p.absolute()): p for p in paths if p.suffix.lower() != SIDECAR}
    if not photos:
        return {}
    if exiftool_path() is None:
        reason = "exiftool is missing, which reads embedded captions; install it (Debian: libimage-exiftool-perl)"
        return {p: {"Error": reason} for p in photos.values()}
    try:
        with session() as tool:
            rows = tool.read(list(photos), CAPTION_TAGS)
    except PhotoError as error:
        if len(photos) == 1:
            return {p: {"Error": str(error)} for p in photos.values()}
        # One bad photograph must not take its neighbours with it.
        return {p: row for one in photos.values() for p, row in _embedded([one]).items()}
    return {path: rows.get(full, {"Error": "cannot be read by exiftool"}) for full, path in photos.items()}


def _record(path: Path, fault: str, sidecar: dict[str, Any], embedded: dict[str, Any]) -> Record:
    known = {"file": str(path)}
    position = str(path)
    found, where = embedded_caption(sidecar), "sidecar "
    if found is None:
        found, where = embedded_caption(embedded), ""
    error = embedded.get("Error", "")
    if not str(embedded.get("File:MIMEType", "image/")).startswith("image/"):
        error = f"is no photograph, for all its name (exiftool sees {embedded['File:MIMEType']})"
    if fault or found is None:
        return Record(
            position, known, None, fault or error or "has no caption: dc:description, IPTC and EXIF are empty"
        )
    source, text = found
    if len(text) > LONGEST_CAPTION:
        return Record(position, known, None, f"the caption is longer than {LONGEST_CAPTION} characters")
    return Record(position, {**known, "caption": text, SOURCE: where + source}, text, doubts=cut_doubts(text))
