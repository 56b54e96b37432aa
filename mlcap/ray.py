"""Captions in datasets of Ray: `mlcap.ray.tag(dataset)`.

Needs the extra `ray`, and the same mlcap with it on every node.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mlcap.errors import InputError, install_extra
from mlcap.pinned import pin

#: Rows that a task gets at once.
_ROWS = 4096


def tag(
    dataset: Any,
    text: str | Sequence[str] = (),
    *,
    id: str | None = None,  # noqa: A002 (as the option is called)
    model: str | int = "current",
    models: str | Path | None = None,
    text_only: bool = False,
    target: float | None = None,
    prefix: str = "",
) -> Any:
    """Plan to tag the captions of a dataset of Ray, by `map_batches`; the other arguments are those of `mlcap.pinned.pin`.

    Args:
        dataset: of Ray Data. Its order is kept where `ray.data.DataContext` is told to (`execution_options.preserve_order`).
        text: the column with the caption, or several in order of preference; none to find it by its usual names.
        models: a folder that every node sees; where None, the version that comes with mlcap is theirs as well.

    Returns:
        A dataset with the columns of `mlcap.model.arrow_schema.arrow_schema` behind its own. The version is chosen now;
        nothing is tagged before its rows are asked for.

    Raises:
        InputError: `dataset` is no such dataset, a column is missing, one has a name that tags get, or the extra `ray` is
            missing.
        RegistryError, ArtifactError: there is no such version, or it is damaged.
    """
    try:
        import ray.data
    except ImportError as error:
        raise InputError(f"datasets of Ray need the package ray; {install_extra('ray')}") from error
    if not isinstance(dataset, ray.data.Dataset):
        raise InputError(f"{type(dataset).__name__} is no dataset of Ray; mlcap.frames.tag takes data frames")
    pinned = pin(text, id, model, models, text_only, target, prefix)
    pinned.check(dataset.columns() or [])
    return dataset.map_batches(pinned.tagged, batch_format="pyarrow", batch_size=_ROWS, zero_copy_batch=True)
