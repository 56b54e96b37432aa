"""How often Python looks for circles of objects: reading captions makes many objects, and next to none are circular."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

#: Thresholds of `gc.set_threshold`: with Python's own, looking for circles takes a tenth of the time of tagging.
_SELDOM = (50_000, 20, 20)


def collect_seldom() -> None:
    """Look seldom from now on, as suits a process of mlcap's own."""
    gc.set_threshold(*_SELDOM)


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Look seldom within the block, as suits a process of somebody else's; one that looks more seldom still, or never, stays so."""
    before = gc.get_threshold()
    if 0 < before[0] < _SELDOM[0]:
        gc.set_threshold(*_SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*before)
