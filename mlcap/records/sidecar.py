"""XMP sidecars read without exiftool.

The XML parser is defusedxml's, which refuses entities and other documents, so that a made-up sidecar neither fills
the memory nor reads other files.
"""

from __future__ import annotations

import codecs
import re
from pathlib import Path
from typing import Any

from mlcap.errors import PhotoError
from mlcap.files import open_plain
from mlcap.records.encoding import text_from

#: A sidecar of more bytes than this is refused.
LARGEST_SIDECAR = 16 << 20
#: What programs leave before and behind the document.
_AROUND = b" \t\r\n\0"
#: Where a document says in which encoding it is.
_ENCODING = re.compile(rb"""encoding *= *["']([\w-]{1,40})""")
_DECLARATION = 200
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_TIFF = "{http://ns.adobe.com/tiff/1.0/}"
_PHOTOSHOP = "{http://ns.adobe.com/photoshop/1.0/}"
_CORE = "{http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/}"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


#: Property -> the name that exiftool gives it.
_FIELDS = {
    f"{_DC}description": "XMP-dc:Description",
    f"{_TIFF}ImageDescription": "XMP-tiff:ImageDescription",
    f"{_CORE}ExtDescrAccessibility": "XMP-iptcCore:ExtDescrAccessibility",
    f"{_CORE}AltTextAccessibility": "XMP-iptcCore:AltTextAccessibility",
    f"{_PHOTOSHOP}Headline": "XMP-photoshop:Headline",
    f"{_DC}title": "XMP-dc:Title",
    f"{_PHOTOSHOP}DateCreated": "XMP-photoshop:DateCreated",
}


def _items(element: Any) -> list[tuple[str, str]]:
    """The items of a property with their languages, "" for none: of its list, or its own text."""
    items = [li for container in element for li in container if li.tag == f"{_RDF}li"]
    return [(li.get(_LANG, ""), li.text or "") for li in items] or [(element.get(_LANG, ""), element.text or "")]


def _properties(root: Any) -> tuple[list[Any], list[Any]]:
    """(rdf:Description elements of the photograph, property elements of the photograph).

    They stand at the top of rdf:RDF, which may be wrapped. What lies deeper, or says that it is about something else,
    is of a region or of another picture. Each property has its list, and the list its items, as children (XMP Part
    1, 7.4 to 7.8), so that nothing is searched twice. Without rdf:RDF, what lies in the outermost element counts.
    """
    around = root if root.tag == f"{_RDF}RDF" else next(root.iter(f"{_RDF}RDF"), None)
    top = (root, *root) if around is None else tuple(around)
    blocks = [e for e in top if e.tag == f"{_RDF}Description"]
    about = [b.get(f"{_RDF}about", b.get("about", "")) for b in blocks]
    own = "" if "" in about else next(iter(about), "")
    blocks = [b for b, what in zip(blocks, about, strict=True) if what == own]
    loose = [] if around is not None else list(root)
    return blocks, [e for b in blocks if b is not root for e in b] + loose


def _mended(data: bytes) -> bytes:
    """XMP without what stands around it and is none, and with the bytes that are no UTF-8 read as Windows-1252."""
    data = data.removeprefix(codecs.BOM_UTF8).strip(_AROUND)
    other = b"\0" in data[:_DECLARATION] or _declared(data)
    return data if other else text_from(data)[0].encode("utf-8")


def _declared(data: bytes) -> str:
    """The encoding that XMP says it is in, "" for UTF-8 and where it says none."""
    found = _ENCODING.search(data[:_DECLARATION])
    name = found[1].decode("ascii", errors="replace") if found else ""
    return "" if name.lower() in ("utf-8", "utf8", "us-ascii", "ascii") else name


def other_encoding(path: Path) -> str:
    """The encoding by which a sidecar's letters are to be read, "" where it is UTF-8 or all letters are ASCII.

    XMP is Unicode (XMP Part 1, 7.1); programs that take it for that spoil such letters.

    Raises:
        OSError: it cannot be read.
    """
    with open_plain(path) as stream:
        data = stream.read(LARGEST_SIDECAR + 1)
    return "" if data.isascii() or b"\0" in data[:_DECLARATION] else _declared(data)


def sidecar_fields(path: Path) -> dict[str, str]:
    """What may be the caption of a sidecar's photograph, its title and its date, by the names that exiftool gives the fields.

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
        if not data.strip(_AROUND):
            raise PhotoError("its sidecar is empty")
        try:
            root = fromstring(data)
        except ParseError:
            root = fromstring(_mended(data))
    except OSError as error:
        why = "is a link, which is not followed" if path.is_symlink() else f"cannot be read ({error.strerror})"
        raise PhotoError(f"its sidecar {why}") from error
    except (ParseError, DefusedXmlException, ValueError, LookupError, RecursionError) as error:
        raise PhotoError("its sidecar is no sound XMP") from error
    blocks, elements = _properties(root)
    found = [(e.tag, language, text) for e in elements if e.tag in _FIELDS for language, text in _items(e)]
    found += [(tag, "", b.get(tag, "")) for b in blocks for tag in _FIELDS]
    fields: dict[str, str] = {}
    for tag, language, text in found:
        name = _FIELDS[tag] + (f"-{language}" if language.lower() not in ("", "x-default") else "")
        if text.strip():
            fields.setdefault(name, text.strip())
    return fields
