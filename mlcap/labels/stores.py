"""Caption stores: files with the texts that the library's labels belong to.

A store is JSON Lines or a table with `nasa_id` and a text, or a response of NASA's image library
(`collection.items[].data[]`), whole or one a line, in any form that records have.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mlcap.errors import InputError
from mlcap.labels.corpus import labelled_records
from mlcap.records.names import catalogue_fields


def read_store(path: Path) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Read (nasa_id, text, bibliographic fields) from a store; records without id or text are passed over.

    Raises:
        InputError: the store is missing, is damaged, or holds no caption with a nasa_id.
    """
    found = False
    for record in labelled_records(path):
        if record.text is None and not record.fields:
            raise InputError(f"{record.position} {record.error}; a store is whole or of no use")
        nasa_id = catalogue_fields(record.fields).get("nasa_id")
        if nasa_id and record.text is not None:
            found = True
            yield nasa_id, record.text, catalogue_fields(record.fields)
    if not found:
        raise InputError(
            f"{path}: holds no caption with a nasa_id; a store is JSON Lines or a table with nasa_id and text or description, or a response of the image library"
        )
