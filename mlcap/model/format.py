"""What stands in a model version's folder, and reading one file of it.

Format 3 (raise `FORMAT` when a file's meaning changes; keep reading the older ones):

- `manifest.json`: facets, calibration, thresholds, how it was trained, its metrics, and the
  SHA-256 and size of every other file (`mlcap.model.manifest`);
- `vocabulary.json`: block -> feature names in column order;
- `idf.npy`: float32, the word blocks' inverse document frequencies one after another;
- `FACET.common.npy`: float32 (values, common columns of the blocks that the facet uses, which
  the manifest lists under `blocks`); `FACET.mentions.npy`: float32
  (values, mention columns) for a multi-valued facet;
- `image-id.common.npy`: the same as for a facet, of where pictures come from (`mlcap.model.origin`); missing where
  training had too few image ids, and then the manifest's `blocks` do not name it;
- `evaluation.json`: its metrics on the held-out missions, null where no caption of them was at hand;
- `card.md`: what the version is for and how well it does.

Format 2 had no `image-id`; format 1 had no `blocks` either: every facet had the columns of all blocks.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mlcap.bounded_json import read_json
from mlcap.errors import ArtifactError
from mlcap.files import open_plain

FORMAT = 3
READABLE = (1, 2, 3)
MANIFEST = "manifest.json"
VOCABULARY = "vocabulary.json"
IDF = "idf.npy"
CARD = "card.md"
EVALUATION = "evaluation.json"

#: A made-up version must not fill the memory: the bytes of all its files, of a manifest and the values in it,
LARGEST_VERSION = 64 << 20
LARGEST_MANIFEST = 4 << 20
MOST_VALUES = 200_000
#: its facets, the values of one, its columns, and its weights, given or not.
MOST_FACETS = 50
MOST_FACET_VALUES = 1000
MOST_COLUMNS = 400_000
MOST_WEIGHTS = 10_000_000
#: No weight, intercept, slope or offset is as large as this.
LARGEST_NUMBER = 1e6
#: An inverse document frequency is at least 1, when every caption has the word, and grows by the logarithm of the captions.
IDF_RANGE = (0.99, 100.0)


def common_file(facet: str) -> str:
    """The name of the file with a facet's weights of common columns."""
    return f"{facet}.common.npy"


def mentions_file(facet: str) -> str:
    """The name of the file with a facet's weights of mention columns."""
    return f"{facet}.mentions.npy"


def read_file(folder: Path, name: str, largest: int = LARGEST_VERSION) -> bytes:
    """Read one file of a version.

    Raises:
        ArtifactError: it is missing, too large, no plain file, or cannot be read.
    """
    path = folder / name
    try:
        with open_plain(path) as stream:
            data = stream.read(largest + 1)
    except FileNotFoundError as error:
        raise ArtifactError(f"{path}: is missing; fetch or train the version again") from error
    except OSError as error:
        raise ArtifactError(
            f"{path}: cannot be read ({error.strerror}); a model version holds plain files, no links or folders"
        ) from error
    if len(data) > largest:
        raise ArtifactError(f"{path}: is larger than {largest} bytes, which it may not be; fetch the version again")
    return data


def artifact_json(data: bytes, where: Path, largest: int, most: int) -> Any:
    """Read JSON of a version, within the bounds of `mlcap.bounded_json.read_json`.

    Raises:
        ArtifactError: it is none, or beyond the bounds.
    """
    try:
        return read_json(data, largest, most)
    except ValueError as error:
        raise ArtifactError(f"{where}: {error}; fetch the version again") from error
