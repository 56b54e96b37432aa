"""Files whose last line has no end: somebody may still be writing it, however long the file has stayed the same."""

from __future__ import annotations

import os
from pathlib import Path

from mlcap.files import open_plain
from mlcap.inbox.scan import Found
from mlcap.records.packed import without_packing
from mlcap.records.reading import form_by_suffix

#: The forms that are read line by line. Others that are cut cannot be read at all, and are tried again as such.
_OF_LINES = frozenset(("txt", "jsonl", "csv", "tsv"))
#: What the last line of whole JSON ends with, whether or not a line end follows.
_JSON_ENDS = (b"}", b"]")
_LINE_ENDS = b"\r\n"
#: So many bytes hold a line end in any encoding, and the spaces that may stand before the end of a file.
_TAIL = 16


def may_be_torn(file: Found, inbox: Path) -> bool:
    """Whether the last line of a file may be one that is not written to its end.

    Packed files tell by themselves that they are cut; a file that cannot be opened is none of these.
    """
    form, packing = form_by_suffix(file.path.name), without_packing(file.path.name)
    if file.fault or not file.size or form not in _OF_LINES or packing.name != file.path.name:
        return False
    try:
        with open_plain(file.path, inbox) as stream:
            stream.seek(-min(_TAIL, file.size), os.SEEK_END)
            tail = stream.read(_TAIL).replace(b"\0", b"")
    except OSError:
        return False
    if any(end in _LINE_ENDS for end in tail[-1:]):
        return False
    return form != "jsonl" or not tail.rstrip().endswith(_JSON_ENDS)
