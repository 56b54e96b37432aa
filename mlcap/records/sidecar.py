"""XMP sidecars read without exiftool.

The XML parser is defusedxml's, which refuses entities and other documents, so that a made-up sidecar neither fills
the memory nor reads other files.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mlcap.errors import PhotoError

#: A sidecar of more bytes than this is refused.
LARGEST_SIDECAR = 16 << 20
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_TIFF = "{http://ns.adobe.com/tiff/1.0/}"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def _texts(element: Any) -> list[str]:
    """The items of a property: of its list, with the default language first, or its own text."""
    items = sorted(element.iter(f"{_RDF}li"), key=lambda li: li.get(_LANG, "x-default") != "x-default")
    texts = [(i.text or "") for i in items] or [element.text or ""]
    return [t.strip() for t in texts if t.strip()]


def sidecar_fields(path: Path) -> dict[str, Any]:
    """The caption of a sidecar, by the name that exiftool gives its field.

    Raises:
        PhotoError: it cannot be read, is too large, or is no XMP.
    """
    # Late, since most runs read no XML.
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        with open(path, "rb") as stream:
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
        texts = [t for element in root.iter(tag) for t in _texts(element)]
        texts += [a.strip() for block in root.iter(f"{_RDF}Description") if (a := block.get(tag, "")).strip()]
        if texts:
            fields[name] = texts[0]
    return fields
