"""The data extension: properties of concepts that a table was matched with, as columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import HTTPException

from mlcap.service.limits import MOST_CONCEPTS
from mlcap.service.reconciliation.concepts import PROPERTIES, Concept


def extended(concepts: Mapping[str, Concept], data: Any) -> dict[str, Any]:
    """Answer a data extension query; of an id that is none of ours nothing is known.

    Raises:
        HTTPException: it is none, or asks for too much.
    """
    ids = data.get("ids") if isinstance(data, dict) else None
    asked = data.get("properties") if isinstance(data, dict) else None
    if not isinstance(ids, list) or not isinstance(asked, list) or not all(isinstance(one, str) for one in ids):
        raise HTTPException(400, 'extend is an object, as {"ids": [...], "properties": [{"id": "definition"}]}')
    if len(ids) > MOST_CONCEPTS:
        raise HTTPException(413, f"the query has {len(ids)} ids, and may have {MOST_CONCEPTS}")
    names = [str(one.get("id")) if isinstance(one, dict) else str(one) for one in asked]
    if odd := [name for name in names if name not in PROPERTIES]:
        raise HTTPException(400, f"there is no property {odd[0][:40]!r}; there are {', '.join(PROPERTIES)}")
    rows = {
        one: {name: [{"str": text} for text in concepts[one].told(name)] if one in concepts else [] for name in names}
        for one in ids
    }
    return {"meta": [{"id": name, "name": PROPERTIES[name]} for name in names], "rows": rows}
