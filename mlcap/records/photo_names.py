"""Which files are photographs by their names, and which sidecar belongs to which photograph.

`pair` alone decides; whoever reads, plans, writes or watches asks it.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mlcap.text import has_controls

#: Of these, exiftool writes IPTC next to XMP.
WITH_IPTC = (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".tif", ".tiff")
#: Into these tags can be written; the others are left as the camera made them, or exiftool cannot write them.
WRITABLE = (*WITH_IPTC, ".png", ".heic", ".heif", ".hif", ".avif", ".gif", ".jp2", ".psd", ".psb")
_CAMERA = (
    *(".dng", ".cr2", ".cr3", ".crw", ".nef", ".nrw", ".arw", ".sr2", ".srf", ".orf", ".rw2", ".rwl", ".raf", ".pef"),
    *(".srw", ".3fr", ".fff", ".iiq", ".mos", ".mef", ".mrw", ".x3f", ".erf", ".kdc", ".dcr", ".gpr"),
)
#: Photographs whose embedded caption is read.
PHOTOS = (*WRITABLE, ".webp", ".jxl", *_CAMERA)
SIDECAR = ".xmp"
#: Folders that systems and storage devices make: previews, bins, snapshots.
_SYSTEM_FOLDERS = frozenset(
    "@eadir @tmp @recycle @recently-snapshot @sharebin #recycle #snapshot ~snapshot $recycle.bin recycler recycled".split()
    + "__macosx lost+found captureone trashbox".split()
) | {"system volume information", "network trash folder", "temporary items"}
#: Folders that are known by the end of their name: previews of Lightroom.
_SYSTEM_ENDS = (".lrdata",)
_SYSTEM_FILES = frozenset(
    "thumbs.db ehthumbs.db ehthumbs_vista.db desktop.ini folder.htt picasa.ini zbthumbnail.info pspbrwse.jbf".split()
) | {"icon\r"}
#: What systems put beside a file: streams of a share, where it was loaded from.
_BESIDE_FILES = ("@synoeastream", "@synoresource", ":zone.identifier")
#: What exiftool puts at the end of a photograph's name when it keeps the old one.
_BACKUP = "_original"
#: Where a check of a disk puts what it found.
_FOUND = re.compile(r"found\.[0-9]{3}")
#: What exiftool leaves beside a photograph when it is killed.
_LEFT_BY_EXIFTOOL = "_exiftool_tmp"
#: The name of a further version of a photograph in darktable: `photo_01.jpg`.
_VERSION = re.compile(r"(.+)_[0-9]{2,4}(\.[^.]+)", re.DOTALL)
#: So many kinds of other files are named.
_MOST_NAMED = 8


@dataclass(frozen=True)
class Pairing:
    """What lies in one folder.

    Attributes:
        photos: the names of photographs, and of sidecars that belong to none, in order.
        sidecars: photograph -> the names of its sidecars, the one that is written to first.
        others: the names of files that are neither, those of the system left out.
    """

    photos: tuple[str, ...]
    sidecars: Mapping[str, tuple[str, ...]]
    others: tuple[str, ...]


def is_photo(name: str) -> bool:
    """Whether a file of this name is a photograph or a sidecar."""
    return Path(name).suffix.lower() in (*PHOTOS, SIDECAR)


def is_sidecar(path: Path) -> bool:
    """Whether a file of this name is a sidecar."""
    return path.suffix.lower() == SIDECAR


def of_system(name: str) -> bool:
    """Whether a file or folder is the system's or a program's own and nobody's record: hidden, bins, previews."""
    folded = name.lower()
    return (
        name.startswith(".")
        or folded in _SYSTEM_FOLDERS
        or folded in _SYSTEM_FILES
        or folded.startswith("~$")
        or folded.endswith((_LEFT_BY_EXIFTOOL, *_SYSTEM_ENDS, *_BESIDE_FILES))
        or (folded.endswith(_BACKUP) and _parted(folded.removesuffix(_BACKUP))[1] in PHOTOS)
        or _FOUND.fullmatch(folded) is not None
    )


def _parted(name: str) -> tuple[str, str]:
    """(stem, suffix in lower case) of a file's name."""
    stem, dot, end = name.rpartition(".")
    return (stem, f".{end.lower()}") if dot and stem else (name, "")


def _folded(name: str) -> str:
    """A name as systems that make no difference of case, or write accents apart, compare it."""
    return name.casefold() if name.isascii() else unicodedata.normalize("NFC", name).casefold()


