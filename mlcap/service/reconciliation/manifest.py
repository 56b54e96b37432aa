"""The manifest: what a client is told of the service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mlcap import __version__
from mlcap.service.limits import MOST_CONCEPTS, MOST_QUERIES
from mlcap.service.reconciliation.concepts import type_of
from mlcap.types import Facet

#: What identifiers and types are taken from, where a taxonomy names no others.
_IDENTIFIERS, _TYPES = "urn:mlcap:", "urn:mlcap:facet"
#: The frame of a preview.
_WIDTH, _HEIGHT = 420, 260


def manifest_of(facets: Sequence[Facet], base: str, by_header: bool) -> dict[str, Any]:
    """The manifest.

    Args:
        base: the address of the service, with the token where it is part of it.
        by_header: whether the token came in a header, as a client is then told.
    """

    def path(what: str) -> dict[str, str]:
        return {
            "service_url": base,
            "service_path": f"/suggest/{what}",
            "flyout_service_path": f"/flyout/{what}?id=${{id}}",
        }

    authentication = {
        "authentication": {
            "type": "apiKey",
            "name": "Authorization",
            "in": "header",
            "description": "Bearer and a token that mlcap gave",
        }
    }
    return {
        "versions": ["0.1", "0.2"],
        "name": "mlcap: tags of spaceflight captions",
        "identifierSpace": _IDENTIFIERS,
        "schemaSpace": _TYPES,
        "serviceVersion": __version__,
        "defaultTypes": [type_of(facet) for facet in facets],
        "view": {"url": f"{base}/view?id={{{{id}}}}"},
        "preview": {"url": f"{base}/preview?id={{{{id}}}}", "width": _WIDTH, "height": _HEIGHT},
        "suggest": {what: path(what) for what in ("entity", "property", "type")},
        "extend": {
            "propose_properties": {"service_url": base, "service_path": "/propose"},
            "property_settings": [],
            "batchSize": MOST_CONCEPTS,
        },
        "batchSize": MOST_QUERIES,
        **(authentication if by_header else {}),
    }
