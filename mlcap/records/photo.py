"""Records of photographs and sidecars: the caption of each, and where it was found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice, starmap
from pathlib import Path
from typing import Any, NamedTuple

from mlcap.errors import InputError, PhotoError
from mlcap.records.exiftool import BATCH, exiftool_path, session
from mlcap.records.fields import COMMENTS, EMBEDDED, SOURCE, comments_in, embedded_caption, embedded_doubts
from mlcap.records.lines import LONGEST_CAPTION
from mlcap.records.names import catalogue_fields
from mlcap.records.photo_names import Sidecars, is_photo, is_sidecar, photos_in, unusable
from mlcap.records.sidecar import sidecar_fields
from mlcap.records.types import Record
from mlcap.text import one_line

#: How the error of a photograph begins that can be read and holds none.
NO_CAPTION = "has no caption"
#: The tags that may hold a caption, in every language, and what says in which encoding; and what may hold one and is not read.
CAPTION_TAGS = (
    *("XMP-dc:Description*", "IPTC:Caption-Abstract", "IFD0:ImageDescription", "XMP-tiff:ImageDescription*"),
    *("PNG:Description", "XMP-iptcCore:ExtDescrAccessibility*", "XMP-iptcCore:AltTextAccessibility*"),
    *("XMP-photoshop:Headline", "IPTC:Headline", "IPTC:CodedCharacterSet", "MIMEType", "Error", "Warning"),
    *COMMENTS.values(),
)


#: The tags that say what the picture is called and when it was taken. Keywords are not read, as mlcap writes its own tags
#: there, which would come back as evidence; a scanner's date is that of the scan, and stands elsewhere (DateTimeDigitized).
RECORD_TAGS = (
    *("XMP-dc:Title", "IPTC:ObjectName", "XMP-photoshop:DateCreated", "IPTC:DateCreated", "ExifIFD:DateTimeOriginal"),
)
#: Why photographs cannot be read that need exiftool.
NO_EXIFTOOL = "exiftool is missing, which reads embedded captions; install it (Debian: libimage-exiftool-perl)"


class Photo(NamedTuple):
    """A photograph or lone sidecar, its sidecars, and why it cannot be read, "" where it can."""

    path: Path
    sidecars: tuple[Path, ...]
    fault: str = ""


def read_photos(name: str, warn: Callable[[str], object] = lambda _: None) -> Iterator[Record]:
    """Read the caption of a photograph or sidecar, or of those in a folder.

    A sidecar's caption goes before the embedded one, since editors write there; one that is broken, or holds none,
    hides nothing. Which field counts within either, `mlcap.records.fields` says.

    Args:
        warn: takes one line on a broken sidecar, and on the files of a folder that are of other types.

    Raises:
        InputError: the folder holds neither photographs nor sidecars.
    """
    path = Path(name)
    photos = starmap(Photo, photos_in(path, warn)) if path.is_dir() else iter([Photo(path, Sidecars().of(path))])
    found = False
    while batch := list(islice(photos, BATCH)):
        found = True
        yield from read_batch(batch, warn)
    if not found:
        raise InputError(f"{name}: is a folder without photographs or sidecars; name files of text in it one by one")


def read_batch(photos: Sequence[Photo], warn: Callable[[str], object] = lambda _: None) -> Iterator[Record]:
    """Read the captions of some photographs or sidecars with one request, a record each, in order."""
    photos = [p._replace(fault=p.fault or unusable(p.path)) for p in photos]
    beside = {p.path: _from_sidecars(p.sidecars) for p in photos if not p.fault}
    embedded = _embedded([path for path, (found, _) in beside.items() if not found and not is_sidecar(path)])
    for photo in photos:
        found, broken = beside.get(photo.path, (None, ()))
        inside = embedded.get(photo.path, {})
        record = _record(photo, found, broken, inside)
        if broken and record.text is not None:
            for fault in broken:
                warn(f"{photo.path}: {fault}; another caption is read")
        yield record


def lacks_exiftool(path: Path, sidecars: Sequence[Path]) -> bool:
    """Whether a file is a photograph that cannot be read, whatever it holds, because exiftool is missing."""
    if not is_photo(path.name) or is_sidecar(path) or exiftool_path() is not None:
        return False
    return _from_sidecars(sidecars)[0] is None


class _Found(NamedTuple):
    """A caption, where it stands, and what else the same metadata say of the picture."""

    source: str
    text: str
    record: dict[str, str]


def _caption_in(fields: dict[str, Any], where: str = "") -> _Found | None:
    """The caption of metadata by the names that exiftool gives them, None where they hold none."""
    if (found := embedded_caption(fields)) is None:
        return None
    source, text = found
    named = catalogue_fields({name: fields[name] for name in RECORD_TAGS if name in fields})
    return _Found(where + source, text, {name: value for name, value in named.items() if value != text.strip()})


def _from_sidecars(sidecars: Sequence[Path]) -> tuple[_Found | None, tuple[str, ...]]:
    """(the first caption that sidecars hold, None for none; what is wrong with them)."""
    faults: list[str] = []
    for sidecar in sidecars:
        try:
            if found := _caption_in(sidecar_fields(sidecar), "sidecar "):
                return found, tuple(faults)
        except PhotoError as error:
            faults.append(str(error))
    return None, tuple(faults)


def _embedded(paths: Sequence[Path]) -> dict[Path, dict[str, Any]]:
    """What exiftool finds in photographs."""
    photos = {str(p.absolute()): p for p in paths}
    if not photos:
        return {}
    if exiftool_path() is None:
        return {p: {"Error": NO_EXIFTOOL} for p in photos.values()}
    try:
        with session() as tool:
            rows = tool.read(list(photos), (*CAPTION_TAGS, *RECORD_TAGS))
    except PhotoError as error:
        if len(photos) == 1:
            return {p: {"Error": str(error)} for p in photos.values()}
        # One bad photograph must not take its neighbours with it.
        return {p: row for one in photos.values() for p, row in _embedded([one]).items()}
    return {path: rows.get(full, {"Error": "cannot be read by exiftool"}) for full, path in photos.items()}


def _fault_of_file(said: str) -> str:
    """What is wrong with a photograph of which exiftool says that it is."""
    if said == "File is empty":
        return "is an empty file, without a single byte; copy it again"
    return f"cannot be read by exiftool ({one_line(said)})" if said else ""


def _lack(embedded: dict[str, Any]) -> str:
    """Why a photograph that can be read gives no caption: where it was looked for, and where one may be instead."""
    # AVAIL is of the image library's files alone.
    looked = [where for where in EMBEDDED if not where.startswith("AVAIL")]
    lack = f"{NO_CAPTION}: it is in none of {', '.join(looked)}"
    if comments := comments_in(embedded):
        return f"{lack}; it may be in {', '.join(comments)}, which mlcap does not read; copy it into dc:description"
    return lack


def _record(photo: Photo, beside: _Found | None, broken: tuple[str, ...], embedded: dict[str, Any]) -> Record:
    known = {"file": str(photo.path)}
    position = str(photo.path)
    found = beside or _caption_in(embedded)
    error = embedded.get("Error") or _fault_of_file(embedded.get("ExifTool:Error", ""))
    if not str(embedded.get("File:MIMEType", "image/")).startswith("image/"):
        error = f"is no photograph, for all its name (exiftool sees {embedded['File:MIMEType']})"
    if photo.fault or found is None:
        reason = photo.fault or "; ".join((*broken, error) if error else broken)
        warned = embedded.get("ExifTool:Warning", "")
        lack = _lack(embedded) + (f" ({one_line(warned)})" if warned else "")
        return Record(position, known, None, reason or lack, id=position)
    source, text, named = found
    if len(text) > LONGEST_CAPTION:
        return Record(position, known, None, f"the caption is longer than {LONGEST_CAPTION} characters", id=position)
    doubts = embedded_doubts(source.removeprefix("sidecar "), text)
    return Record(position, {**known, "caption": text, SOURCE: source, **named}, text, doubts=doubts, id=position)
