"""The blocks of features, in the order of their columns; the names of kinds are in `words`, `flags` and `mentions`."""

from __future__ import annotations

from mlcap.features.catalogue import catalogue_flags
from mlcap.features.flags import (
    FlagBlock,
    code_flags,
    cue_flags,
    header_flags,
    people_flags,
    scene_flags,
    time_flags,
)
from mlcap.features.words import WordBlock

#: The block of what the catalogue says beside the caption. Its weights are learned after all others, see `mlcap.training.catalogue`.
CATALOGUE = "catalogue"
WORD_BLOCKS = (
    WordBlock("lead", zone="lead", longest=2, letters=(), rarest=3),
    WordBlock("background", zone="background", longest=2, letters=(), rarest=5),
    WordBlock("lead-letters", zone="lead", longest=1, letters=(4, 5), rarest=8),
    WordBlock("words", zone="", longest=1, letters=(), rarest=3),
    WordBlock("letters", zone="", longest=1, letters=(2, 3, 4), rarest=10),
)
FLAG_BLOCKS = (
    FlagBlock("header", header_flags, rarest=2),
    FlagBlock("codes", code_flags, rarest=2),
    FlagBlock("cues", cue_flags, rarest=3),
    FlagBlock("scenes", scene_flags, rarest=3),
    FlagBlock("people", people_flags, rarest=2),
    FlagBlock("time", time_flags, rarest=2),
    FlagBlock(CATALOGUE, catalogue_flags, rarest=3),
)
BLOCKS = (*WORD_BLOCKS, *FLAG_BLOCKS)
#: The names of the blocks of counted words, and of those that hold letter n-grams.
WORD_NAMES = frozenset(block.name for block in WORD_BLOCKS)
LETTER_NAMES = frozenset(block.name for block in WORD_BLOCKS if block.letters)
#: The block of the features of mentions, of which every value of a multi-valued facet has columns of its own.
MENTIONS = "mentions"
#: In how many captions a feature of a mention must stand to be known.
RAREST_MENTION = 3
