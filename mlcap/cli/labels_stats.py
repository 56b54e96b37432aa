"""`mlcap labels stats` and `agreement`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import wrap

import click

from mlcap.cli.errors import OK
from mlcap.cli.options import fields_options, json_option, labels_option
from mlcap.cli.render import number
from mlcap.cli.terminal import WIDTH, echo, echo_json
from mlcap.cli.warnings import Warnings
from mlcap.errors import InputError
from mlcap.labels.agreement import DEPICTED, FILES, Agreement, folder_agreements
from mlcap.labels.corpus import read_labelled
from mlcap.labels.coverage import Coverage, coverage
from mlcap.labels.folder import label_files
from mlcap.labels.library import read_library
from mlcap.model.location import shipped_taxonomy
from mlcap.records.types import FieldChoice
from mlcap.taxonomy import read_taxonomy
from mlcap.text import one_line
from mlcap.types import Facet, FacetValue


def _facets(folder: Path) -> tuple[Facet, ...]:
    if not folder.is_dir():
        raise InputError(f"{folder}: is no folder of labels; name one with --labels")
    own = folder / "taxonomy.toml"
    return read_taxonomy(own if own.exists() else shipped_taxonomy())


@click.command("stats")
@labels_option(default="labels")
@fields_options
@click.option(
    "--thin",
    type=click.IntRange(0),
    metavar="N",
    default=15,
    show_default=True,
    help="How many thin crossings to name.",
)
@json_option
def stats(labels: str, choice: FieldChoice, thin: int, as_json: bool) -> int:
    """Count what the labels cover: every facet, slice and pattern of roles, and their crossings.

    Composed, library and own captions are counted apart; no text of the library is needed.
    A crossing of all of them is thin where it holds less than a third of what the shares
    of its parts would give.
    """
    folder = Path(labels)
    facets = _facets(folder)
    found = {kind: coverage(facets, rows) for kind, rows in _labelled(folder, facets, choice).items()}
    if not found:
        raise InputError(f"{folder}: holds no labelled captions")
    if as_json:
        echo_json({kind: one.as_data() for kind, one in found.items()})
        return OK
    echo("\n\n".join("\n".join(coverage_lines(kind, one, thin)) for kind, one in found.items()))
    return OK


_Labelled = tuple[Mapping[str, FacetValue], Mapping[str, str]]


def _labelled(folder: Path, facets: Sequence[Facet], choice: FieldChoice) -> dict[str, list[_Labelled]]:
    """The labels by kind of caption, without need of the library's texts."""
    out: dict[str, list[_Labelled]] = {}
    warn = Warnings()
    for path, source in label_files(folder):
        captions = read_labelled(path, facets, source, warn, choice)
        out.setdefault(source, []).extend((c.labels, c.slices) for c in captions)
    warn.finish()
    library = folder / "library.csv"
    if library.exists():
        rows = read_library(library, facets)
        out["library"] = [(r.labels, {"stratum": r.stratum, "sample": r.sample}) for r in rows]
    return {kind: rows for kind, rows in out.items() if rows}


def coverage_lines(kind: str, found: Coverage, thin: int) -> list[str]:
    """The coverage of one kind of caption: the first axis against every other, then the thin crossings."""
    lines = [f"{kind}: {found.captions} captions"]
    for facet, values in found.values.items():
        counted = ", ".join(f"{name} {n or 'no examples'}" for name, n in values.items())
        lines += _folded(f"  {facet}: {counted}")
    for axis in found.axes[1:]:
        lines += ["", *_table(found, found.axes[0], axis)]
    lines += ["", f"  thin crossings: {len(found.thin)}{f', the first {thin}' if len(found.thin) > thin else ''}"]
    for t in found.thin[:thin]:
        line = f"{t.captions:3d} where {t.expected:.0f} are expected: {' x '.join(t.values)}"
        lines += wrap(line, WIDTH, initial_indent=" " * 4, subsequent_indent=" " * 8)
    return lines


def _folded(line: str) -> list[str]:
    return wrap(one_line(line), WIDTH, initial_indent="  ", subsequent_indent="    ")


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
            lines.append(f"  {one_line(name)[:width]:{width}s}{counts} {total or '.':>6}")
    return lines


@click.command("agreement")
@labels_option(default="labels")
@json_option
def agreement(labels: str, as_json: bool) -> int:
    """Say how far the two blind annotations of each caption agree, and Cohen's kappa.

    Read from corpus-readings.csv and library-readings.csv, and from depiction.csv what captions
    depict: sentences, people and posts. Captions that were annotated once are left out and counted.
    """
    folder = Path(labels)
    found = folder_agreements(folder, _facets(folder))
    if not found:
        raise InputError(f"{folder}: holds no annotations; they stand in {', '.join((*FILES, DEPICTED[0]))}")
    if as_json:
        data = {
            k: {"annotated_once": once, "agreement": [a.as_data() for a in rows]} for k, (rows, once) in found.items()
        }
        echo_json(data)
        return OK
    echo("\n\n".join("\n".join(agreement_lines(kind, rows, once)) for kind, (rows, once) in found.items()))
    return OK


def agreement_lines(kind: str, rows: Sequence[Agreement], once: int) -> list[str]:
    """One line a facet and a value."""
    width = max(len(a.value or a.facet) for a in rows) + 2
    lines = [
        f"{kind} ({once} captions annotated once are left out)",
        f"  {'':{width}s}  captions  agreed  by chance  kappa",
    ]
    for a in rows:
        name = f"  {a.value}" if a.value else "all facets" if a.facet == "all" else a.facet
        if a.agreed is None:
            lines.append(f"  {name:{width}s}  no examples")
        else:
            found = f"{number(a.agreed):>6s}  {number(a.expected):>9s}  {number(a.kappa)}"
            lines.append(f"  {name:{width}s}  {a.captions:8d}  {found}")
    return lines
