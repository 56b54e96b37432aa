"""Captions in data frames: `mlcap.frames.tag(df, text="Description")` for pandas, polars and PyArrow tables.

>>> import pandas
>>> import mlcap.frames
>>> table = pandas.DataFrame({"Description": ["A crane lifts the capsule onto the recovery ship.", None]})
>>> list(mlcap.frames.tag(table, text="Description")["event"].fillna("no tag"))
['landing', 'no tag']

Needs the extra `frames`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlcap.errors import InputError, install_extra
from mlcap.pinned import Pinned, pin, with_tags
from mlcap.records.types import Written
from mlcap.text import encodable, one_line

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
    """Tag the captions of a data frame; the other arguments are those of `mlcap.pinned.pin`.

    Args:
        df: a data frame of pandas or polars, a table of PyArrow, or another that narwhals knows and that is in memory.
            What stands beside the caption is read as `mlcap tag` reads it.
        text: the column with the caption, or several in order of preference; none to find it by its usual names.

    Returns:
        A frame of the same kind with the same rows, order and index, and the columns of
        `mlcap.model.arrow_schema.arrow_schema` behind its own. A row that cannot be read has `error` alone. In pandas the
        columns are of `ArrowDtype`, so that what is missing is `NA` and a list is a list.

    Raises:
        InputError: `df` is no such frame, a column is missing, one has a name that tags get, or the extra `frames` is
            missing.
        RegistryError, ArtifactError: there is no such version, or it is damaged.
    """
    return tag_pinned(df, pin(text, id, model, models, text_only, target, prefix))


def tag_pinned(df: Any, pinned: Pinned) -> Any:
    """The same with a version that is pinned, as the partitions of a plan are tagged."""
    frame = _frame(df)
    names = [str(name) for name in frame.columns]
    pinned.check(names)
    # By their places: in pandas the name of a column may be a number, which narwhals takes for a row.
    return _joined(frame, pinned.tags(names, [_cells(frame[:, place]) for place in range(len(names))]))


#: What has a way of its own, by the package of its type.
_ELSEWHERE = {
    "dask": "mlcap.dask.tag",
    "pyspark": "mlcap.spark.tag",
    "ray": "mlcap.ray.tag",
    "duckdb": "mlcap.duckdb.register",
    "_duckdb": "mlcap.duckdb.register",
}


def _frame(df: Any) -> Any:
    package = type(df).__module__.partition(".")[0]
    if package in _ELSEWHERE:
        raise InputError(
            f"{type(df).__name__} of {package.strip('_')} is no frame in memory; use {_ELSEWHERE[package]}"
        )
    try:
        import narwhals as nw
    except ImportError as error:
        raise InputError(f"data frames need the package narwhals; {install_extra('frames')}") from error
    try:
        frame = nw.from_native(df)
    except (TypeError, nw.exceptions.NarwhalsError) as error:
        raise InputError(
            f"{type(df).__name__} is no data frame that can be tagged ({one_line(str(error))[:200]}); give one of pandas, polars or PyArrow"
        ) from error
    if isinstance(frame, nw.LazyFrame):
        raise InputError("the frame is lazy; give what its collect() gives")
    return frame


def _cells(series: Any) -> Any:
    """A column as Arrow has it; where values of several types stand in it, each as Arrow has it."""
    import pyarrow as pa

    try:
        return series.to_arrow()
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        return [_cell(pa, value) for value in series.to_list()]


def _cell(pa: Any, value: Any) -> Any:
    try:
        # Halves of characters, which Python's texts may hold, are read as question marks, as from a file.
        return pa.scalar(encodable(value) if isinstance(value, str) else value, from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        return Written(value)


def _joined(frame: Any, tags: pa.Table) -> Any:
    """A frame with tags behind its columns."""
    import narwhals as nw

    if frame.implementation.is_pandas():
        import pandas as pd

        native = nw.to_native(frame)
        columns = {
            name: pd.Series(pd.arrays.ArrowExtensionArray(column), index=native.index)
            for name, column in zip(tags.schema.names, tags.columns, strict=True)
        }
        return native.assign(**columns)
    if frame.implementation.is_pyarrow():
        return with_tags(nw.to_native(frame), tags)
    found = nw.from_arrow(tags, backend=frame.implementation)
    return frame.with_columns(*(found[name] for name in tags.schema.names)).to_native()
