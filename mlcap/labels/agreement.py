"""How far the two blind annotations of a caption agree, and how much of that is not chance.

Annotated are the labels of captions, and of some captions what is depicted: their sentences, people and posts.

Cohen's kappa: (agreed - expected) / (1 - expected), where expected is the agreement of two
annotators who use each value as often and know nothing of each other (Cohen, "A coefficient of
agreement for nominal scales", 1960).
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mlcap.errors import InputError, LabelError
from mlcap.labels.depiction import Depiction, read_depictions
from mlcap.rounding import rounded
from mlcap.taxonomy import check_label
from mlcap.types import Facet, FacetValue

#: File of annotations -> what it holds annotations of.
FILES = {"corpus-readings.csv": "composed", "library-readings.csv": "library"}
#: The same of what captions depict (`mlcap.labels.depiction`), and for each part of it the letter of what is in the picture.
DEPICTED = ("depiction.csv", "depiction")
PARTS = {"sentences": "p", "people": "y", "roles": "y"}
_IDS = ("id", "nasa_id")


@dataclass(frozen=True)
class Annotation:
    """One person's labels of one caption; a facet that the file has no column for is missing."""

    annotator: str
    labels: Mapping[str, FacetValue]


@dataclass(frozen=True)
class Agreement:
    """How far two annotations agree on a facet or on one value of it.

    Attributes:
        facet: the facet's name, or `all` for every facet of a caption at once.
        value: one value, as given or not; "" for the facet as a whole, where the whole sets
            of a multi-valued facet are compared.
        captions: how many captions (of depiction: sentences, people or posts) were annotated twice; for a value, how
            many have it in an annotation.
        agreed, expected: shares of the captions annotated twice, 0 to 1; None without captions.
        kappa: at most 1; None where chance alone would agree always.
    """

    facet: str
    value: str
    captions: int
    agreed: float | None
    expected: float | None
    kappa: float | None

    def as_data(self) -> dict[str, Any]:
        """Give plain data for JSON, rounded to four decimals."""
        data: dict[str, Any] = rounded(asdict(self))
        return data


def read_annotations(path: Path, facets: Sequence[Facet]) -> dict[str, list[Annotation]]:
    """Read a file of annotations: id (or nasa_id), reader and a column a facet; lists are joined with `;`.

    Returns:
        Caption id -> its annotations in the order of the file: two blind ones, then a settling one
        where they differ; or a single one that came settled.

    Raises:
        InputError: the file cannot be read or lacks a column.
        LabelError: a row does not fit the taxonomy.
    """
    out: dict[str, list[Annotation]] = {}
    try:
        with open(path, encoding="utf-8", newline="") as stream:
            rows = csv.DictReader(stream)
            columns = rows.fieldnames or []
            key = next((c for c in _IDS if c in columns), None)
            if key is None or "reader" not in columns:
                raise InputError(f"{path}: needs the columns id (or nasa_id) and reader, and one column a facet")
            for row in rows:
                where = f"{path}: line {rows.line_num}"
                out.setdefault(row[key], []).append(Annotation(row["reader"] or "", _labels(row, facets, where)))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise InputError(f"{path}: is no UTF-8 CSV file: {error}") from error
    return out


def _labels(row: Mapping[str, str | None], facets: Sequence[Facet], where: str) -> dict[str, FacetValue]:
    labels: dict[str, FacetValue] = {}
    for facet in facets:
        cell = row.get(facet.name)
        if cell is None or (not facet.multiple and not cell):
            continue
        try:
            labels[facet.name] = check_label(facet, [v for v in cell.split(";") if v] if facet.multiple else cell)
        except LabelError as error:
            raise LabelError(f"{where}: {error}") from error
    return labels


def folder_agreements(folder: Path, facets: Sequence[Facet]) -> dict[str, tuple[list[Agreement], int]]:
    """What each file of annotations in a labels folder holds -> its agreements, and how many captions were annotated once.

    Raises:
        InputError, LabelError: a file cannot be read.
    """
    out: dict[str, tuple[list[Agreement], int]] = {}
    for name, kind in FILES.items():
        if (folder / name).exists():
            annotations = read_annotations(folder / name, facets)
            out[kind] = agreements(facets, annotations), sum(len(r) == 1 for r in annotations.values())
    name, kind = DEPICTED
    if (folder / name).exists():
        by_id: dict[str, list[Depiction]] = {}
        for reading in read_depictions(folder / name):
            by_id.setdefault(reading.id, []).append(reading)
        out[kind] = depicted_agreements(list(by_id.values())), sum(len(r) == 1 for r in by_id.values())
    return out


def depicted_agreements(readings: Sequence[Sequence[Depiction]]) -> list[Agreement]:
    """Compare the first two readings of what each caption depicts, item by item.

    Compared are whether a sentence shows the picture, and whether somebody named, or the bearer of a post, is in it.
    """
    out = []
    for part, letter in PARTS.items():
        pairs = []
        for found in readings:
            if len(found) > 1:
                one, other = ({(i.start, i.value): i.letter == letter for i in getattr(r, part)} for r in found[:2])
                pairs += [(shown, other[item]) for item, shown in one.items() if item in other]
        out.append(_agreement(part, "", pairs, len(pairs)))
    return out


def agreements(facets: Sequence[Facet], annotations: Mapping[str, Sequence[Annotation]]) -> list[Agreement]:
    """Compare the first two annotations of every caption that has two.

    Returns:
        For each facet the whole, then its values; last all facets at once.
    """
    pairs = [(r[0].labels, r[1].labels) for r in annotations.values() if len(r) > 1]
    out: list[Agreement] = []
    for facet in facets:
        both = [(a[facet.name], b[facet.name]) for a, b in pairs if facet.name in a and facet.name in b]
        out.append(_agreement(facet.name, "", both, len(both)))
        for name in facet.names:
            held = [(_has(a, name), _has(b, name)) for a, b in both]
            out.append(_agreement(facet.name, name, held, sum(a or b for a, b in held)))
    whole = [(tuple(sorted(a.items())), tuple(sorted(b.items()))) for a, b in pairs]
    out.append(_agreement("all", "", whole, len(whole)))
    return out


def _has(label: FacetValue, name: str) -> bool:
    return label == name if isinstance(label, str) else name in label


def _agreement(facet: str, value: str, pairs: Sequence[tuple[Any, Any]], captions: int) -> Agreement:
    if not pairs or not captions:
        return Agreement(facet, value, captions, None, None, None)
    count = len(pairs)
    agreed = sum(a == b for a, b in pairs) / count
    first, second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    expected = sum(n * second[v] for v, n in first.items()) / count**2
    return Agreement(
        facet, value, captions, agreed, expected, (agreed - expected) / (1 - expected) if expected < 1 else None
    )
