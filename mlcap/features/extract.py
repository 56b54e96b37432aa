"""From a caption to named features in blocks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from mlcap.captions import Caption, read_caption
from mlcap.captions.language import other_language
from mlcap.features.blocks import FLAG_BLOCKS, WORD_BLOCKS
from mlcap.features.contradictions import find_contradictions
from mlcap.features.mentions import describe_all, mention_features
from mlcap.features.shown import find_shown
from mlcap.types import NamedPerson


@dataclass(frozen=True)
class CaptionFeatures:
    """The features of one caption.

    Attributes:
        units: word block -> what is counted (`WordBlock.units`), with repetition.
        flags: flag block -> the features that the caption has.
        mentions: value -> feature names of its mentions.
        contradictions: what in the caption and its record does not belong together, in words; no feature.
        people: everybody named and every group told of by a post, with the probability of being in the picture; no feature.
        language: the language or script of a caption that is not in English, "" for one that is; no feature.
        origin: where the picture comes from by the record's image id (`ImageIdForm.origin`), "" where it does not say; no feature.
    """

    units: Mapping[str, Sequence[str]]
    flags: Mapping[str, Sequence[str]]
    mentions: Mapping[str, Sequence[str]]
    contradictions: Sequence[str] = ()
    origin: str = ""
    people: Sequence[NamedPerson] = ()
    language: str = ""


def extract(
    text: str,
    extra_words: Mapping[str, re.Pattern[str]] | None = None,
    catalogue: Mapping[str, str] = MappingProxyType({}),
) -> CaptionFeatures:
    """Extract the features of one caption.

    Args:
        text: the caption as the archive gives it.
        extra_words: further words that mention a value, from the taxonomy.
        catalogue: the bibliographic fields of its record.
    """
    return features_of(read_caption(text, extra_words, catalogue))


def features_of(caption: Caption) -> CaptionFeatures:
    """Give the features of a caption that was read already."""
    units = {block.name: block.units(caption) for block in WORD_BLOCKS}
    flags = {block.name: tuple(block.find(caption)) for block in FLAG_BLOCKS}
    described = describe_all(caption)
    mentions = {value: tuple(names) for value, names in mention_features(caption, described).items()}
    return CaptionFeatures(
        units,
        flags,
        mentions,
        find_contradictions(caption),
        caption.catalogue.origin,
        tuple(find_shown(caption, described)),
        other_language(caption.text),
    )
