"""What stands in a model version's folder, and reading one file of it.

Format 2 (raise `FORMAT` when a file's meaning changes; keep reading the older ones):

- `manifest.json`: facets, calibration, thresholds, how it was trained, its metrics, and the
  SHA-256 and size of every other file (`mlcap.model.manifest`);
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

import json
import math
import stat
from pathlib import Path
from typing import Any

from mlcap.errors import ArtifactError

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


def read_file(folder: Path, name: str) -> bytes:
    """Read one file of a version.

    Raises:
        ArtifactError: it is missing, too large, no plain file, or cannot be read.
    """
    path = folder / name
    try:
        info = path.lstat()
        if not stat.S_ISREG(info.st_mode):
            raise ArtifactError(f"{path}: is no plain file; a model version holds no links or folders")
        if info.st_size > LARGEST_FILE:
            raise ArtifactError(
                f"{path}: is larger than {LARGEST_FILE >> 20} MiB, which no mlcap model is; fetch the version again"
            )
        return path.read_bytes()
    except FileNotFoundError as error:
        raise ArtifactError(f"{path}: is missing; fetch or train the version again") from error
    except OSError as error:
        raise ArtifactError(f"{path}: cannot be read ({error.strerror})") from error


def artifact_json(data: bytes, where: Path) -> Any:
    """Read JSON of which every number is finite.

    Raises:
        ArtifactError: it is none.
    """
    try:
        return json.loads(data.decode("utf-8"), parse_constant=_finite, parse_float=_finite, parse_int=_whole)
    except (ValueError, RecursionError) as error:
        raise ArtifactError(f"{where}: is no valid JSON; fetch the version again") from error


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is not allowed")
    return number


def _whole(text: str) -> int:
    number = int(text)
    if number.bit_length() > 63:
        raise ValueError(f"{text} is not allowed")
    return number
