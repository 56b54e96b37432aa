"""`mlcap models diff`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import click

from mlcap.cli.errors import OK, SOME_FAILED, say
from mlcap.cli.options import fields_options, json_option, models_option, show_option
from mlcap.cli.terminal import echo_json
from mlcap.errors import InputError, LabelError
from mlcap.evaluation.compare import ChangedTag, changed_tags
from mlcap.evaluation.versions import UNLABELLED, changed_data, verdict
from mlcap.labels.corpus import labels_in
from mlcap.model.opening import open_tagger
from mlcap.records.reading import FORMS, read_records
from mlcap.records.types import FieldChoice
from mlcap.text import counted, one_line
from mlcap.types import Facet, FacetValue


@click.command("diff")
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.argument("file", metavar="FILE")
@click.option("--from", "form", type=click.Choice(FORMS), help="Form of FILE [default: by extension].")
@fields_options
@show_option(10, "How many changed captions to show.")
@models_option
@json_option
def diff(
    a: str, b: str, file: str, form: str | None, choice: FieldChoice, show: int, models: str | None, as_json: bool
) -> int:
    """Show what changes in the tags of the captions in FILE from version A to version B.

    Where FILE has labels, each change is called better, worse or neither.
    """
    before, after = open_tagger(a, models), open_tagger(b, models)
    failed: list[str] = []
    records = list(read_records([file], form, choice, say, lambda e: failed.append(str(e))))
    if failed:
        raise InputError(failed[0])
    read = [r for r in records if r.text is not None]
    if not read:
        raise InputError(f"{file}: holds no captions")
    texts = [str(r.text) for r in read]
    catalogues = [r.catalogue for r in read]
    labels = [_labels(r.fields, before.facets) for r in read]
    found = changed_tags(labels, before.tag(texts, catalogues), after.tag(texts, catalogues))
    if as_json:
        rows = [{**changed_data(c), "position": read[c.index].position, "text": texts[c.index]} for c in found]
        echo_json({"captions": len(read), "changed_tags": rows})
    else:
        _print_changed(found, texts, [r.position for r in read], show)
    if len(read) < len(records):
        say(f"{counted(len(records) - len(read), 'record')} could not be read: left out")
        return SOME_FAILED
    return OK


def _labels(fields: Mapping[str, Any], facets: Sequence[Facet]) -> dict[str, FacetValue]:
    """The labels of a record that fit the facets; other fields are none."""
    out: dict[str, FacetValue] = {}
    for facet in facets:
        with suppress(LabelError):
            out |= labels_in(fields, [facet])
    return out


def _value(value: FacetValue) -> str:
    return value if isinstance(value, str) else ";".join(value) or "-"


def _print_changed(found: Sequence[ChangedTag], texts: Sequence[str], positions: Sequence[str], show: int) -> None:
    captions = len({c.index for c in found})
    click.echo(f"{captions} of {len(texts)} captions change, in {len(found)} tags")
    kinds = Counter((t.facet, _value(t.before), _value(t.after), verdict(t)) for t in found)
    for (facet, before, after, outcome), count in sorted(kinds.items(), key=lambda item: (-item[1], item[0])):
        click.echo(f"  {count:4d}  {facet}: {before} -> {after}{'' if outcome == UNLABELLED else f'  ({outcome})'}")
    for tag in found[:show]:
        plain = one_line(texts[tag.index])[:100]
        click.echo(f"{positions[tag.index]}  {tag.facet}: {_value(tag.before)} -> {_value(tag.after)}\n    {plain}")
