"""The page of a report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from mlcap.evaluation.evaluate import Evaluation
from mlcap.report.charts import AXES_LEFT, AXES_RIGHT
from mlcap.report.compute import PER_LIST
from mlcap.report.html import template
from mlcap.report.types import CellCaptions, Report

#: From which share of its row a cell is drawn in which strength, 1 to 5.
_SHADES = (0.0001, 0.05, 0.2, 0.5, 0.8)


def shade(count: int, total: int) -> int:
    """How strongly a cell is drawn, 0 to 5, by its share of the row."""
    share = count / total if total else 0.0
    return sum(share >= least for least in _SHADES)


def headlines(evaluation: Evaluation) -> list[dict[str, Any]]:
    """The metrics that the page begins with, each with its interval, which may be None."""
    names = {
        "macro_f1": "macro-F1 (mean over the values)",
        "micro_f1": "micro-F1 (over all caption-value pairs)",
        "accuracy": "accuracy (captions right)",
    }
    out = []
    for facet, metrics in evaluation.facets.items():
        for metric, title in names.items():
            key = f"{facet}.{metric}"
            if key in evaluation.intervals:
                out.append(
                    {
                        "facet": facet,
                        "title": title,
                        "value": getattr(metrics, metric),
                        "interval": evaluation.intervals[key],
                    }
                )
    return out


def embedded(report: Report) -> dict[str, Any]:
    """What the page's script works with."""
    cells: list[CellCaptions] = [c for c in report.cells() if c.total]
    return {
        "cells": {
            c.key: {
                "title": c.title,
                "total": c.total,
                "captions": list(c.captions),
                "facet": c.facet,
                "mark": c.mark,
                "pair": c.pair,
            }
            for c in cells
        },
        "desk": report.desk,
        "captions": report.captions,
        "thresholds": [asdict(p) for p in report.thresholds],
        "total": report.evaluation.captions,
        "axes": [AXES_LEFT, AXES_RIGHT],
    }


def page(report: Report, pictures: Mapping[str, str]) -> str:
    """Give the page.

    Args:
        report: computed.
        pictures: chart name -> data address.

    Raises:
        ReportError: Jinja2 is not installed.
    """
    return template("report.html.j2").render(
        report=report,
        evaluation=report.evaluation,
        headlines=headlines(report.evaluation),
        pictures=pictures,
        shade=shade,
        data=embedded(report),
        per_list=PER_LIST,
        start=report.thresholds[round(report.start * 100)],
    )
