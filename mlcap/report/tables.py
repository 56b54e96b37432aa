"""The figures of a report as JSON and CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from mlcap.records.writing import cell
from mlcap.report.types import Matrix, Report, RoleTables


def _csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([round(x, 4) if isinstance(x, float) else cell(x) for x in row])
    return out.getvalue().encode("utf-8")


def _values(report: Report) -> bytes:
    columns = ("facet", "value", "precision", "recall", "f1", "support", "hit", "missed", "wrongly_given")
    rows = [
        (name, v.value, v.precision, v.recall, v.f1, v.support, v.hit, v.missed, v.wrongly_given)
        for name, figures in report.evaluation.facets.items()
        for v in figures.values
    ]
    return _csv(columns, rows)


def _matrix(matrix: Matrix) -> bytes:
    names = matrix.facet.names
    rows = [
        (name, *(c.total for c in row), review.total)
        for name, row, review in zip(names, matrix.cells, matrix.review, strict=True)
    ]
    return _csv(("labelled", *names, "of these to review"), rows)


def _instead(tables: RoleTables) -> bytes:
    names = tables.facet.names
    rows = [(name, *(c.total for c in row)) for name, row in zip(names, tables.instead, strict=True)]
    return _csv(("missed", *(f"{n} wrongly given" for n in names)), rows)


def as_data(report: Report) -> dict[str, Any]:
    """The figures as plain data for JSON; suspects and near-duplicates by the captions' ids."""
    ids = [str(r["id"]) for r in report.records]
    return {
        "gold": report.gold,
        "model": report.model,
        **report.evaluation.as_data(),
        "thresholds": [asdict(p) for p in report.thresholds],
        "slices": [asdict(s) for s in report.slices],
        "suspects": [{"id": ids[s.index], **asdict(s)} for s in report.suspects],
        "training_captions_compared": report.compared,
        "near_duplicates": [{"id": ids[d.index], **asdict(d)} for d in report.duplicates],
        "curve": None if report.curve is None else [asdict(p) for p in report.curve],
    }


def table_files(report: Report) -> dict[str, bytes]:
    """File name -> content of every table."""
    facets = list(report.evaluation.facets)
    text = json.dumps(as_data(report), ensure_ascii=True, indent=1, allow_nan=False) + "\n"
    files = {"figures.json": text.encode("utf-8"), "values.csv": _values(report)}
    files |= {f"matrix-{m.facet.name}.csv": _matrix(m) for m in report.matrices}
    files |= {f"instead-{t.facet.name}.csv": _instead(t) for t in report.roles}
    files["thresholds.csv"] = _csv(
        ("threshold", "automatic", "single_right", "all_right"), [tuple(asdict(p).values()) for p in report.thresholds]
    )
    files["slices.csv"] = _csv(
        ("field", "value", "captions", *facets, "automatic"),
        [(s.field, s.value, s.captions, *(s.figures[f] for f in facets), s.automatic) for s in report.slices],
    )
    for name, bins in report.evaluation.reliability.items():
        columns = ("low", "captions", "mean_probability", "right")
        files[f"reliability-{name}.csv"] = _csv(
            columns, [(b.low, b.captions, b.mean_probability, b.right) for b in bins]
        )
    files["suspects.csv"] = _csv(
        ("id", "facet", "label", "tag", "probability", "in_training", "out_of_fold", "text"),
        [
            (
                report.records[s.index]["id"],
                s.facet,
                s.label,
                s.tag,
                s.probability,
                s.seen,
                s.out_of_fold,
                report.records[s.index]["text"],
            )
            for s in report.suspects
        ],
    )
    if report.compared is not None:
        files["near-duplicates.csv"] = _csv(
            ("id", "training_id", "likeness"),
            [(report.records[d.index]["id"], d.training_id, d.likeness) for d in report.duplicates],
        )
    return files
