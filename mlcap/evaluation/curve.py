"""The points of a learning curve, as they are computed, written and read."""

from __future__ import annotations

import codecs
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlcap.bounded_json import read_json
from mlcap.errors import InputError
from mlcap.rounding import rounded
from mlcap.types import Facet

#: A curve of more bytes, or of more values, than this is none.
_LARGEST, _MOST_VALUES = 4 << 20, 200_000


@dataclass(frozen=True)
class CurvePoint:
    """One point of a learning curve.

    Attributes:
        source: the kind of caption that was trained on.
        captions: how many of them, on average over the folds.
        metrics: facet -> its average F1 on captions of this kind, over all folds.
        share: the share of the training captions of this kind that were used, 0 to 1; None where it is not said.
        measured_on: kind of caption measured on -> `FACET.METRIC` -> metric over all folds, None where there is
            nothing to count; metrics are `accuracy`, `macro_f1` and `micro_f1`.
    """

    source: str
    captions: int
    metrics: Mapping[str, float | None]
    share: float | None = None
    measured_on: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)

    def as_data(self) -> dict[str, Any]:
        """Give plain data for JSON, rounded to four decimals."""
        return {
            "source": self.source,
            "share": self.share,
            "captions": self.captions,
            "metrics": rounded(self.metrics),
            "measured_on": rounded(self.measured_on),
        }


def read_curve(path: Path, facets: Sequence[Facet]) -> list[CurvePoint]:
    """Read one point a line, `{"source": "composed", "captions": 500, "metrics": {"event": 0.7, ...}}`, or `{"points": [...]}`.

    Of each point what a chart needs is read: the metrics of these facets.

    Raises:
        InputError: the file cannot be read or has another shape.
    """
    wanted = f"{path}: is no learning curve; make one with `mlcap labels curve --json > curve.json`"
    try:
        with open(path, "rb") as stream:
            data = stream.read(_LARGEST + 1).removeprefix(codecs.BOM_UTF8)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    try:
        points = _points(data)
    except ValueError as error:
        raise InputError(wanted) from error
    if not isinstance(points, list) or not points:
        raise InputError(wanted)
    names = [f.name for f in facets]
    found = [_point(p, names) for p in points]
    if None in found:
        raise InputError(wanted)
    return [p for p in found if p is not None]


def _points(data: bytes) -> Any:
    try:
        found = read_json(data, _LARGEST, _MOST_VALUES)
    except ValueError:  # Several lines.
        return [read_json(line, _LARGEST, _MOST_VALUES) for line in data[: _LARGEST + 1].splitlines() if line.strip()]
    return found.get("points", [found]) if isinstance(found, dict) else None


def _point(point: Any, names: Sequence[str]) -> CurvePoint | None:
    if not isinstance(point, dict) or not isinstance(point.get("metrics"), dict):
        return None
    count = point.get("captions")
    metrics = {n: float(v) for n, v in point["metrics"].items() if n in names and isinstance(v, int | float)}
    if not isinstance(count, int) or isinstance(count, bool) or count <= 0 or not metrics:
        return None
    return CurvePoint(str(point.get("source", "all")), count, metrics)
