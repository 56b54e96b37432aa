"""What stands in a photograph or sidecar of the fields that mlcap writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from mlcap.records.exiftool import ExifTool
from mlcap.records.mojibake import as_utf8
from mlcap.text import has_controls

#: The fields that are added to, by their common name -> by exiftool's.
FIELDS = {
    "dc:subject": "XMP-dc:Subject",
    "lr:hierarchicalSubject": "XMP-lr:HierarchicalSubject",
    "digiKam:TagsList": "XMP-digiKam:TagsList",
    "IPTC:Keywords": "IPTC:Keywords",
    "Iptc4xmpExt:AboutCvTerm": "XMP-iptcExt:AboutCvTerm",
    "Iptc4xmpExt:PersonInImage": "XMP-iptcExt:PersonInImage",
}
#: The fields of a controlled term that are written (IPTC Extension, "CV-Term structure").
CV_FIELDS = ("CvId", "CvTermId", "CvTermName")
#: mlcap's own structures and links, in exiftool's names.
OWN = "XMP-mlcap:Tags"
LINKS = "XMP-mlcap:Added"
#: Among the links: the sidecar itself was made by mlcap.
MADE = "sidecar made"
#: The status of a tag that no person has looked at, of one that a person took for right, and of one taken for wrong.
MACHINE = "machine"
CONFIRMED = "confirmed"
REJECTED = "rejected"
#: The mark of IPTC's encoding.
MARK = "IPTC:CodedCharacterSet"
_UTF8 = "%G"
_TAGS = ("XMP:all", "IPTC:all", "Photoshop:IPTCDigest")
#: Where a picture says that its manifest lies elsewhere.
_REMOTE_MANIFEST = "XMP-dcterms:Provenance"


@dataclass(frozen=True)
class WrittenTag:
    """One structure of mlcap's namespace: a tag, the model version and run that wrote it, and its status."""

    facet: str
    value: str
    score: str
    model: str
    run: str
    status: str

    @property
    def key(self) -> tuple[str, str]:
        """What it says: (facet, value)."""
        return self.facet, self.value

    @property
    def text(self) -> str:
        """The structure in exiftool's writing; what is not known is left out."""
        return structure({name: value for name in OWN_FIELDS if (value := getattr(self, name.lower()))})


#: The fields of a structure, as they are called in the namespace.
OWN_FIELDS = ("Facet", "Value", "Score", "Model", "Run", "Status")


class Link(NamedTuple):
    """A keyword that mlcap added, and the tag for which it did."""

    facet: str
    value: str
    field: str
    keyword: str

    @property
    def key(self) -> tuple[str, str]:
        """The tag: (facet, value)."""
        return self.facet, self.value

    @property
    def text(self) -> str:
        """The link as it is written."""
        return f"{self.facet} {self.value} {self.field}={self.keyword}"


@dataclass(frozen=True)
class Metadata:
    """The fields of one file.

    Attributes:
        fields: name of the field -> its values; () where it is missing.
        own: the structures of mlcap's namespace.
        seeds: the keywords with which fields that mlcap begins start (`mlcap.photos.plan.starts_fields`).
        unfit: how many keywords are none of these, being in an unknown encoding or of several lines.
        links: which keywords mlcap added; None where the file does not say, as of a mlcap that did not write it.
        made: whether mlcap made the file.
        iptc: whether the file holds any IPTC.
        iptc_utf8: whether that is marked as UTF-8.
        digest: whether it holds a digest of its IPTC.
        foreign: how many XMP fields of others it holds.
        remote_manifest: whether it names a C2PA manifest that lies elsewhere.
    """

    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    own: tuple[WrittenTag, ...] = ()
    seeds: tuple[str, ...] = ()
    unfit: int = 0
    links: tuple[Link, ...] | None = None
    made: bool = False
    iptc: bool = False
    iptc_utf8: bool = False
    digest: bool = False
    foreign: int = 0
    remote_manifest: bool = False

    def values(self, name: str) -> tuple[str, ...]:
        """The values of a field."""
        return self.fields.get(name, ())

    @property
    def only_ours(self) -> bool:
        """Whether nothing stands there but what mlcap writes, and none of that."""
        return not (self.foreign or self.own or self.links or any(self.fields.values()))


def structure(fields: Mapping[str, str]) -> str:
    """A structure in exiftool's writing."""
    return "{" + ",".join(f"{k}={_escaped(v)}" for k, v in fields.items()) + "}"


def _escaped(text: str) -> str:
    """A value within a structure, as exiftool wants it."""
    return "".join(f"|{c}" if c in "{}[],|" else c for c in text)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return structure({name: str(value[name]) for name in CV_FIELDS if name in value})
    return str(value)


def _link(text: str) -> Link | None:
    facet, _, rest = text.partition(" ")
    value, _, rest = rest.partition(" ")
    name, equals, keyword = rest.partition("=")
    return Link(facet, value, name, keyword) if equals and name in FIELDS else None


def _fit(keyword: str, utf8: bool) -> str:
    """A keyword as it may be copied, "" where its letters are not known to be right."""
    other = as_utf8(keyword)
    text = keyword if keyword.isascii() or (utf8 and other is None) else "" if utf8 else other or ""
    return "" if has_controls(text) else text.strip()


def _metadata(row: Mapping[str, Any]) -> Metadata:
    fields = {name: tuple(_value(v) for v in _list(row.get(tag))) for name, tag in FIELDS.items()}
    utf8 = _UTF8 in str(row.get(MARK, ""))
    seeds = [_fit(v, True) for v in fields["dc:subject"]] + [_fit(v, utf8) for v in fields["IPTC:Keywords"]]
    own = [
        WrittenTag(*(str(one.get(f, "")) for f in OWN_FIELDS)) for one in _list(row.get(OWN)) if isinstance(one, dict)
    ]
    links = [link for one in _list(row.get(LINKS)) if (link := _link(str(one)))]
    ours = {OWN, LINKS, "XMP-x:XMPToolkit", *FIELDS.values()}
    return Metadata(
        fields,
        tuple(own),
        tuple(dict.fromkeys(filter(None, seeds))),
        seeds.count(""),
        tuple(links) if LINKS in row else None,
        MADE in map(str, _list(row.get(LINKS))),
        any(k.startswith("IPTC:") for k in row),
        utf8,
        "Photoshop:IPTCDigest" in row,
        sum(k.startswith("XMP-") and k not in ours for k in row),
        _REMOTE_MANIFEST in row,
    )


def read_metadata(tool: ExifTool, paths: Sequence[Path]) -> dict[Path, Metadata]:
    """Read the metadata of files with one request; a file that is not there has none.

    Raises:
        PhotoError: exiftool is missing or fails.
    """
    there = {str(p.absolute()): p for p in paths if p.is_file()}
    rows = tool.read(list(there), _TAGS) if there else {}
    return {p: _metadata(rows.get(str(p.absolute()), {})) for p in paths}
