"""`mlcap labels stats`, `agreement` and `curve`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlcap.cli.errors import OK, say
from mlcap.cli.labels_options import labels_option, stores_option
from mlcap.cli.options import json_option
from mlcap.cli.progress import above_bar, steps, watched
from mlcap.cli.render import number
from mlcap.cli.terminal import WIDTH, echo, printable
from mlcap.errors import InputError, TrainingError
from mlcap.labels.agreement import FILES, Agreement, agreements, read_readings
from mlcap.labels.corpus import read_labelled
from mlcap.labels.coverage import Coverage, coverage
from mlcap.labels.folder import Labels, label_files, read_labels
from mlcap.labels.library import read_library
from mlcap.labels.taxonomy import read_taxonomy
from mlcap.places import shipped_taxonomy
from mlcap.types import Facet, FacetValue

if TYPE_CHECKING:
    from mlcap.inspection.curve import Point


def _facets(folder: Path) -> tuple[Facet, ...]:
    if not folder.is_dir():
        raise InputError(f"{folder}: is no folder of labels; name one with --labels")
    own = folder / "taxonomy.toml"
    return read_taxonomy(own if own.exists() else shipped_taxonomy())


@click.command("stats")
@labels_option
@click.option("--thin", type=click.IntRange(0), default=15, show_default=True, help="How many thin cells to name.")
@json_option
def stats(labels: str, thin: int, as_json: bool) -> int:
    """Count what the labels cover: every facet, slice and pattern of roles, and their crossings.

    Composed, library and own captions are counted apart; no text of the library is needed.
    A cell of the full crossing is thin where it holds less than a third of what the shares
    of its parts would give.
    """
    folder = Path(labels)
    facets = _facets(folder)
    found = {kind: coverage(facets, rows) for kind, rows in _labelled(folder, facets).items()}
    if not found:
        raise InputError(f"{folder}: holds no labelled captions")
    if as_json:
        echo(json.dumps({kind: one.as_data() for kind, one in found.items()}, ensure_ascii=False, indent=1), False)
        return OK
    echo("\n\n".join("\n".join(coverage_lines(kind, one, thin)) for kind, one in found.items()))
    return OK


_Labelled = tuple[Mapping[str, FacetValue], Mapping[str, str]]


def _labelled(folder: Path, facets: Sequence[Facet]) -> dict[str, list[_Labelled]]:
    """The labels by kind of caption, without need of the library's texts."""
    out: dict[str, list[_Labelled]] = {}
    for path, source in label_files(folder):
        out.setdefault(source, []).extend((c.labels, c.slices) for c in read_labelled(path, facets, source))
    library = folder / "library.csv"
    if library.exists():
        rows = read_library(library, facets)
        out["library"] = [(r.labels, {"stratum": r.stratum, "sample": r.sample}) for r in rows]
    return {kind: rows for kind, rows in out.items() if rows}


def coverage_lines(kind: str, found: Coverage, thin: int) -> list[str]:
    """The coverage of one kind of caption: the first axis against every other, then the thin cells."""
    lines = [f"{kind}: {found.captions} captions"]
    for facet, values in found.values.items():
        counted = ", ".join(f"{name} {n or 'no examples'}" for name, n in values.items())
        lines += _folded(f"  {facet}: {counted}")
    for axis in found.axes[1:]:
        lines += ["", *_table(found, found.axes[0], axis)]
    lines += ["", f"  thin cells: {len(found.thin)}{f', the first {thin}' if len(found.thin) > thin else ''}"]
    lines += [
        f"    {t.captions:3d} where {t.expected:.0f} are expected: {' x '.join(t.cell)}" for t in found.thin[:thin]
    ]
    return lines


def _folded(line: str) -> list[str]:
    from textwrap import wrap

    return wrap(printable(line), WIDTH, initial_indent="  ", subsequent_indent="    ")


