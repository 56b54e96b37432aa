"""The library's labels: ids, digests and labels of real captions, without their text."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mlcap.errors import InputError, LabelError
from mlcap.labels.digest import text_digest
from mlcap.labels.stores import read_store
from mlcap.taxonomy import check_label
from mlcap.types import Facet, FacetValue, LabelledCaption

_FIXED = ("nasa_id", "sha256", "mission", "sample", "stratum")


@dataclass(frozen=True)
class LibraryLabel:
    """One row of `library.csv`: which record of the image library, which text of it, and its labels.

    Attributes:
        mission: the group that no split tears apart.
        sample: how the caption came to be labelled: `random` or `chosen`.
        stratum: a coarse slice for reports.
        desk: the channel or office whose manner the caption has, "" where the table has no such column.
    """

    nasa_id: str
    sha256: str
    labels: dict[str, FacetValue]
    mission: str
    sample: str
    stratum: str
    desk: str = ""


@dataclass(frozen=True)
class Joined:
    """The outcome of joining labels with stores.

    Attributes:
        captions: the labelled captions whose text was found, in the order of the labels.
        labels: how many labels there are.
        missing: ids of which no store holds a record.
        changed: ids of which stores hold only texts that differ from the one labelled.
    """

    captions: list[LabelledCaption]
    labels: int
    missing: list[str]
    changed: list[str]


def read_library(path: Path, facets: Sequence[Facet]) -> list[LibraryLabel]:
    """Read `library.csv`; lists within a cell are joined with `;`.

    Raises:
        InputError: the file cannot be read or lacks a column.
        LabelError: a row does not fit the taxonomy, or an id stands twice.
    """
    try:
        with open(path, encoding="utf-8", newline="") as stream:
            rows = csv.DictReader(stream)
            columns = rows.fieldnames or []
            lacking = [c for c in _FIXED if c not in columns]
            if lacking:
                raise InputError(
                    f"{path}: lacks the column {lacking[0]}; library.csv has {', '.join(_FIXED)} and one column a facet"
                )
            out = [library_label(row, facets, f"{path}: line {rows.line_num}") for row in rows]
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise InputError(f"{path}: is no UTF-8 CSV file: {error}") from error
    seen: set[str] = set()
    for label in out:
        if label.nasa_id in seen:
            raise LabelError(f"{path}: {label.nasa_id} stands twice")
        seen.add(label.nasa_id)
    return out


def library_label(row: dict[str, str], facets: Sequence[Facet], where: str) -> LibraryLabel:
    """Check one row of `library.csv` and build its label.

    Raises:
        LabelError: it does not fit; the message begins with `where`.
        KeyError: a column is lacking.
    """
    labels: dict[str, FacetValue] = {}
    for facet in facets:
        cell = row.get(facet.name)
        if cell is None or (not facet.multiple and not cell):
            continue
        try:
            labels[facet.name] = check_label(facet, [v for v in cell.split(";") if v] if facet.multiple else cell)
        except LabelError as error:
            raise LabelError(f"{where}: {error}") from error
    if not row["nasa_id"] or len(row["sha256"] or "") != 64:
        raise LabelError(f"{where}: needs a nasa_id and a sha256 of 64 hex figures")
    return LibraryLabel(
        row["nasa_id"],
        row["sha256"],
        labels,
        row["mission"] or f"id-{row['nasa_id']}",
        row["sample"] or "",
        row["stratum"] or "",
        row.get("desk") or "",
    )


def join_library(labels: Sequence[LibraryLabel], stores: Iterable[Path]) -> Joined:
    """Find the text of each label in caption stores, by id (case and all) and digest.

    Raises:
        InputError: a store cannot be read.
    """
    wanted = {label.nasa_id: label for label in labels}
    found: dict[str, tuple[str, dict[str, str]]] = {}
    changed: set[str] = set()
    for store in stores:
        for nasa_id, text, catalogue in read_store(store):
            label = wanted.get(nasa_id)
            if label is None or nasa_id in found:
                continue
            if text_digest(text) == label.sha256:
                found[nasa_id] = text, catalogue
            else:
                changed.add(nasa_id)
    captions = [
        LabelledCaption(
            label.nasa_id,
            found[label.nasa_id][0],
            label.labels,
            label.mission,
            "library",
            {"sample": label.sample, "stratum": label.stratum, **({"desk": label.desk} if label.desk else {})},
            found[label.nasa_id][1],
        )
        for label in labels
        if label.nasa_id in found
    ]
    missing = [label.nasa_id for label in labels if label.nasa_id not in found and label.nasa_id not in changed]
    return Joined(captions, len(labels), missing, sorted(changed - found.keys()))
