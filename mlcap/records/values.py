"""The records within one JSON value: a record, a list of them, or a response of the image library."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlcap.records.finder import Finder
from mlcap.records.parse import numbered
from mlcap.records.photo_names import is_photo
from mlcap.records.types import Record

#: A document of more bytes than this is not read, since it has to be held whole.
LARGEST_DOCUMENT = 64 << 20


def records_in(data: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (place within, fields) of the records of one JSON value: a record, a list, or a library response.

    What is no object within a list is given as the field `value`, so that it is reported and not passed over.
    """
    if isinstance(data, list | Iterator):
        for number, one in enumerate(data, 1):
            yield f", record {number}", one if isinstance(one, dict) else {"value": one}
        return
    collection = data.get("collection") if isinstance(data, dict) else None
    items = collection.get("items") if isinstance(collection, dict) else None
    if not isinstance(items, list):
        yield "", data if isinstance(data, dict) else {}
        return
    for number, item in enumerate(items, 1):
        parts = item.get("data") if isinstance(item, dict) else None
        for part in parts if isinstance(parts, list) and parts else [item]:
            yield f", item {number}", part if isinstance(part, dict) else {"value": part}


def records_of_document(document: object, name: str, finder: Finder) -> Iterator[Record]:
    """The records of one JSON document: a record, a list, a response of the image library, or a list of these."""
    pages = document if isinstance(document, list) and _are_pages(document) else [document]
    for number, page in enumerate(pages, 1):
        where = name if len(pages) == 1 else f"{name}: page {number}"
        for place, fields in records_in(_listed(page, finder)):
            yield finder.record(fields, f"{where}: {place.lstrip(', ') or 'record 1'}")


def _listed(page: object, finder: Finder) -> object:
    """The records within a document without a caption of its own, a list or under their names; else the document."""
    if not isinstance(page, dict) or isinstance(page.get("collection"), dict):
        return page
    if (rows := _from_columns(page, finder)) is not None:
        return rows
    if finder.layout(page).holders:
        return page
    lists = [v for v in page.values() if isinstance(v, list) and v and all(isinstance(one, dict) for one in v)]
    return lists[0] if len(lists) == 1 else _by_name(page, finder) or page


def _by_name(page: dict[str, Any], finder: Finder) -> list[dict[str, Any]]:
    """The records of an object that has each under its id, or each caption under a photograph's name; none else."""
    values = page.values()
    if all(isinstance(value, dict) for value in values) and any(finder.layout(value).holders for value in values):
        return [{"key" if "id" in value else "id": name, **value} for name, value in page.items()]
    if all(isinstance(value, str) for value in values) and all(map(is_photo, page)):
        return [{"file": name, "caption": value} for name, value in page.items()]
    return []


def _are_pages(documents: list[object]) -> bool:
    return any(isinstance(d, dict) and isinstance(d.get("collection"), dict) for d in documents)


def _from_columns(page: dict[str, Any], finder: Finder) -> Iterator[dict[str, Any]] | None:
    """The rows of a table that is written column by column, as data frames write it by default; None of anything else.

    That is an object with an object of row numbers, or a list, under the name of each column; or lists of the columns' names
    and of the rows' values.
    """
    names, rows = page.get("columns"), page.get("data")
    if page.keys() <= {"columns", "index", "data"} and isinstance(names, list) and isinstance(rows, list):
        is_table = all(isinstance(row, list) and len(row) == len(names) for row in rows)
        titles = numbered(map(str, names))
        return (dict(zip(titles, row, strict=True)) for row in rows) if is_table else None
    columns = list(page.values())
    if len(columns) < 2 or not columns[0] or not finder.layout(page).holders:
        return None
    if all(isinstance(column, list) and len(column) == len(columns[0]) for column in columns):
        return (dict(zip(page, row, strict=True)) for row in zip(*columns, strict=True))
    numbers = columns[0].keys() if isinstance(columns[0], dict) else ()
    if all(map(str.isdecimal, numbers)) and all(isinstance(c, dict) and c.keys() == numbers for c in columns):
        return ({name: column[number] for name, column in page.items()} for number in numbers)
    return None
