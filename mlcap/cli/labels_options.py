"""Options that the commands of `mlcap labels` share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click


def labels_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--labels DIR`."""
    return click.option("--labels", default="labels", show_default=True, metavar="DIR", help="Folder of labels.")(
        function
    )


def stores_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--captions STORE`."""
    return click.option(
        "--captions",
        "stores",
        multiple=True,
        metavar="STORE",
        help="Caption store for the library's labels; repeatable.",
    )(function)
