"""Content Credentials (C2PA): whether a photograph carries a manifest, which any change of the file makes invalid."""

from __future__ import annotations

import mmap
from pathlib import Path

from mlcap.files import open_plain

#: A manifest store is a JUMBF superbox whose description has the type "c2pa" or that label, in whatever file it lies
#: (C2PA specification, 11.1): the description's mark, and how far behind it type and label begin.
_DESCRIPTION, _TYPE, _LABEL, _KIND = b"jumd", 4, 21, b"c2pa"
#: Files of the ISO base media kind wrap it in a box with a type of its own (A.4).
_BOX = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
#: A manifest beside its file, which holds the file's digest.
_BESIDE = ".c2pa"


def has_manifest(photo: Path) -> bool:
    """Whether a C2PA manifest lies in a photograph or beside it.

    Raises:
        OSError: it cannot be read.
    """
    if any(photo.with_name(name).is_file() for name in (photo.stem + _BESIDE, photo.name + _BESIDE)):
        return True
    with open_plain(photo) as stream:
        if not stream.read(1):
            return False
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return data.find(_BOX) >= 0 or _has_store(data)


def _has_store(data: mmap.mmap) -> bool:
    place = data.find(_DESCRIPTION)
    while place >= 0:
        if any(data[place + at : place + at + len(_KIND)] == _KIND for at in (_TYPE, _LABEL)):
            return True
        place = data.find(_DESCRIPTION, place + 1)
    return False
