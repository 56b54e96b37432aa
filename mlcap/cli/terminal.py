"""What may reach a terminal, and in which colour."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any

import click

from mlcap.text import encodable, escaped

#: Columns that everything printed for reading keeps to.
WIDTH = 80


def short_probability(probability: float) -> str:
    """A probability with two decimals; none is shown as certain."""
    if probability < 0.005:
        return "<0.01"
    return ">0.99" if probability >= 0.995 else f"{probability:.2f}"


def colour_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--color / --no-color`."""
    return click.option(
        "--color/--no-color",
        "colour",
        default=None,
        help="Colour by share [default: on a terminal, unless NO_COLOR is set].",
    )(function)


def echo(text: str, colour: bool | None = None) -> None:
    """Print text, with its colours only where they are asked for or somebody sees them.

    Args:
        colour: as asked for on the command line; None follows NO_COLOR (no-color.org) and the terminal.
    """
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace", newline="\n")
    if colour is None and os.environ.get("NO_COLOR"):
        colour = False
    click.echo(escaped(text), color=colour)


def echo_json(data: Any, indent: int | None = 1) -> None:
    """Print data as JSON for programs: in UTF-8 wherever it goes, halves of characters escaped.

    Args:
        indent: spaces a level, None for one line.

    Raises:
        ValueError: there is NaN or an infinity in it, which JSON has not.
    """
    text = json.dumps(data, ensure_ascii=False, indent=indent, allow_nan=False)
    echo(text if encodable(text) == text else json.dumps(data, indent=indent), False)


#: From this share of a row on, a cell is drawn in the next stronger shade: 256-colour numbers (background, text).
_RIGHT = ((0.9, 22, 255), (0.7, 28, 255), (0.4, 71, 16), (0.0, 151, 16))
_WRONG = ((0.4, 88, 255), (0.2, 124, 255), (0.1, 173, 16), (0.0, 224, 16))


def shaded(text: str, share: float, right: bool) -> str:
    """Shade a cell by its share of the row: greens for right ones, reds for wrong ones."""
    back, front = next((b, f) for least, b, f in (_RIGHT if right else _WRONG) if share >= least)
    return click.style(text, bg=back, fg=front)
