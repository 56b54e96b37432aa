"""What stands in a model version's folder.

Format 2 (raise `FORMAT` when a file's meaning changes; keep reading the older ones):

- `manifest.json`: facets, calibration, thresholds, how it was trained, its metrics, and the
  SHA-256 and size of every other file;
- `vocabulary.json`: block -> feature names in column order;
- `idf.npy`: float32, the word blocks' inverse document frequencies one after another;
- `FACET.common.npy`: float32 (values, common columns of the blocks that the facet uses, which
  the manifest lists under `blocks`); `FACET.mentions.npy`: float32
  (values, mention columns) for a multi-valued facet;
- `evaluation.json`: its metrics on the held-out missions, null where no caption of them was at hand;
- `card.md`: what the version is for and how well it does.

Format 1 had no `blocks`: every facet had the columns of all blocks.
"""

from __future__ import annotations

FORMAT = 2
READABLE = (1, 2)
MANIFEST = "manifest.json"
VOCABULARY = "vocabulary.json"
IDF = "idf.npy"
CARD = "card.md"
EVALUATION = "evaluation.json"

#: No file of a version may be larger than this, so that a made-up one cannot fill the memory.
LARGEST_FILE = 64 << 20
#: No version may have more columns than this.
MOST_COLUMNS = 2_000_000


def common_file(facet: str) -> str:
    """The name of the file with a facet's weights of common columns."""
    return f"{facet}.common.npy"


def mentions_file(facet: str) -> str:
    """The name of the file with a facet's weights of mention columns."""
    return f"{facet}.mentions.npy"
