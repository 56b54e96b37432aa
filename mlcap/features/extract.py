"""From a caption to named features in blocks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mlcap.captions import Caption, read_caption
from mlcap.features.blocks import FLAG_BLOCKS, WORD_BLOCKS
from mlcap.features.contradictions import find_contradictions
from mlcap.features.mentions import mention_features


@dataclass(frozen=True)
class CaptionFeatures:
    """The features of one caption.

    Attributes:
        units: word block -> what is counted (`WordBlock.units`), with repetition.
        flags: flag block -> the features that the caption has.
        mentions: value -> feature names of its mentions.
        contradictions: what in the caption does not belong together, in words; no feature.
    """

    units: Mapping[str, Sequence[str]]
    flags: Mapping[str, Sequence[str]]
    mentions: Mapping[str, Sequence[str]]
    contradictions: Sequence[str] = ()


def extract(text: str, extra_words: Mapping[str, re.Pattern[str]] | None = None) -> CaptionFeatures:
    """Extract the features of one caption.

    Args:
        text: the caption as the archive gives it.
        extra_words: further words that mention a value, from the taxonomy.
    """
    return features_of(read_caption(text, extra_words))


def features_of(caption: Caption) -> CaptionFeatures:
    """Give the features of a caption that was read already."""
    units = {block.name: block.units(caption) for block in WORD_BLOCKS}
    flags = {block.name: tuple(block.find(caption)) for block in FLAG_BLOCKS}
    mentions = {value: tuple(names) for value, names in mention_features(caption).items()}
    return CaptionFeatures(units, flags, mentions, find_contradictions(caption))
