"""The hash of everything in code that the meaning of a feature depends on.

A model version stores it: weights learned for one set of tables are not applied with another.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files

#: The packages whose source decides which features a caption has.
_PACKAGES = ("mlcap.captions", "mlcap.codes", "mlcap.features")


@cache
def schema_hash() -> str:
    """SHA-256 over the source files of the reading and the features, in hex."""
    digest = hashlib.sha256()
    for package in _PACKAGES:
        for path in sorted(files(package).iterdir(), key=lambda p: p.name):
            if path.name.endswith((".py", ".txt")):
                digest.update(path.name.encode() + b"\0" + path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()
