"""Reading a learning curve as `mlcap labels curve --json` writes it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mlcap.errors import InputError
from mlcap.report.types import CurvePoint
from mlcap.types import Facet


def read_curve(path: Path, facets: Sequence[Facet]) -> list[CurvePoint]:
    """Read one point a line, `{"source": "composed", "captions": 500, "figures": {"event": 0.7, ...}}`, or `{"points": [...]}`.

    Raises:
        InputError: the file cannot be read or has another shape.
    """
    wanted = f"{path}: is no learning curve; make one with `mlcap labels curve --json > curve.json`"
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise InputError(wanted) from error
    try:
        points = _points(text)
    except (ValueError, RecursionError) as error:
        raise InputError(wanted) from error
    if not isinstance(points, list) or not points:
        raise InputError(wanted)
    names = [f.name for f in facets]
    found = [_point(p, names) for p in points]
    if None in found:
        raise InputError(wanted)
    return [p for p in found if p is not None]


def _points(text: str) -> Any:
    try:
        data = json.loads(text)
    except ValueError:  # Several lines.
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    return data.get("points", [data]) if isinstance(data, dict) else None


def _point(point: Any, names: Sequence[str]) -> CurvePoint | None:
    if not isinstance(point, dict) or not isinstance(point.get("figures"), dict):
        return None
    count = point.get("captions")
    figures = {n: float(v) for n, v in point["figures"].items() if n in names and isinstance(v, int | float)}
    if not isinstance(count, int) or isinstance(count, bool) or count <= 0 or not figures:
        return None
    return CurvePoint(str(point.get("source", "all")), count, figures)
