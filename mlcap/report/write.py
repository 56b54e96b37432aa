"""Writing a report into a folder."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path

from mlcap.errors import InputError
from mlcap.report import charts
from mlcap.report.page import page
from mlcap.report.tables import table_files
from mlcap.report.types import Report


def check_folder(folder: Path) -> None:
    """Make the folder, before anything long is computed for it.

    Raises:
        InputError: a file of that name stands there.
        OSError: it cannot be made or written.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: is a file; name a folder for the report")
    folder.mkdir(parents=True, exist_ok=True)


def report_files(report: Report) -> dict[str, bytes]:
    """File name -> content of everything that a report consists of.

    Raises:
        ReportError: matplotlib or Jinja2 is not installed.
    """
    figures = {f"matrix-{m.facet.name}": charts.matrix_figure(m) for m in report.matrices}
    figures |= {f"matrix-{t.facet.name}": charts.values_figure(t) for t in report.tables}
    reliability = report.evaluation.reliability
    figures |= {f"reliability-{name}": charts.reliability_figure(name, bins) for name, bins in reliability.items()}
    figures["thresholds"] = charts.threshold_figure(report.thresholds, report.evaluation.captions)
    if report.curve:
        figures["curve"] = charts.curve_figure(report.curve)
    files = table_files(report)
    pictures: dict[str, str] = {}
    for name, figure in figures.items():
        for form in ("png", "svg"):
            files[f"{name}.{form}"] = charts.picture(figure, form)
        pictures[name] = "data:image/svg+xml;base64," + b64encode(files[f"{name}.svg"]).decode("ascii")
    files["report.html"] = page(report, pictures).encode("utf-8", errors="replace")
    return files


def write_report(report: Report, folder: Path) -> list[str]:
    """Write a report; each file is whole or not there, and the page comes last.

    Returns:
        The names of the files.

    Raises:
        ReportError: matplotlib or Jinja2 is not installed.
        OSError: the folder cannot be written.
    """
    files = report_files(report)
    check_folder(folder)
    _write(folder, files)
    return list(files)


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, data in files.items():
        waiting = folder / f".{name}.new"
        try:
            waiting.write_bytes(data)
            waiting.replace(folder / name)
        finally:
            waiting.unlink(missing_ok=True)