def pair(names: Iterable[str]) -> Pairing:
    """Pair the photographs of one folder with their sidecars.

    A sidecar is called after the whole name of its photograph (`photo.jpg.xmp`), after its stem (`photo.xmp`, which
    several may share), or after a version of it (darktable's `photo_01.jpg.xmp`), in that order. Case, and the
    way in which accents are written, make no difference, except where a photograph is called exactly so.
    """
    photos: list[str] = []
    sidecars: list[str] = []
    others: list[str] = []
    for name in sorted(n for n in names if not of_system(n)):
        suffix = _parted(name)[1]
        (photos if suffix in PHOTOS else sidecars if suffix == SIDECAR else others).append(name)
    by_name, by_stem = _index(photos, lambda n: n), _index(photos, lambda n: _parted(n)[0])
    ranked: dict[str, list[tuple[int, str]]] = {}
    alone = []
    for sidecar in sidecars:
        called = sidecar[: -len(SIDECAR)]
        version = _VERSION.fullmatch(called)
        owners = [(0, p) for p in _called(called, by_name)]
        owners = owners or [(1, p) for p in _called(called, by_stem, lambda n: _parted(n)[0])]
        if not owners and version:
            owners = [(2, p) for p in _called(version[1] + version[2], by_name)]
        for rank, photo in owners:
            ranked.setdefault(photo, []).append((rank, sidecar))
        if not owners:
            alone.append(sidecar)
    found = {photo: tuple(s for _, s in sorted(mine)) for photo, mine in ranked.items()}
    return Pairing(tuple(sorted([*photos, *alone])), found, tuple(others))


def _index(names: Iterable[str], key: Callable[[str], str]) -> dict[str, list[str]]:
    out: dict[str, list[str]] = {}
    for name in names:
        out.setdefault(_folded(key(name)), []).append(name)
    return out


def _called(wanted: str, index: Mapping[str, list[str]], key: Callable[[str], str] = lambda n: n) -> list[str]:
    """The photographs of a name: those of exactly this one, else those that differ in case or accents."""
    found = index.get(_folded(wanted), [])
    return [n for n in found if key(n) == wanted] or found


def new_sidecar(photo: Path) -> Path:
    """The sidecar that is made for a photograph without one: `photo.jpg.xmp`, which no two photographs share."""
    return photo.with_name(photo.name + SIDECAR)


class Sidecars:
    """The sidecars of photographs wherever they lie; each folder is listed once, at the first question about it."""

    def __init__(self) -> None:
        self._folders: dict[Path, Mapping[str, tuple[str, ...]]] = {}

    def of(self, photo: Path) -> tuple[Path, ...]:
        """The sidecars of a photograph, the one that is written to first; a sidecar is its own."""
        if is_sidecar(photo):
            return (photo,)
        folder = photo.parent
        if folder not in self._folders:
            try:
                names = os.listdir(folder)  # noqa: PTH208
            except OSError:
                names = []
            self._folders[folder] = pair(names).sidecars
        return tuple(folder / name for name in self._folders[folder].get(photo.name, ()))


def odd_name(name: str) -> str:
    """Why a name cannot be passed on, "" where it can: it holds a control character or a line end, or is no Unicode."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return "its name is no UTF-8; rename it"
    return "its name holds a line end or another control character; rename it" if has_controls(name) else ""


def unusable(path: Path) -> str:
    """Why a file of this name is left alone, "" where it is not."""
    if fault := odd_name(str(path)):
        return fault
    if path.is_symlink():
        return "is a link; name the folder that it leads to"
    if not path.is_file():
        return "is no plain file"
    return ""


def photos_in(
    folder: Path, warn: Callable[[str], object] = lambda _: None
) -> Iterator[tuple[Path, tuple[Path, ...], str]]:
    """Photographs in a folder and those below it, in order: (photograph, its sidecars, why it cannot be read or "").

    A sidecar counts where its photograph is not there; so does a folder that cannot be listed.

    Args:
        warn: takes one line on the files of other types.
    """
    unlisted: list[OSError] = []
    others: Counter[str] = Counter()
    for place, folders, files in os.walk(folder, onerror=unlisted.append):
        yield from _faults(unlisted)
        here = Path(place)
        links = [f for f in folders if not of_system(f) and (here / f).is_symlink()]
        folders[:] = sorted(f for f in folders if not of_system(f))
        found = pair(files)
        others.update(_parted(f)[1] or "without extension" for f in found.others)
        others.update("link to a folder" for _ in links)
        for name in found.photos:
            own = (name,) if is_sidecar(Path(name)) else found.sidecars.get(name, ())
            yield here / name, tuple(here / s for s in own), ""
    yield from _faults(unlisted)
    if others:
        named = sorted(others.items(), key=lambda k: (-k[1], k[0]))
        kinds = ", ".join([f"{n} {kind}" for kind, n in named[:_MOST_NAMED]] + ["..."] * (len(named) > _MOST_NAMED))
        total = sum(others.values())
        files_are = "file is" if total == 1 else "files are"
        warn(f"{folder}: {total} {files_are} not read, being no photographs or sidecars ({kinds})")


def _faults(errors: list[OSError]) -> Iterator[tuple[Path, tuple[Path, ...], str]]:
    while errors:
        error = errors.pop(0)
        yield Path(error.filename), (), f"cannot be listed ({error.strerror})"
