"""Options that several commands share, each defined once."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from mlcap.cli.errors import say
from mlcap.types import LEAST_TARGET

if TYPE_CHECKING:
    from mlcap.model.tagging import Tagger

#: A command's function, or one that is becoming a command.
_Function = Callable[..., Any]
_Option = Callable[[_Function], _Function]


class Number(click.FloatRange):
    """A number of the command line between two bounds; `nan` lies between none, and no bound holds `inf`."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number."""
        found = float(super().convert(value, param, ctx))
        if not math.isfinite(found):
            self.fail(f"{value!r} is no number between bounds; give one that is finite", param, ctx)
        return found


def models_option(function: _Function) -> _Function:
    """`--models DIR`: the registry to use."""
    return click.option(
        "--models",
        metavar="DIR",
        help="Folder of model versions [default: $MLCAP_MODELS, models/ here if it is a registry, else the shipped one].",
    )(function)


def text_only_option(function: _Function) -> _Function:
    """`--text-only`: the caption alone is read."""
    return click.option(
        "--text-only",
        is_flag=True,
        help="Read captions alone, not the image id, title, keywords, centre and date of their records.",
    )(function)


def target_option(function: _Function) -> _Function:
    """`--target SHARE`: how often automatic tags are to be right."""
    return click.option(
        "--target",
        type=Number(LEAST_TARGET, 1, max_open=True),
        metavar="SHARE",
        help="Leave without review only what keeps this share of right events on desks never seen [default: the version's own].",
    )(function)


def tagger_options(function: _Function) -> _Function:
    """`--model VERSION`, `--models DIR`, `--text-only` and `--verbose`: which tagger (`tagger_of`), and whether to say so."""
    model = click.option(
        "--model",
        default="current",
        show_default=True,
        metavar="VERSION",
        help="Model version: a number, an identity as records have it, or current.",
    )
    verbose = click.option("-v", "--verbose", is_flag=True, help="Say which model folder and version are used.")
    return model(models_option(text_only_option(verbose(function))))


def tagger_of(
    model: str,
    models: str | None,
    verbose: bool,
    text_only: bool,
    other: Callable[[str], object] = lambda _: None,
    target: float | None = None,
) -> Tagger:
    """Open the tagger that `tagger_options` name, and say on stderr what is to be said of it.

    Args:
        other: told which version it is where it is not the shipped one.
        target: see `Tagger`.

    Raises:
        RegistryError, ArtifactError: as `open_tagger`.
    """
    from mlcap.model.opening import open_tagger

    def silent(_: str) -> None: ...

    # What is said at length already is not said again.
    return open_tagger(model, models, say if verbose else silent, say, silent if verbose else other, text_only, target)


def json_option(function: _Function) -> _Function:
    """`--json`: report as JSON."""
    return click.option("--json", "as_json", is_flag=True, help="Report as JSON; its schema lies in mlcap/schemas.")(
        function
    )


def fields_options(function: _Function) -> _Function:
    """`--column NAME` and `--id NAME`: which fields of the input are what, as the argument `choice` (`FieldChoice`)."""
    # Late, since most commands read no records.
    from mlcap.records.types import FieldChoice

    @functools.wraps(function)
    def command(*args: Any, columns: tuple[str, ...], id_column: str | None, **others: Any) -> Any:
        return function(*args, choice=FieldChoice(columns, id_column), **others)

    column = click.option(
        "--column",
        "columns",
        multiple=True,
        metavar="NAME",
        help="Field or column with the caption; several in order of preference [default: by its usual names].",
    )
    name = click.option(
        "--id", "id_column", metavar="NAME", help="Field or column that names a record [default: by its usual names]."
    )
    return column(name(command))


def input_options(forms: Sequence[str]) -> _Option:
    """`--from FORM`, `fields_options` and `--lines`: how captions are read."""
    form = click.option(
        "--from", "form", type=click.Choice(forms), help="Form of the input [default: by extension; txt for stdin]."
    )
    lines = click.option("--lines", is_flag=True, help="Text with one caption a line; the same as --from lines.")
    return lambda function: _with_lines(form(fields_options(lines(function))))


def _with_lines(function: _Function) -> _Function:
    """Make `--from lines` of `--lines`."""

    @functools.wraps(function)
    def command(*args: Any, lines: bool, form: str | None, **others: Any) -> Any:
        if lines and form not in (None, "txt", "lines"):
            raise click.UsageError(f"--lines goes with text, not with --from {form}", ctx=click.get_current_context())
        return function(*args, form="lines" if lines else form, **others)

    return command


def csv_options(function: _Function) -> _Function:
    """`--bom` and `--no-formulas`: for which program CSV is written."""
    # Late, since most commands write none.
    from mlcap.records.csv_writing import CsvStyle

    @functools.wraps(function)
    def command(*args: Any, bom: bool, no_formulas: bool, **others: Any) -> Any:
        return function(*args, style=CsvStyle(bom, not no_formulas, say), **others)

    mark = click.option("--bom", is_flag=True, help="CSV that Excel opens as UTF-8.")
    harmless = click.option(
        "--no-formulas", is_flag=True, help="CSV with an apostrophe before cells that would become formulas."
    )
    return mark(harmless(command))


def labels_option(text: str = "Folder of labels.", default: str | None = None) -> _Option:
    """`--labels DIR`: a folder of labels; `text` says for what."""
    return click.option("--labels", default=default, show_default=default is not None, metavar="DIR", help=text)


def stores_option(text: str = "Caption store for the library's labels; repeatable.") -> _Option:
    """`--captions STORE`: the texts that the library's labels belong to."""
    return click.option("--captions", "stores", multiple=True, metavar="STORE", help=text)


def folds_option(text: str) -> _Option:
    """`--folds N`: of a cross-validation grouped by mission."""
    return click.option("--folds", type=click.IntRange(2, 20), metavar="N", default=5, show_default=True, help=text)


def seed_option(text: str) -> _Option:
    """`--seed N`: draws an order of missions."""
    return click.option("--seed", type=int, metavar="N", default=0, show_default=True, help=text)


def jobs_option(text: str) -> _Option:
    """`--jobs N`: how many processes."""
    return click.option("--jobs", type=click.IntRange(1, 64), metavar="N", default=None, help=text)


def show_option(default: int, text: str) -> _Option:
    """`--show N`: how much of a list is printed."""
    return click.option("--show", type=click.IntRange(0), metavar="N", default=default, show_default=True, help=text)
