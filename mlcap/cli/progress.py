"""Progress with an estimate of the time left, on stderr; off a terminal, nothing."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO, TypeVar

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


class InputBar:
    """How far inputs have been read, by their bytes, and the time left; of pipes and folders, how many records.

    Args:
        names: the inputs, as `read_records` takes them.
        shown: whether anything is shown at all.
    """

    def __init__(self, names: Sequence[str], shown: bool) -> None:
        self._shown = shown
        self._total = _bytes_of(names)
        self._before = self._at = 0
        self._stream: BinaryIO | None = None

    def opened(self, stream: BinaryIO) -> None:
        """Take the input that is read from now on."""
        self._before += self._at
        self._stream, self._at = stream, 0

    def watched(self, records: Iterable[T]) -> Iterator[T]:
        """The records, their reading shown."""
        if not self._shown:
            yield from records
            return
        unit: dict[str, Any] = {"unit": "B", "unit_scale": True} if self._total else {"unit": " records"}
        with _bar(total=self._total, delay=_SOON, **unit) as bar:
            for count, record in enumerate(records, 1):
                if self._total:
                    bar.set_postfix_str(f"{count} records", refresh=False)
                    bar.update(self._position() - bar.n)
                else:
                    bar.update()
                yield record

    def _position(self) -> int:
        with suppress(OSError, ValueError):
            self._at = self._stream.tell() if self._stream else 0
        return self._before + self._at


def _bytes_of(names: Sequence[str]) -> int | None:
    """The size of all inputs together, None where one is no plain file."""
    try:
        infos = [os.stat(name) for name in names if name != "-"]  # noqa: PTH116
    except OSError:
        return None
    plain = "-" not in names and all(stat.S_ISREG(info.st_mode) for info in infos)
    return sum(info.st_size for info in infos) or None if plain else None
