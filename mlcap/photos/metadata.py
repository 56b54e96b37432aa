"""What stands in a photograph or sidecar of the fields that mlcap writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlcap.records.exiftool import ExifTool

#: The fields of keywords, by their common name -> by exiftool's.
KEYWORDS = {
    "dc:subject": "XMP-dc:Subject",
    "lr:hierarchicalSubject": "XMP-lr:HierarchicalSubject",
    "IPTC:Keywords": "IPTC:Keywords",
}
#: mlcap's own structure, in exiftool's name, and its fields.
OWN = "XMP-mlcap:Tags"
OWN_FIELDS = ("Facet", "Value", "Score", "Model", "Run", "Status")
#: The status of a tag that no person has looked at.
MACHINE = "machine"
_UTF8 = "%G"
_TAGS = ("XMP:all", "IPTC:all", "Photoshop:IPTCDigest")


@dataclass(frozen=True)
class Metadata:
    """The fields of one file.

    Attributes:
        keywords: name of the field -> its values; () where it is missing.
        own: the structures of mlcap's namespace.
        iptc: whether the file holds any IPTC.
        iptc_utf8: whether that is marked as UTF-8.
        digest: whether it holds a digest of its IPTC.
        foreign: how many XMP fields of others it holds.
    """

    keywords: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    own: tuple[Mapping[str, str], ...] = ()
    iptc: bool = False
    iptc_utf8: bool = False
    digest: bool = False
    foreign: int = 0

    def values(self, name: str) -> tuple[str, ...]:
        """The values of a field of keywords."""
        return self.keywords.get(name, ())


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _metadata(row: Mapping[str, Any]) -> Metadata:
    keywords = {name: tuple(str(v) for v in _list(row.get(tag))) for name, tag in KEYWORDS.items()}
    own = [{f: str(one.get(f, "")) for f in OWN_FIELDS} for one in _list(row.get(OWN)) if isinstance(one, dict)]
    ours = {OWN, "XMP-x:XMPToolkit", *KEYWORDS.values()}
    return Metadata(
        keywords,
        tuple(own),
        any(k.startswith("IPTC:") for k in row),
        _UTF8 in str(row.get("IPTC:CodedCharacterSet", "")),
        "Photoshop:IPTCDigest" in row,
        sum(k.startswith("XMP-") and k not in ours for k in row),
    )


def read_metadata(tool: ExifTool, paths: Sequence[Path]) -> dict[Path, Metadata]:
    """Read the metadata of files with one request; a file that is not there has none.

    Raises:
        PhotoError: exiftool is missing or fails.
    """
    there = {str(p.absolute()): p for p in paths if p.is_file()}
    rows = tool.read(list(there), _TAGS) if there else {}
    return {p: _metadata(rows.get(str(p.absolute()), {})) for p in paths}
