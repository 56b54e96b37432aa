"""`mlcap confusion`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import click

from mlcap.cli.errors import OK, say
from mlcap.cli.options import json_option, model_option, models_option, registry_place, verbose_option
from mlcap.cli.progress import above_bar, watched
from mlcap.cli.terminal import WIDTH, colour_option, echo, printable
from mlcap.errors import MlcapError
from mlcap.explanation.cell import NONE, Case, Cell, captions_of, case_of, parse_cell
from mlcap.explanation.rows import Row
from mlcap.features.blocks import WORD_NAMES
from mlcap.labels.corpus import read_labelled
from mlcap.labels.folder import read_labels
from mlcap.model.location import default_labels, shipped_taxonomy
from mlcap.model.registry import Registry
from mlcap.model.tagging import Tagger
from mlcap.types import FacetValue, LabelledCaption, TaggedCaption

if TYPE_CHECKING:
    from mlcap.explanation.neighbours import Neighbour

#: A caption's text is cut after so many lines, which the longest real ones hardly reach; a neighbour's sooner.
_OWN_LINES = 60
_NEIGHBOUR_LINES = 3


@click.command("confusion")
@click.argument("gold", metavar="GOLD.jsonl")
@click.option("--cell", "wanted", required=True, metavar="LABELLED,GIVEN", help="The cell, as in training,fit-check.")
@click.option("--facet", metavar="NAME", help="Facet of the cell [default: the first one with these values].")
@click.option(
    "--words", "most", type=click.IntRange(1), default=6, show_default=True, help="How many deciding words to list."
)
@click.option(
    "--neighbours", type=click.IntRange(0), default=3, show_default=True, help="How many training captions to list."
)
@click.option("--labels", metavar="DIR", help="Labels folder with the training captions [default: labels/].")
@click.option(
    "--captions", "stores", multiple=True, metavar="STORE", help="Caption store for the library's labels; repeatable."
)
@colour_option
@model_option
@models_option
@json_option
@verbose_option
def command(
    gold: str,
    wanted: str,
    facet: str | None,
    most: int,
    neighbours: int,
    labels: str | None,
    stores: tuple[str, ...],
    colour: bool | None,
    model: str,
    models: str | None,
    as_json: bool,
    verbose: bool,
) -> int:
    """Show the captions of one cell of the confusion: how sure, what decided, what training has that is like it.

    For a multi-valued facet - stands for no value: commander,- are the captions where
    commander is missed, -,pilot those where pilot is wrongly given, and commander,pilot
    those where one is missed and the other given.
    """
    place = registry_place(models, verbose)
    number, artifact = Registry(place.folder).load(model)
    if verbose:
        say(f"model: version {number}")
    cell = parse_cell(wanted, artifact.facets, facet)
    captions = read_labelled(Path(gold), artifact.facets)
    tagger = Tagger(artifact, str(number))
    tagged = list(watched(tagger.stream(c.text for c in captions), len(captions), "captions"))
    found = captions_of(cell, captions, tagged)
    training = _training(tagger, labels, stores) if neighbours and found else []
    shown = _shown(cell, tagger, captions, tagged, found, most, training, neighbours)
    head = {"model": str(number), "facet": cell.facet.name, "labelled": cell.labelled, "given": cell.given}
    if as_json:
        cases = [_data(*one) for one in shown]
        echo(json.dumps({**head, "captions": cases, "of": len(captions)}, ensure_ascii=False, indent=1), False)
        return OK
    name = f"{cell.labelled or NONE},{cell.given or NONE}"
    echo(f"model version {number}, {cell.facet.name} {name}: {len(found)} of {len(captions)} captions", colour)
    for one in shown:
        with above_bar():
            echo("\n" + "\n".join(case_lines(cell, *one)), colour)
    return OK


def _training(tagger: Tagger, labels: str | None, stores: Sequence[str]) -> list[LabelledCaption]:
    """The captions that the version was trained on, as far as their text is at hand; the rest is said."""
    folder = Path(labels) if labels else default_labels()
    if labels is None and not folder.is_dir():
        say("no labels/ folder here, so no training captions are shown; name one with --labels")
        return []
    try:
        found = read_labels(folder, [Path(s) for s in stores], shipped_taxonomy())
    except MlcapError as error:
        if labels or stores:
            raise
        say(f"no training captions are shown: {error}")
        return []
    if found.joined is not None and len(found.joined.captions) < found.joined.labels:
        lacking = found.joined.labels - len(found.joined.captions)
        say(f"{lacking} library labels have no text here and are not searched; name caption stores with --captions")
    return tagger.artifact.manifest.trained_on(found.captions)


_Shown = tuple[LabelledCaption, TaggedCaption, Case, "list[Neighbour]"]


def _shown(
    cell: Cell,
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
        **tagged.as_record(),
        **case.as_data(),
        "neighbours": [
            {
                "id": n.caption.id,
                "source": n.caption.source,
                "likeness": round(n.likeness, 4),
                "labels": dict(n.caption.labels),
                "text": n.caption.text,
            }
            for n in near
        ],
    }


def _word(row: Row) -> str:
    quotes = " ... ".join(f'"{printable(q)}"' for q in row.quotes)
    kind = row.block if row.block in WORD_NAMES and quotes else printable(f"{row.block}: {row.feature}")
    return f"{row.push:+.2f}  {quotes}{'  ' if quotes else ''}({kind})"


def _wrapped(text: str, indent: int, most: int | None = None) -> list[str]:
    gap = " " * indent
    return wrap(printable(text), WIDTH, initial_indent=gap, subsequent_indent=gap, max_lines=most, placeholder=" ...")


def case_lines(
    cell: Cell, caption: LabelledCaption, tagged: TaggedCaption, case: Case, near: Sequence[Neighbour]
) -> list[str]:
    """One caption of a cell, for the terminal: at most 80 columns, no control character of the caption."""
    name = cell.facet.name
    sure = f"  {cell.given or f'{cell.labelled} (missed)'} {_short(case.probability)}"
    if case.labelled_probability is not None and cell.given and cell.given != cell.labelled:
        sure += f", {cell.labelled} {_short(case.labelled_probability)}"
    lines = [click.style(printable(caption.id), bold=True)]
    lines.append(f"{sure}, margin {case.margin:.2f}{', in review' if tagged.needs_review else ', not in review'}")
    lines += _wrapped(caption.text, 2, _OWN_LINES)
    lines.append(click.style("  what decided:", bold=True))
    lines += [line for row in case.words for line in _wrapped(_word(row), 4, 1)] or ["    nothing that it knows"]
    if near:
        lines.append(click.style("  nearest training captions:", bold=True))
    for one in near:
        head = f"    {one.likeness:.2f}  {printable(one.caption.id)}  {name}: {_value(one.caption.labels.get(name))}"
        lines += [head[:WIDTH], *_wrapped(one.caption.text, 10, _NEIGHBOUR_LINES)]
    return lines


def _short(probability: float) -> str:
    """Two places; no probability is shown as certain."""
    return "<0.01" if probability < 0.005 else ">0.99" if probability >= 0.995 else f"{probability:.2f}"
