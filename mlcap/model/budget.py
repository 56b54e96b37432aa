"""The CPU time that one caption may take, past which it is an error record and the run goes on.

Reading is linear by construction and bounded in length (`tests/test_linear.py`), so that no caption known comes near it:
the hardest of 100,000 characters take a tenth of a second. The budget is for what nobody has thought of. A timer of the
system counts the CPU time of the process and interrupts Python code, and the searches of `re`, with an exception; that
costs two calls to the system a batch. Where there is none (outside of POSIX, or of a main thread), there is no budget.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from mlcap.model.tagging import CatalogueFields, Tagger
from mlcap.types import TaggedCaption

#: Seconds of CPU time for one caption.
CAPTION_SECONDS = 5.0


class _OverBudgetError(BaseException):
    """The time is up; no `Exception`, so that nothing on the way takes it for one of its own."""


@contextmanager
def _budget(seconds: float) -> Iterator[None]:
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return
    running = True

    def over(_number: int, _frame: FrameType | None) -> None:
        # What comes late, after the block, is of no interest.
        if running:
            raise _OverBudgetError

    before = signal.signal(signal.SIGVTALRM, over)
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
        yield
    finally:
        running = False
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def tag_within_budget(
    tagger: Tagger, texts: Sequence[str], catalogues: Sequence[CatalogueFields]
) -> list[TaggedCaption | None]:
    """Tag captions together; None for one that takes longer than `CAPTION_SECONDS`.

    Args:
        texts, catalogues: the captions, and of each the bibliographic fields of its record.

    Where all together take longer, each is tried by itself.
    """
    try:
        with _budget(CAPTION_SECONDS):
            return list(tagger.tag(texts, catalogues))
    except _OverBudgetError:
        if len(texts) == 1:
            return [None]
        pairs = zip(texts, catalogues, strict=True)
        return [one for text, catalogue in pairs for one in tag_within_budget(tagger, [text], [catalogue])]


def over_budget() -> str:
    """Why such a caption is an error record."""
    return (
        f"reading the caption takes longer than {CAPTION_SECONDS:.0f} s of CPU time; shorten it, and please report it"
    )
