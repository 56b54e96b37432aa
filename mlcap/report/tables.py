"""The metrics of a report as JSON and CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from mlcap.records.writing import table_cell
from mlcap.report.types import Matrix, Report, ValueTables
from mlcap.rounding import rounded


def _csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([rounded(x) if isinstance(x, float) else table_cell(x) for x in row])
    return out.getvalue().encode("utf-8")


def _values(report: Report) -> bytes:
    columns = ("value", "precision", "recall", "f1", "support", "true_positives", "false_negatives", "false_positives")
    rows = [
        (name, *(getattr(v, c) for c in columns))
        for name, metrics in report.evaluation.facets.items()
        for v in metrics.values
    ]
    return _csv(("facet", *columns), rows)


def _matrix(matrix: Matrix) -> bytes:
    names = matrix.facet.names
    rows = [
        (name, *(c.total for c in row), review.total)
        for name, row, review in zip(names, matrix.cells, matrix.review, strict=True)
    ]
    return _csv(("labelled", *names, "of these to review"), rows)


def _instead(tables: ValueTables) -> bytes:
    names = tables.facet.names
    rows = [(name, *(c.total for c in row)) for name, row in zip(names, tables.instead, strict=True)]
    return _csv(("false negative", *(f"false positive {n}" for n in names)), rows)


def _doubts(report: Report) -> bytes:
    columns = ("id", "facet", "labelled", "predicted", "probability", "in_training", "out_of_fold", "text")
    rows = [
        (
            report.records[d.index]["id"],
            d.facet,
            d.labelled,
            d.predicted,
            d.probability,
            d.index in report.trained_on,
            d.index in report.out_of_fold,
            report.records[d.index]["text"],
        )
        for d in report.doubts
    ]
    return _csv(columns, rows)


def as_data(report: Report) -> dict[str, Any]:
    """The metrics as plain data for JSON; doubts and near-duplicates by the captions' ids."""
    ids = [str(r["id"]) for r in report.records]
    return {
        "gold": report.gold,
        "model": report.model,
        **report.evaluation.as_data(),
        "thresholds": [rounded(asdict(p)) for p in report.thresholds],
        "slices": [rounded(asdict(s)) for s in report.slices],
        "doubts": [
            {
                "id": ids[d.index],
                **d.as_data(),
                "in_training": d.index in report.trained_on,
                "out_of_fold": d.index in report.out_of_fold,
            }
            for d in report.doubts
        ],
        "training_captions_compared": report.compared,
        "near_duplicates": [{"id": ids[d.index], **rounded(asdict(d))} for d in report.duplicates],
        "curve": None if report.curve is None else [p.as_data() for p in report.curve],
    }


def table_files(report: Report) -> dict[str, bytes]:
    """File name -> content of every table."""
    facets = list(report.evaluation.facets)
    text = json.dumps(as_data(report), ensure_ascii=True, indent=1, allow_nan=False) + "\n"
    files = {"metrics.json": text.encode("utf-8"), "values.csv": _values(report)}
    files |= {f"matrix-{m.facet.name}.csv": _matrix(m) for m in report.matrices}
    files |= {f"instead-{t.facet.name}.csv": _instead(t) for t in report.tables}
    files["thresholds.csv"] = _csv(
        ("threshold", "automatic", "single_right", "all_right"), [tuple(asdict(p).values()) for p in report.thresholds]
    )
    files["slices.csv"] = _csv(
        ("field", "value", "captions", *facets, "automatic"),
        [(s.field, s.value, s.captions, *(s.metrics[f] for f in facets), s.automatic) for s in report.slices],
    )
    for name, bins in report.evaluation.reliability.items():
        columns = ("low", "captions", "mean_probability", "right")
        files[f"reliability-{name}.csv"] = _csv(
            columns, [(b.low, b.captions, b.mean_probability, b.right) for b in bins]
        )
    files["doubts.csv"] = _doubts(report)
    if report.compared is not None:
        files["near-duplicates.csv"] = _csv(
            ("id", "training_id", "similarity"),
            [(report.records[d.index]["id"], d.training_id, d.similarity) for d in report.duplicates],
        )
    return files
