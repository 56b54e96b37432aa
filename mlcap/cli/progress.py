"""Progress with an estimate of the time left, on stderr; off a terminal, nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")

#: Work that is done sooner shows no bar.
_SOON = 0.5


def _bar(**options: Any) -> Any:
    from tqdm import tqdm

    seen = sys.stderr is not None and sys.stderr.isatty()
    return tqdm(file=sys.stderr, disable=not seen, leave=False, dynamic_ncols=True, **options)


@contextmanager
def above_bar() -> Iterator[None]:
    """Print what is finished while a bar is shown: the bar makes room and comes back below."""
    from tqdm import tqdm

    with tqdm.external_write_mode():
        yield


@contextmanager
def steps(total: int, unit: str = "step") -> Iterator[Callable[..., object]]:
    """Show steps of long work: gives what is called with the name of each finished step, and how many it counts for."""
    bar = _bar(total=total, unit=unit)

    def advance(step: str, count: int = 1) -> None:
        bar.set_description(step)
        bar.update(count)

    try:
        yield advance
    finally:
        bar.close()


def watched(items: Iterable[T], total: int, unit: str) -> Iterator[T]:
    """Show how far the items have been gone through."""
    with _bar(total=total, unit=f" {unit}", delay=_SOON) as bar:
        for item in items:
            yield item
            bar.update()