def _table(found: Coverage, columns: str, rows: str) -> list[str]:
    """A crossing with one line a value of `rows`; several tables where the columns do not fit."""
    cells = found.table(columns, rows)
    heads = list(found.counts[columns])
    width = min(23, max(len(rows), *map(len, found.counts[rows])))
    room = WIDTH - 2 - width - 7
    cell = max(6, min(10, room // len(heads)))
    lines = []
    for start in range(0, len(heads), room // cell):
        part = heads[start : start + room // cell]
        lines.append(f"  {rows:{width}s}" + "".join(f"{h[: cell - 1]:>{cell}s}" for h in part) + "    all")
        for name, total in found.counts[rows].items():
            counts = "".join(f"{cells.get((h, name), 0) or '.':>{cell}}" for h in part)
            lines.append(f"  {printable(name)[:width]:{width}s}{counts} {total or '.':>6}")
    return lines


@click.command("agreement")
@labels_option
@json_option
def agreement(labels: str, as_json: bool) -> int:
    """Say how far the two blind readings of each caption agree, and Cohen's kappa.

    Read from corpus-readings.csv and library-readings.csv; captions that were read once
    are left out and counted.
    """
    folder = Path(labels)
    facets = _facets(folder)
    found = {}
    for name, kind in FILES.items():
        if (folder / name).exists():
            readings = read_readings(folder / name, facets)
            found[kind] = (agreements(facets, readings), sum(len(r) == 1 for r in readings.values()))
    if not found:
        raise InputError(f"{folder}: holds no readings; they stand in {' and '.join(FILES)}")
    if as_json:
        data = {k: {"read_once": once, "agreement": [a.as_data() for a in rows]} for k, (rows, once) in found.items()}
        echo(json.dumps(data, ensure_ascii=False, indent=1), False)
        return OK
    echo("\n\n".join("\n".join(agreement_lines(kind, rows, once)) for kind, (rows, once) in found.items()))
    return OK


def agreement_lines(kind: str, rows: Sequence[Agreement], once: int) -> list[str]:
    """One line a facet and a value."""
    width = max(len(a.value or a.facet) for a in rows) + 2
    lines = [
        f"{kind} ({once} captions read once are left out)",
        f"  {'':{width}s}  captions  agreed  by chance  kappa",
    ]
    for a in rows:
        name = f"  {a.value}" if a.value else "all facets" if a.facet == "all" else a.facet
        if a.agreed is None:
            lines.append(f"  {name:{width}s}  no examples")
        else:
            figures = f"{number(a.agreed):>6s}  {number(a.expected):>9s}  {number(a.kappa)}"
            lines.append(f"  {name:{width}s}  {a.captions:8d}  {figures}")
    return lines


@click.command("curve")
@labels_option
@stores_option
@click.option(
    "--points", type=click.IntRange(2, 10), default=4, show_default=True, help="Points, each of twice the captions."
)
@click.option("--folds", type=click.IntRange(2, 20), default=5, show_default=True, help="Folds grouped by mission.")
@click.option("--seed", type=int, default=0, show_default=True, help="Order in which missions are added.")
@click.option("--beside", is_flag=True, help="Train on all captions of the other kinds as well.")
@json_option
def curve(labels: str, stores: tuple[str, ...], points: int, folds: int, seed: int, beside: bool, as_json: bool) -> int:
    """Show what more captions would help: figures on growing shares, for each kind of caption.

    Grouped cross-validation on fixed folds without the held-out missions. Takes minutes;
    points are printed as they come, so an interrupted run keeps what was finished; with
    --json each point is one line.
    """
    from mlcap.features.extract import extract
    from mlcap.inspection.curve import learning_curve
    from mlcap.labels.taxonomy import extra_words
    from mlcap.training.settings import Settings

    found = read_labels(Path(labels), [Path(s) for s in stores], shipped_taxonomy())
    _say_missing(found)
    captions = sorted(found.training(), key=lambda c: (c.source, c.id))
    if not captions:
        raise TrainingError(f"{labels}: holds no caption outside of the held-out missions")
    words = extra_words(found.facets)
    features = [extract(c.text, words) for c in watched(captions, len(captions), "captions read")]
    kinds = list(dict.fromkeys(c.source for c in captions))
    settings = Settings(folds=folds, seed=seed)
    before: Point | None = None
    with steps(points * folds * len(kinds), "fit") as advance:
        for kind in kinds:
            for point in learning_curve(
                found.facets,
                captions,
                features,
                settings,
                kind,
                points,
                beside,
                lambda: advance(kind),  # noqa: B023
            ):
                last = before if before is not None and before.source == kind else None
                if as_json:
                    shown = json.dumps(point.as_data(), ensure_ascii=False)
                else:
                    head = curve_head(kinds, kind, beside) if last is None else []
                    shown = "\n".join([*head, *point_lines(found.facets, point, last)])
                with above_bar():
                    echo(shown, False if as_json else None)
                before = point
    return OK


def _say_missing(found: Labels) -> None:
    if found.joined is not None and len(found.joined.captions) < found.joined.labels:
        lacking = found.joined.labels - len(found.joined.captions)
        say(f"{lacking} library labels have no text here and take no part; name caption stores with --captions")


def _shown(facets: Sequence[Facet]) -> Iterator[tuple[str, str]]:
    """The figures of a point that are printed: (key, name)."""
    for facet in facets:
        yield f"{facet.name}.right", f"{facet.name} right"
        average = "micro_f1" if facet.multiple else "macro_f1"
        yield f"{facet.name}.{average}", f"{facet.name} {average.replace('_f1', '-F1')}"


def curve_head(kinds: Sequence[str], kind: str, beside: bool) -> list[str]:
    """The head of one curve."""
    others = " and all others" if beside and len(kinds) > 1 else ""
    return [f"trained on {kind} captions{others}; in brackets the gain by the last doubling"]


def point_lines(facets: Sequence[Facet], point: Point, last: Point | None) -> list[str]:
    """One point: a line for every kind of caption measured on and figure.

    Args:
        last: the point before, of half the captions; None for the first.
    """
    lines = [f"  {point.captions} captions ({point.share:.1%} of them)"]
    for measured, figures in point.figures.items():
        cells = []
        for key, name in _shown(facets):
            if key not in figures:
                continue
            value = figures[key]
            earlier = last.figures[measured].get(key) if last is not None else None
            gain = f" ({value - earlier:+.3f})" if value is not None and earlier is not None else ""
            cells.append(f"    on {measured:9s} {name:20s} {number(value)}{gain}")
        lines += cells
    return lines
