"""The labelled captions that a measurement counts: those in a language that mlcap reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mlcap.errors import InputError
from mlcap.evaluation.outcomes import those_read
from mlcap.types import LabelledCaption, TaggedCaption


def measured(
    captions: Sequence[LabelledCaption], tagged: Sequence[TaggedCaption]
) -> tuple[list[LabelledCaption], list[TaggedCaption], dict[str, int]]:
    """The captions that are read, their tags, and how many others there are by language or script.

    Raises:
        InputError: none is read.
    """
    read, others = those_read(tagged)
    if captions and not read:
        raise InputError(f"no caption is in a language that mlcap reads ({in_words(others)}); label translations")
    return [captions[i] for i in read], [tagged[i] for i in read], others


def in_words(others: Mapping[str, int]) -> str:
    """Name captions that are not read, as `3 Cyrillic, 1 French`."""
    return ", ".join(f"{count} {language}" for language, count in others.items())


def not_read_lines(others: Mapping[str, int]) -> list[str]:
    """The line that names captions that are not read; none where all are."""
    return [f"beside {sum(others.values())} not read, which count for nothing: {in_words(others)}"] if others else []
