"""Bounds on what a workbook unpacks to, looked at before it is parsed.

A workbook (ECMA-376) is a ZIP file of XML. Its parser holds a whole row, a whole shared text, and any other part, as
elements, which take some hundred bytes each, however few characters they are written with.
"""

from __future__ import annotations

import re
import zipfile
from itertools import pairwise
from typing import BinaryIO

from mlcap.errors import InputError
from mlcap.records.packed import FREE_BYTES, MOST_RATIO

#: All parts together may unpack to this many bytes, a part that is held whole to a quarter of it.
LARGEST_WORKBOOK = 1 << 30
LARGEST_PART = LARGEST_WORKBOOK >> 2
#: Tags of one row or of one shared text, and of a part that has neither.
MOST_TAGS = 300_000
#: Shared texts, which are all held while a workbook is read.
MOST_TEXTS = 2_000_000
_ENDS = re.compile(rb"</(?:[^<>:]{1,20}:)?(?:row|si)\s*>")
_CHUNK = 1 << 18


def check_workbook(stream: BinaryIO, name: str) -> None:
    """Look through the parts of a workbook; the stream is then at its start.

    Raises:
        InputError: it unpacks to more than it may.
        OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError: it is no sound ZIP file.
    """
    size = stream.seek(0, 2)
    stream.seek(0)
    with zipfile.ZipFile(stream) as archive:
        parts = archive.infolist()
        total = sum(p.file_size for p in parts)
        if total > LARGEST_WORKBOOK or total > max(FREE_BYTES, MOST_RATIO * size):
            raise InputError(f"{name}: unpacks to more than a workbook should; save it as CSV if you trust it")
        for part in parts:
            if part.filename.lower().endswith((".xml", ".rels")):
                _check_part(archive, part, name)
    stream.seek(0)


def _check_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo, name: str) -> None:
    in_rows = "/worksheets/" in part.filename
    if part.file_size > LARGEST_PART and not in_rows:
        raise InputError(f"{name}: {part.filename} is larger than {LARGEST_PART >> 20} MiB; save it as CSV")
    texts = tags = 0
    with archive.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            ends = [m.end() for m in _ENDS.finditer(chunk)]
            texts += len(ends)
            pieces = [0, *ends, len(chunk)]
            for start, end in pairwise(pieces):
                tags = chunk.count(b"<", start, end) + (0 if start else tags)
                if tags > MOST_TAGS:
                    raise InputError(f"{name}: a row or part of it holds more than {MOST_TAGS} tags; save it as CSV")
    if texts > MOST_TEXTS:
        raise InputError(f"{name}: has more than {MOST_TEXTS} rows or texts; save it as CSV")
