"""Whether a caption's text fits the image id of its record: a classifier of where pictures come from, by their text."""

from __future__ import annotations

from mlcap.captions.codes.image_ids import ORIGINS
from mlcap.features.blocks import CATALOGUE, FLAG_BLOCKS
from mlcap.types import Facet, Value

#: Its name among the files and numbers of a version.
NAME = "image-id"
#: What it tells, in the form of a facet; it is no tag, and no record holds it.
ORIGIN = Facet(
    NAME,
    multiple=False,
    definition="where pictures come from, as their ids tell it",
    values=tuple(Value(name, "") for name in ORIGINS),
)
#: The blocks of features that it reads: flags of the text.
BLOCKS = tuple(block.name for block in FLAG_BLOCKS if block.name != CATALOGUE)
#: An id from where a caption like this comes with a smaller probability than this is one for a person. Out of fold the
#: id was so improbable for one caption in twenty-five of those with their own ids, and for nine in ten with another's.
LEAST = 0.1
