"""Tags as Arrow: the one function by which data frames, databases and clusters have captions tagged.

pyarrow is imported when a batch is tagged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from mlcap.errors import InputError
from mlcap.model.arrow_schema import arrow_schema, load_pyarrow
from mlcap.model.budget import over_budget, tag_within_budget
from mlcap.model.tagging import BATCH, Tagger
from mlcap.records.arrow_rows import row_records
from mlcap.records.finder import Finder, listed
from mlcap.records.parse import numbered
from mlcap.records.types import FieldChoice, Record
from mlcap.records.writing import tags_of
from mlcap.text import encodable

if TYPE_CHECKING:
    import pyarrow as pa

#: Rows whose tags are put into Arrow at once.
_ROWS = 4096


def checked_finder(names: Sequence[str], choice: FieldChoice) -> Finder:
    """What finds captions and ids in columns of these names.

    Raises:
        InputError: a column that was asked for is not there, is there twice, or none holds captions.
    """
    finder = Finder(choice, "the table", lambda _: None)
    try:
        finder.check(list(names))
    except InputError as error:
        if not error.advice:
            raise
        # Its advice is for the command line.
        advice = f"give one of {listed(names)} as text" if names else "there are no columns"
        raise InputError(f"{error.plain}; {advice}") from error
    return finder


def tag_columns(
    tagger: Tagger, names: Sequence[str], columns: Sequence[Any], choice: FieldChoice, before: int = 0
) -> pa.Table:
    """Tag the captions of some columns; the arguments are those of `row_records`.

    Returns:
        A row each, in order, of `arrow_schema`.

    Raises:
        InputError: a column that was asked for is not there, or none holds captions.
    """
    pa = load_pyarrow()
    finder = checked_finder(names, choice)
    return tag_records(tagger, row_records(pa, numbered(names), columns, "", finder, before))


def tag_records(tagger: Tagger, records: Iterable[Record]) -> pa.Table:
    """Tag records; a row each, in order, of `arrow_schema`."""
    pa = load_pyarrow()
    schema = arrow_schema(tagger.facets)
    rows = _rows(tagger, records)
    batches = []
    while some := list(islice(rows, _ROWS)):
        batches.append(pa.RecordBatch.from_pylist(some, schema=schema))
    return pa.Table.from_batches(batches, schema=schema)


def _rows(tagger: Tagger, records: Iterable[Record]) -> Iterator[dict[str, Any]]:
    source = iter(records)
    while batch := list(islice(source, BATCH)):
        readable = [r for r in batch if r.text is not None]
        tags = iter(tag_within_budget(tagger, [r.text or "" for r in readable], [r.catalogue for r in readable]))
        for record in batch:
            tagged = next(tags) if record.text is not None else None
            if tagged is not None:
                yield _row(tags_of(record, tagged))
            else:
                yield {"error": encodable(over_budget() if record.text is not None else record.error)}


def _row(tags: dict[str, Any]) -> dict[str, Any]:
    """The tags as Arrow takes them: no text that UTF-8 cannot hold, and no probabilities are nothing."""
    return {name: None if value == {} else _cleaned(value) for name, value in tags.items()}


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, list):
        return [_cleaned(one) for one in value]
    return {name: _cleaned(one) for name, one in value.items()} if isinstance(value, dict) else value
