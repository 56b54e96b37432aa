"""Captions by kind: composed for measuring, each of a way in which captions are misread, never to train on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mlcap.errors import LabelError
from mlcap.labels.corpus import read_labelled
from mlcap.labels.digest import text_digest
from mlcap.types import Facet, LabelledCaption

#: What such a caption says of itself: its kind, and the facet that the kind asks.
_FIELDS = ("kind", "asks")


def read_kinds(path: Path, facets: Sequence[Facet], training: Sequence[LabelledCaption]) -> list[LabelledCaption]:
    """Read a file of captions by kind.

    Args:
        path: labelled captions (`read_labelled`) of every facet, with `kind` and `asks`, the name of a facet.
        facets: the taxonomy that the labels must fit.
        training: captions that must not be among them.

    Raises:
        InputError: the file cannot be read or holds no caption.
        LabelError: a caption does not fit, or stands among those to train on.
    """
    out = read_labelled(path, facets, "composed")
    known = {text_digest(caption.text) for caption in training}
    names = [facet.name for facet in facets]
    for caption in out:
        lacking = next((name for name in _FIELDS if name not in caption.slices), None)
        lacking = lacking or next((name for name in names if name not in caption.labels), None)
        if lacking is not None:
            raise LabelError(f"{path}: {caption.id}: has no {lacking}; a caption that measures a kind needs one")
        if caption.slices["asks"] not in names:
            raise LabelError(f"{path}: {caption.id}: asks {caption.slices['asks']!r}; allowed are {', '.join(names)}")
        if text_digest(caption.text) in known:
            raise LabelError(f"{path}: {caption.id}: is trained on as well, so it measures nothing; take it out of one")
    return out
