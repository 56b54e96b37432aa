"""What files are called in the output folder and beside the inbox, whatever they are called in it."""

from __future__ import annotations

import hashlib
import re

#: Most file systems allow names of 255 bytes; numbers and suffixes come on top of this.
_LONGEST = 150
_RESULT = re.compile(r"(.+)\.([0-9]{1,18})\.jsonl")
_RETAGGED = "retag-model-"
#: A version's number, or its identity.
_VERSION = re.compile(r"[0-9]+(-[0-9a-f]+)?")


def shortened(name: str, longest: int = _LONGEST) -> str:
    """A name of at most so many bytes; what is cut away is its middle, so that its beginning and suffix stay."""
    data = name.encode("utf-8", errors="surrogateescape")
    if len(data) <= longest:
        return name
    end = min(longest // 3, 40)
    first, last = data[: longest - end - 3], data[-end:]
    return first.decode("utf-8", errors="ignore") + "..." + last.decode("utf-8", errors="ignore")


def _plain(path: str) -> str:
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in path)


def stem_of(path: str) -> str:
    """The name of a file's results, without number: no two paths have the same."""
    plain = _plain(path)
    if plain == path and len(plain.encode()) <= _LONGEST:
        return plain
    digest = hashlib.sha256(path.encode("utf-8", errors="replace")).hexdigest()[:12]
    return f"{shortened(plain, _LONGEST - 13)}-{digest}"


def old_stem_of(path: str) -> str:
    """The same as earlier versions of mlcap made it, of which several paths may have one."""
    return _plain(path).encode()[:_LONGEST].decode(errors="ignore")


def result_name(path: str) -> str:
    """The name of a file's result; `{}` stands for its number in the ledger."""
    return stem_of(path) + ".{}.jsonl"


def retagged_name(version: str) -> str:
    """The name of a result of retagging; `{}` stands for its number in the ledger."""
    return f"{_RETAGGED}{version}.{{}}.jsonl"


def parts_of_result(name: str) -> tuple[str, int] | None:
    """(stem, number) of a result's name, None where it is none."""
    match = _RESULT.fullmatch(name)
    return (match[1], int(match[2])) if match else None


def is_retagged(stem: str) -> bool:
    """Whether a result of this stem is of retagging; every file that can be read has a suffix."""
    return stem.startswith(_RETAGGED) and bool(_VERSION.fullmatch(stem.removeprefix(_RETAGGED)))


def lost_path(stem: str) -> str:
    """What stands for the path of a file of which only the results are known; no file of an inbox is called so."""
    return f".results/{stem}"
