r"""Tags as MARC 21 records for a catalogue: a subject field for each tag, and its provenance in field 883.

883, "Metadata Provenance", tells what process made a field, how sure it was, when, and for whom; both fields bear the
link `N\p` in subfield 8 (MARC 21 Format for Bibliographic Data, 883 and Appendix A). The form is MARCXML (the "slim"
schema of the Library of Congress).
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from mlcap.photos.keywords import keywords
from mlcap.photos.metadata import MACHINE, REJECTED, WrittenTag
from mlcap.photos.terms import Term, Terms
from mlcap.text import one_line

NAMESPACE = "http://www.loc.gov/MARC21/slim"
#: New, two-dimensional picture, single item, in Unicode.
_LEADER = "00000nkm a2200000 i 4500"
#: The source of terms that are of no vocabulary but one's own.
_LOCAL = "local"
_FULLY, _PARTIALLY = "0", "1"
_DAY = 8


@dataclass(frozen=True)
class CataloguedPhoto:
    """A photograph and the tags that stand in it."""

    file: str
    tags: tuple[WrittenTag, ...]


def marc_xml(photos: Iterable[CataloguedPhoto], terms: Terms, agency: str) -> bytes:
    """A collection of records, one for each photograph with tags that are keywords and that nobody rejected.

    Args:
        terms: the archive's words for values.
        agency: MARC organization code, or name, of who had the tags made.
    """
    ET.register_namespace("", NAMESPACE)
    collection = ET.Element(f"{{{NAMESPACE}}}collection")
    photos = list(photos)
    for photo, name in zip(photos, _names([photo.file for photo in photos]), strict=True):
        tags = [t for t in photo.tags if t.status != REJECTED and keywords(t.key, terms, with_iptc=False)]
        if tags:
            collection.append(_record(name, tags, terms, agency))
    ET.indent(collection, " ")
    out = io.BytesIO()
    ET.ElementTree(collection).write(out, encoding="utf-8", xml_declaration=True)
    return out.getvalue() + b"\n"


def _names(files: Sequence[str]) -> list[str]:
    """What each photograph is called: its stem, or its path below the folder of all where two have one stem.

    A catalogue takes two records with one field 001 for the same.
    """
    stems = [one_line(Path(file).stem) for file in files]
    if len(set(stems)) == len(set(files)):
        return stems
    folder = os.path.commonpath([Path(file).parent for file in files])
    return [one_line(Path(file).relative_to(folder).as_posix()) for file in files]


def _record(name: str, tags: Sequence[WrittenTag], terms: Terms, agency: str) -> ET.Element:
    record = ET.Element(f"{{{NAMESPACE}}}record")
    ET.SubElement(record, f"{{{NAMESPACE}}}leader").text = _LEADER
    ET.SubElement(record, f"{{{NAMESPACE}}}controlfield", {"tag": "001"}).text = name
    _field(record, "245", "00", ("a", name))
    for number, tag in enumerate(tags, 1):
        term = terms.get(tag.key) or Term(tag.facet, tag.value, tag.value)
        # A vocabulary's code stands in subfield 2; one that is only known by its IRI has none.
        source = term.vocabulary if term.vocabulary and "/" not in term.vocabulary else _LOCAL
        _field(record, "650", " 7", ("8", f"{number}\\p"), ("a", term.term), ("0", term.iri), ("2", source))
    for number, tag in enumerate(tags, 1):
        method = _FULLY if tag.status == MACHINE else _PARTIALLY
        # What a person gave no version has tagged.
        process = ("a", f"mlcap, model version {tag.model}" if tag.model else "mlcap review"), ("c", tag.score)
        day = tag.run[:_DAY] if tag.run[:_DAY].isdecimal() else ""
        _field(record, "883", f"{method} ", ("8", f"{number}\\p"), *process, ("d", day), ("q", agency))
    return record


def _field(record: ET.Element, tag: str, indicators: str, *subfields: tuple[str, str]) -> None:
    attributes = {"tag": tag, "ind1": indicators[0], "ind2": indicators[1]}
    field = ET.SubElement(record, f"{{{NAMESPACE}}}datafield", attributes)
    for code, text in subfields:
        if text:
            ET.SubElement(field, f"{{{NAMESPACE}}}subfield", {"code": code}).text = text
