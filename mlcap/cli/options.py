"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from mlcap.cli.errors import say
from mlcap.evaluation.compare import Comparison
from mlcap.model.location import ModelsPlace, find_models


def models_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--models DIR`: the registry to use."""
    return click.option(
        "--models",
        metavar="DIR",
        help="Folder of model versions [default: $MLCAP_MODELS, models/ here if it is a registry, else the shipped one].",
    )(function)


def model_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--model VERSION`: the version to use."""
    return click.option(
        "--model", default="current", show_default=True, metavar="VERSION", help="Model version: a number, or current."
    )(function)


def verbose_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--verbose`: say which folders are used."""
    return click.option("-v", "--verbose", is_flag=True, help="Say which model folder and version are used.")(function)


def json_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--json`: report as JSON."""
    return click.option("--json", "as_json", is_flag=True, help="Report as JSON.")(function)


def registry_place(models: str | None, verbose: bool) -> ModelsPlace:
    """Choose the registry and, on request, say which."""
    place = find_models(models)
    if verbose:
        say(f"models: {place.folder.resolve()} ({place.chosen_by})")
    return place


def say_comparison(comparison: Comparison | None) -> None:
    """Say how a candidate compares with the version that was current; nothing where there was none."""
    if comparison is None:
        return
    if not comparison.captions or comparison.interval is None:
        say("no caption held out by both versions is at hand to compare on; name --labels and --captions")
        return
    low, high = comparison.interval
    say(
        f"on {comparison.captions} captions that both held out: tags right {comparison.current:.3f} before,"
        f" {comparison.candidate:.3f} now ({comparison.difference:+.3f}, 95 % interval {low:+.3f} to {high:+.3f})"
    )
