"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from mlcap.cli.errors import say
from mlcap.places import ModelsPlace, find_models


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
