"""`mlcap compare`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import click

from mlcap.cli.at_hand import tagged_captions
from mlcap.cli.errors import OK, say
from mlcap.cli.matrix import signed_matrix_lines
from mlcap.cli.measured import measured, not_read_lines
from mlcap.cli.options import fields_options, json_option, models_option, show_option
from mlcap.cli.render import number, shown_name
from mlcap.cli.terminal import WIDTH, colour_option, echo, echo_json
from mlcap.errors import InputError
from mlcap.evaluation.versions import (
    BETTER,
    NEITHER,
    UNLABELLED,
    WORSE,
    MetricDifference,
    SideBySide,
    side_by_side,
    verdict,
)
from mlcap.labels.corpus import read_labelled
from mlcap.model.format import MANIFEST
from mlcap.model.load import Artifact, load_artifact
from mlcap.model.location import find_models
from mlcap.model.registry import Registry
from mlcap.model.registry_state import REGISTRY_FILE
from mlcap.model.tagging import Tagger
from mlcap.records.types import FieldChoice
from mlcap.text import counted, one_line
from mlcap.types import Facet, FacetValue, LabelledCaption


@click.command("compare")
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.argument("gold", metavar="GOLD")
@fields_options
@show_option(10, "How many changed captions to show a kind.")
@colour_option
@models_option
@json_option
def command(
    a: str,
    b: str,
    gold: str,
    choice: FieldChoice,
    show: int,
    colour: bool | None,
    models: str | None,
    as_json: bool,
) -> int:
    """Compare model versions A and B on the labelled captions in GOLD, a table or JSON Lines.

    A and B are numbers, identities or current, as `mlcap models list` shows them, or folders: of one
    version, or of versions with one that is current. Differences are B less A, their
    95 % intervals drawn by mission, both versions on the same draws.
    """
    folder = find_models(models).folder
    (first, before), (second, after) = _load(a, folder), _load(b, folder)
    facets = _shared(before, after)
    captions = read_labelled(Path(gold), facets, warn=say, choice=choice)
    tags = []
    for name, artifact in ((first, before), (second, after)):
        # Which captions are read does not depend on the version.
        read, tagged, others = measured(captions, tagged_captions(Tagger(artifact, name), captions))
        tags.append(tagged)
    captions = read
    found = side_by_side(facets, captions, *tags)
    if as_json:
        data = found.as_data()
        for row in data["changed_tags"]:
            row["id"], row["text"] = captions[row["index"]].id, captions[row["index"]].text
        echo_json({"first": first, "second": second, "not_read": others, **data})
    else:
        echo("\n".join(comparison_lines(first, second, facets, captions, found, show, others)), colour)
    return OK


def _load(name: str, folder: Path) -> tuple[str, Artifact]:
    """Load a version by number or path, and give what to call it."""
    path = Path(name)
    if (path / MANIFEST).is_file():
        return name, load_artifact(path)
    if (path / REGISTRY_FILE).is_file():
        version = Registry(path).load()
        return f"{name} ({version.identity})", version.artifact
    version = Registry(folder).load(name)
    return version.identity, version.artifact


def _shared(before: Artifact, after: Artifact) -> tuple[Facet, ...]:
    theirs = {f.name: f for f in after.facets}
    shared = tuple(
        f
        for f in before.facets
        if f.name in theirs and (f.multiple, f.names) == (theirs[f.name].multiple, theirs[f.name].names)
    )
    left = dict.fromkeys(f.name for f in (*before.facets, *after.facets) if f.name not in {s.name for s in shared})
    if not shared:
        raise InputError("the two versions have no facet with the same values, so they cannot be compared")
    if left:
        say(f"left out, since the versions do not have them with the same values: {', '.join(left)}")
    return shared


def comparison_lines(
    first: str,
    second: str,
    facets: Sequence[Facet],
    captions: Sequence[LabelledCaption],
    found: SideBySide,
    show: int,
    others: Mapping[str, int] = MappingProxyType({}),
) -> list[str]:
    """Metrics, difference of the matrices and captions that changed sides, at most 80 columns."""
    both = f"A: {one_line(first)}, B: {one_line(second)}"
    lines = [f"{counted(len(captions), 'caption')}; {both}", *not_read_lines(others), ""]
    lines += [f"{'':26s}      A      B  B less A  95 % interval", *(_difference(d) for d in found.metrics)]
    lines.append(
        _difference(
            MetricDifference(
                "facets right", found.tags.current, found.tags.candidate, found.tags.difference, found.tags.interval
            )
        )
    )
    for facet in facets:
        matrix = found.matrices.get(facet.name)
        if matrix is not None and any(map(any, matrix)):
            lines += ["", *signed_matrix_lines(facet, matrix)]
    lines.append("")
    if not found.changed_tags:
        return [*lines, "no tag differs"]
    kinds = Counter((c.facet, verdict(c)) for c in found.changed_tags)
    for facet in facets:
        each = [f"{name} {kinds[facet.name, name]}" for name in (BETTER, WORSE, NEITHER, UNLABELLED)]
        lines.append(f"{facet.name} changes: {', '.join(each)}")
    for name, said in ((WORSE, "right -> wrong"), (BETTER, "wrong -> right"), (NEITHER, "wrong -> otherwise wrong")):
        lines += _changed(captions, found, name, said, show)
    return lines


def _difference(one: MetricDifference) -> str:
    gap = "       -" if one.difference is None else f"{one.difference:+8.3f}"
    interval = "  -" if one.interval is None else f"  {one.interval[0]:+.3f} to {one.interval[1]:+.3f}"
    return f"{shown_name(one.metric):26s}  {number(one.first)}  {number(one.second)}  {gap}{interval}"


def _changed(captions: Sequence[LabelledCaption], found: SideBySide, name: str, said: str, show: int) -> list[str]:
    rows = [c for c in found.changed_tags if verdict(c) == name]
    if not rows:
        return []
    lines = ["", f"{said}, {len(rows)} tags{f' (the first {show})' if len(rows) > show else ''}"]
    for tag in rows[:show]:
        caption = captions[tag.index]
        tags = f"{tag.facet} {_value(tag.before)} -> {_value(tag.after)}"
        also = f" (label {_value(tag.label)})" if name == NEITHER else ""
        lines.append(_cut(f"  {one_line(caption.id)}  {tags}{also}"))
        lines.append(_cut(f"      {one_line(caption.text)}"))
    return lines


def _cut(line: str) -> str:
    return line if len(line) <= WIDTH else line[: WIDTH - 3] + "..."


def _value(value: FacetValue | None) -> str:
    return "" if value is None else value if isinstance(value, str) else ";".join(value) or "none"
