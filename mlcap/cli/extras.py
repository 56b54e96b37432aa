"""Extras that a command needs."""

from __future__ import annotations

import importlib.util

from mlcap.errors import DeskError, install_extra


def check_desk_extra(what: str, otherwise: str = "") -> None:
    """Make sure that what serves pages and answers is installed.

    Args:
        what: needs it.
        otherwise: what else may be done.

    Raises:
        DeskError: a part of the extra is missing.
    """
    lacking = [name for name in ("fastapi", "uvicorn", "jinja2") if importlib.util.find_spec(name) is None]
    if lacking:
        raise DeskError(f"{what} needs {lacking[0]}; {install_extra('desk')}{otherwise}")
