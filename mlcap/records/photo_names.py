"""Which files are photographs by their names, and how their sidecars are called."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

#: Photographs whose embedded caption is read.
PHOTOS = (".jpg", ".jpeg", ".tif", ".tiff", ".heic", ".heif", ".png")
SIDECAR = ".xmp"
#: Of these, exiftool writes IPTC next to XMP.
WITH_IPTC = (".jpg", ".jpeg", ".tif", ".tiff")


def is_photo(name: str) -> bool:
    """Whether a file of this name is a photograph or a sidecar."""
    return Path(name).suffix.lower() in (*PHOTOS, SIDECAR)


def new_sidecar(photo: Path) -> Path:
    """The sidecar that is made for a photograph without one: `photo.jpg.xmp`, which no two photographs share."""
    return photo.with_name(photo.name + SIDECAR)


def sidecar_of(photo: Path) -> Path | None:
    """The sidecar of a photograph, `photo.jpg.xmp` before `photo.xmp`; None where there is none."""
    for path in (new_sidecar(photo), photo.with_suffix(SIDECAR)):
        # Not Path.is_file, which raises where a name is too long for a suffix more.
        if os.path.isfile(path):  # noqa: PTH113
            return path
    return None


def unusable(path: Path) -> str:
    """Why a file of this name is left alone, "" where it is not."""
    if not str(path).isprintable():
        return "its name holds a line end or another odd character; rename it"
    if path.is_symlink():
        return "is a link; name the folder that it leads to"
    if not path.is_file():
        return "is no plain file"
    return ""


def photos_in(folder: Path) -> Iterator[Path]:
    """Photographs in a folder and those below it, in order; a sidecar counts where its photograph is not there."""
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        here = Path(place)
        photos = [f for f in files if Path(f).suffix.lower() in PHOTOS and not f.startswith(".")]
        stems = {Path(f).stem for f in photos} | set(photos)
        alone = [f for f in files if Path(f).suffix.lower() == SIDECAR and Path(f).stem not in stems]
        yield from (here / f for f in sorted(photos + [f for f in alone if not f.startswith(".")]))
