"""Whatever tags them, records get the same values, the same errors and the same order."""

from __future__ import annotations

import json
import sys
from datetime import date
from itertools import chain, cycle

import dask
import dask.dataframe as dd
import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import corpus_records, mlcap, needs_cluster
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import mlcap as package
from mlcap import dask as tags_in_dask
from mlcap import duckdb as tags_in_duckdb
from mlcap import frames
from mlcap.errors import InputError
from mlcap.model.arrow_schema import arrow_schema

_TEXTS = [r["text"] for r in corpus_records()]
#: Columns with a caption in the middle, and what is read beside it; any value may be missing.
SCHEMA = pa.schema(
    [
        ("Asset ID", pa.string()),
        ("Headline", pa.string()),
        ("Description", pa.string()),
        ("Keywords", pa.list_(pa.string())),
        ("Date Created", pa.date32()),
        ("size", pa.int64()),
    ]
)
_plain = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=60)
_caption = st.sampled_from(_TEXTS) | _plain | st.sampled_from(["", " \n", "x" * 100_001, "OLYMPUS DIGITAL CAMERA"])
_row = st.tuples(
    st.none() | st.sampled_from(["S106-E-5015", "iss012e15653", "file.jpg"]) | _plain,
    st.none() | _plain | st.sampled_from(["Launch of the orbiter", "Training"]),
    st.none() | _caption,
    st.none() | st.lists(st.none() | _plain, max_size=3),
    st.none() | st.dates(date(1958, 1, 1), date(2030, 1, 1)),
    st.none() | st.integers(0, 1 << 40),
)


def tags_of(records):
    """Output records as rows of Arrow: every column there, no field of the input."""
    names = arrow_schema(package.load().facets).names
    return [{n: r.get(n) if r.get(n) != {} else None for n in names} for r in records]


def by_command(folder, *options):
    """What `mlcap tag` gives for the file."""
    done = mlcap("tag", "in.parquet", "--column", "Description", *options, cwd=folder)
    assert done.returncode in (0, 3)
    return tags_of(map(json.loads, done.out.splitlines()))


def by_pandas(table):
    """By a data frame of pandas whose index is not that of rows."""
    df = table.to_pandas()
    tagged = frames.tag(df.set_index(pd.Index([3] * len(df))), "Description")
    assert list(tagged.index) == [3] * len(df)
    return pa.Table.from_pandas(tagged[tags_of([{}])[0].keys()], preserve_index=False).to_pylist()


def by_polars(table):
    """By a data frame of polars."""
    return frames.tag(pl.from_arrow(table), "Description").select(tags_of([{}])[0].keys()).to_dicts()


def by_duckdb(table):
    """By rows of a table of DuckDB."""
    with duckdb.connect() as connection:
        tags_in_duckdb.register(connection, text="Description")
        connection.register("t", table)
        return connection.sql("SELECT unnest(mlcap_tag_row(to_json(t))) FROM t").to_arrow_table().to_pylist()


def by_dask(table):
    """By partitions of a data frame of Dask, computed in this process."""
    # Else Dask makes one text of the keywords before mlcap sees them.
    with dask.config.set({"scheduler": "synchronous", "dataframe.convert-string": False}):
        ddf = dd.from_pandas(table.to_pandas(), npartitions=3)
        tagged = tags_in_dask.tag(ddf, "Description").compute()
    return pa.Table.from_pandas(tagged[tags_of([{}])[0].keys()], preserve_index=False).to_pylist()


def drawn(examples):
    """How many lists of records are drawn."""
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        # Making a failure smaller takes minutes here.
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def all_agree(folder, rows):
    """One process and several, pandas, polars, DuckDB, Dask and Arrow itself give the same."""
    table = pa.Table.from_pylist([dict(zip(SCHEMA.names, row, strict=True)) for row in rows], schema=SCHEMA)
    pq.write_table(table, folder / "in.parquet")
    given = by_command(folder)
    assert len(given) == len(rows)
    assert by_command(folder, "--jobs", "2") == given
    assert package.load().tag_arrow(table, "Description").to_pylist() == given
    assert frames.tag(table, "Description").select(list(given[0])).to_pylist() == given
    assert by_pandas(table) == given
    assert by_polars(table) == given
    assert by_duckdb(table) == given
    assert by_dask(table) == given


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@drawn(3)
@given(rows=st.lists(_row, min_size=1, max_size=30))
def test_the_same_tags_everywhere(tmp_path_factory, rows):
    """For any records."""
    all_agree(tmp_path_factory.mktemp("everywhere"), rows)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@drawn(40)
@given(rows=st.lists(_row, min_size=1, max_size=60))
def test_the_same_tags_everywhere_for_long(tmp_path_factory, rows):
    """For more of them."""
    all_agree(tmp_path_factory.mktemp("everywhere"), rows)


def sample():
    """Two hundred records of every kind, in row groups."""
    beside = cycle([("S106-E-5015", None), (None, "Launch of the orbiter"), ("file.jpg", ""), (None, None)])
    texts = chain(
        _TEXTS[:190], [None, "", "x" * 100_001, "Les astronautes quittent le bâtiment.", "OLYMPUS DIGITAL CAMERA"]
    )
    rows = [
        {"Asset ID": name, "Headline": title, "Description": text, "Keywords": ["crew", None], "size": n}
        for n, ((name, title), text) in enumerate(zip(beside, texts, strict=False))
    ]
    return pa.Table.from_pylist(rows, schema=SCHEMA)


@pytest.mark.own_process
@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_spark_agrees(tmp_path, monkeypatch):
    """The same of a data frame of Spark in two processes."""
    needs_cluster("spark")
    from pyspark.sql import SparkSession

    from mlcap import spark as tags_in_spark

    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    pq.write_table(sample(), tmp_path / "in.parquet", row_group_size=50)
    spark = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
    try:
        df = spark.read.parquet(str(tmp_path / "in.parquet"))
        with pytest.raises(InputError, match="has no column 'caption'"):
            tags_in_spark.tag(df, "caption")
        with pytest.raises(InputError, match=r"use mlcap\.spark\.tag"):
            frames.tag(df)
        tagged = tags_in_spark.tag(df, "Description").toArrow().sort_by("size")
    finally:
        spark.stop()
    given = by_command(tmp_path)
    assert tagged["size"].to_pylist() == list(range(len(given)))
    assert tagged.select(list(given[0])).to_pylist() == given


@pytest.mark.own_process
@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_ray_agrees(tmp_path):
    """The same of a dataset of Ray in two processes."""
    needs_cluster("ray")
    import ray

    from mlcap import ray as tags_in_ray

    pq.write_table(sample(), tmp_path / "in.parquet", row_group_size=50)
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    try:
        dataset = ray.data.read_parquet(str(tmp_path / "in.parquet"), override_num_blocks=4)
        with pytest.raises(InputError, match="has no column 'caption'"):
            tags_in_ray.tag(dataset, "caption")
        tables = ray.get(tags_in_ray.tag(dataset, "Description").to_arrow_refs())
    finally:
        ray.shutdown()
    tagged = pa.concat_tables(tables).sort_by("size")
    given = by_command(tmp_path)
    assert tagged["size"].to_pylist() == list(range(len(given)))
    assert tagged.select(list(given[0])).to_pylist() == given
