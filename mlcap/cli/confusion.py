"""`mlcap confusion`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import click

from mlcap.cli.at_hand import tagged_captions, training_captions
from mlcap.cli.errors import OK, say
from mlcap.cli.measured import measured, not_read_lines
from mlcap.cli.options import fields_options, json_option, labels_option, stores_option, tagger_of, tagger_options
from mlcap.cli.progress import above_bar, watched
from mlcap.cli.terminal import WIDTH, colour_option, echo, echo_json, short_probability
from mlcap.errors import MlcapError
from mlcap.evaluation.confusion import NONE, ConfusionCell, captions_in, parse_cell
from mlcap.explanation.case import Case, case_of
from mlcap.explanation.rows import Row
from mlcap.features.blocks import WORD_NAMES
from mlcap.labels.corpus import read_labelled
from mlcap.model.tagging import Tagger
from mlcap.records.types import FieldChoice
from mlcap.rounding import rounded
from mlcap.text import one_line
from mlcap.types import FacetValue, LabelledCaption, TaggedCaption

if TYPE_CHECKING:
    from mlcap.explanation.neighbours import Neighbour

#: A caption's text is cut after so many lines, which the longest real ones hardly reach; a neighbour's sooner.
_OWN_LINES = 60
_NEIGHBOUR_LINES = 3


@click.command("confusion")
@click.argument("gold", metavar="GOLD")
@fields_options
@click.option("--cell", "wanted", required=True, metavar="LABELLED,GIVEN", help="The cell, as in training,fit-check.")
@click.option("--facet", metavar="NAME", help="Facet of the cell [default: the first one with these values].")
@click.option(
    "--words",
    "most",
    type=click.IntRange(1),
    metavar="N",
    default=6,
    show_default=True,
    help="How many deciding words to list.",
)
@click.option(
    "--neighbours",
    type=click.IntRange(0),
    metavar="N",
    default=3,
    show_default=True,
    help="How many training captions to list.",
)
@labels_option("Labels folder with the training captions [default: labels/].")
@stores_option()
@colour_option
@json_option
@tagger_options
def command(
    gold: str,
    choice: FieldChoice,
    wanted: str,
    facet: str | None,
    most: int,
    neighbours: int,
    labels: str | None,
    stores: tuple[str, ...],
    colour: bool | None,
    as_json: bool,
    model: str,
    models: str | None,
    text_only: bool,
    verbose: bool,
) -> int:
    """Show the captions of one cell of the confusion: how sure the version was, what decided, and training captions like them.

    For a multi-valued facet - stands for no value: commander,- are the false negatives of
    commander, -,pilot the false positives of pilot, and commander,pilot the captions that
    are both.
    """
    tagger = tagger_of(model, models, verbose, text_only)
    cell = parse_cell(wanted, tagger.facets, facet)
    captions = read_labelled(Path(gold), tagger.facets, warn=say, choice=choice)
    captions, tagged, others = measured(captions, tagged_captions(tagger, captions))
    found = captions_in(cell, captions, tagged)
    training = _training(tagger, labels, stores, choice) if neighbours and found else []
    shown = _shown(cell, tagger, captions, tagged, found, most, training, neighbours)
    head = {"model": tagger.version, "facet": cell.facet.name, "labelled": cell.labelled, "given": cell.given}
    if as_json:
        cases = [_data(*one) for one in shown]
        echo_json({**head, "captions": cases, "of": len(captions), "not_read": others})
        return OK
    name = f"{cell.labelled or NONE},{cell.given or NONE}"
    echo(f"model version {tagger.version}, {cell.facet.name} {name}: {len(found)} of {len(captions)} captions", colour)
    for line in not_read_lines(others):
        echo(line, colour)
    for one in shown:
        with above_bar():
            echo("\n" + "\n".join(case_lines(cell, *one)), colour)
    return OK


def _training(tagger: Tagger, labels: str | None, stores: Sequence[str], choice: FieldChoice) -> list[LabelledCaption]:
    """The captions that the version was trained on; where a folder that nobody named cannot be used, that is said."""
    try:
        found = training_captions(tagger, labels, stores, " and are not searched", choice)
    except MlcapError as error:
        if labels or stores:
            raise
        say(f"no training captions are shown: {error}")
        return []
    if found is None:
        say("no labels/ folder here, so no training captions are shown; name one with --labels")
    return found or []


_Shown = tuple[LabelledCaption, TaggedCaption, Case, "list[Neighbour]"]


def _shown(
    cell: ConfusionCell,
    tagger: Tagger,
    captions: Sequence[LabelledCaption],
    tagged: Sequence[TaggedCaption],
    found: Sequence[int],
    most: int,
    training: Sequence[LabelledCaption],
    neighbours: int,
) -> Iterator[_Shown]:
    index = None
    if training:
        from mlcap.explanation.neighbours import Neighbours

        index = Neighbours(tagger, cell.facet, training)
    for i in watched(found, len(found), "captions"):
        near = index.nearest(captions[i].text, neighbours) if index else []
        yield captions[i], tagged[i], case_of(cell, tagger, captions, i, most), near


def _value(value: FacetValue | None) -> str:
    if value is None:
        return "no label"
    return value if isinstance(value, str) else ", ".join(value) or "none"


def _data(caption: LabelledCaption, tagged: TaggedCaption, case: Case, near: Sequence[Neighbour]) -> dict[str, Any]:
    return {
        "id": caption.id,
        "text": caption.text,
        "labels": dict(caption.labels),
        "tags": tagged.as_record(),
        **case.as_data(),
        "neighbours": [
            {
                "id": n.caption.id,
                "source": n.caption.source,
                "similarity": rounded(n.similarity),
                "labels": dict(n.caption.labels),
                "text": n.caption.text,
            }
            for n in near
        ],
    }


def _word(row: Row) -> str:
    quotes = " ... ".join(f'"{one_line(q)}"' for q in row.quotes)
    kind = row.block if row.block in WORD_NAMES and quotes else one_line(f"{row.block}: {row.feature}")
    return f"{row.push:+.2f}  {quotes}{'  ' if quotes else ''}({kind})"


def _wrapped(text: str, indent: int, most: int | None = None) -> list[str]:
    gap = " " * indent
    return wrap(one_line(text), WIDTH, initial_indent=gap, subsequent_indent=gap, max_lines=most, placeholder=" ...")


def case_lines(
    cell: ConfusionCell, caption: LabelledCaption, tagged: TaggedCaption, case: Case, near: Sequence[Neighbour]
) -> list[str]:
    """One caption of a cell, for the terminal: at most 80 columns, no control character of the caption."""
    name = cell.facet.name
    sure = f"  {cell.given or f'{cell.labelled} (not given)'} {short_probability(case.probability)}"
    if case.labelled_probability is not None and cell.given and cell.given != cell.labelled:
        sure += f", {cell.labelled} {short_probability(case.labelled_probability)}"
    lines = [click.style(one_line(caption.id), bold=True)]
    lines.append(f"{sure}, margin {case.margin:.2f}{', in review' if tagged.needs_review else ', not in review'}")
    lines += _wrapped(caption.text, 2, _OWN_LINES)
    lines.append(click.style("  what decided:", bold=True))
    lines += [line for row in case.words for line in _wrapped(_word(row), 4, 1)] or ["    nothing that it knows"]
    if near:
        lines.append(click.style("  nearest training captions:", bold=True))
    for one in near:
        head = f"    {one.similarity:.2f}  {one_line(one.caption.id)}  {name}: {_value(one.caption.labels.get(name))}"
        lines += [head[:WIDTH], *_wrapped(one.caption.text, 10, _NEIGHBOUR_LINES)]
    return lines
