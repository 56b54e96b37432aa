"""XMP sidecars read without exiftool.

The XML parser is defusedxml's, which refuses entities and other documents, so that a made-up sidecar neither fills
the memory nor reads other files.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mlcap.errors import PhotoError
from mlcap.files import open_plain

#: A sidecar of more bytes than this is refused.
LARGEST_SIDECAR = 16 << 20
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_TIFF = "{http://ns.adobe.com/tiff/1.0/}"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def _texts(element: Any) -> list[str]:
    """The items of a property: of its list, with the default language first, or its own text."""
    found = (li for container in element for li in container if li.tag == f"{_RDF}li")
    items = sorted(found, key=lambda li: li.get(_LANG, "x-default") != "x-default")
    texts = [(i.text or "") for i in items] or [element.text or ""]
    return [t.strip() for t in texts if t.strip()]


def _values(root: Any, tag: str) -> list[str]:
    """What a property of the photograph says: as an element, or as an attribute.

    The properties are those of the top-level rdf:Description; what lies deeper is of other things. Each has its
    list, and the list its items, as children (XMP Part 1, 7.4 to 7.8), so that nothing is searched twice. Where
    there is no rdf:RDF they are taken where they stand.
    """
    rdf = [e for e in (root, *root) if e.tag == f"{_RDF}RDF"]
    if rdf:
        blocks = [b for one in rdf for b in one if b.tag == f"{_RDF}Description"]
        elements = [e for b in blocks for e in b if e.tag == tag]
    else:
        blocks, elements = list(root.iter(f"{_RDF}Description")), list(root.iter(tag))
    texts = [t for e in elements for t in _texts(e)]
    return [*texts, *(a.strip() for b in blocks if (a := b.get(tag, "")).strip())]


def sidecar_fields(path: Path) -> dict[str, Any]:
    """The caption of a sidecar, by the name that exiftool gives its field.

    Raises:
        PhotoError: it cannot be read, is too large, or is no XMP.
    """
    # Late, since most inputs are no XML.
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        with open_plain(path) as stream:
            data = stream.read(LARGEST_SIDECAR + 1)
        if len(data) > LARGEST_SIDECAR:
            raise PhotoError(f"its sidecar is larger than {LARGEST_SIDECAR >> 20} MiB")
        root = fromstring(data)
    except OSError as error:
        raise PhotoError(f"its sidecar cannot be read ({error.strerror})") from error
    except (ParseError, DefusedXmlException, ValueError, LookupError, RecursionError) as error:
        raise PhotoError("its sidecar is no sound XMP") from error
    fields: dict[str, Any] = {}
    for name, tag in (
        ("XMP-dc:Description", f"{_DC}description"),
        ("IFD0:ImageDescription", f"{_TIFF}ImageDescription"),
    ):
        if texts := _values(root, tag):
            fields[name] = texts[0]
    return fields
