"""Captions in data frames of Spark: `mlcap.spark.tag(df)`.

Needs the extra `spark`, and the same mlcap with it wherever tasks run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlcap.errors import InputError, install_extra
from mlcap.pinned import pin

if TYPE_CHECKING:
    import pyarrow as pa


def tag(
    df: Any,
    text: str | Sequence[str] = (),
    *,
    id: str | None = None,  # noqa: A002 (as the option is called)
    model: str | int = "current",
    models: str | Path | None = None,
    text_only: bool = False,
    target: float | None = None,
    prefix: str = "",
) -> Any:
    """Plan to tag the captions of a data frame of Spark, by `mapInArrow`; the other arguments are those of `mlcap.pinned.pin`.

    Args:
        df: the data frame.
        text: the column with the caption, or several in order of preference; none to find it by its usual names.
        models: a folder that every executor sees; where None, the version that comes with mlcap is theirs as well.

    Returns:
        A data frame with the columns of `mlcap.model.arrow_schema.arrow_schema` behind its own. The version is chosen now;
        nothing is tagged before an action asks for it.

    Raises:
        InputError: `df` is no such frame, a column is missing, one has a name that tags get, or the extra `spark` is
            missing.
        RegistryError, ArtifactError: there is no such version, or it is damaged.
    """
    try:
        from pyspark.sql.pandas.types import from_arrow_schema
        from pyspark.sql.types import StructType
    except ImportError as error:
        raise InputError(f"data frames of Spark need the package pyspark; {install_extra('spark')}") from error
    if not hasattr(df, "mapInArrow"):
        raise InputError(f"{type(df).__name__} is no data frame of Spark; mlcap.frames.tag takes those of others")
    pinned = pin(text, id, model, models, text_only, target, prefix)
    pinned.check(df.columns)
    schema = StructType([*df.schema.fields, *from_arrow_schema(pinned.schema).fields])

    def tagged(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            yield from pinned.tagged_batch(batch)

    return df.mapInArrow(tagged, schema)
