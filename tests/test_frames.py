"""Data frames and databases: the tags of `mlcap tag`, beside the columns that were there."""

from __future__ import annotations

import gc
import json
import shutil
import subprocess
import sys
from datetime import datetime

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from conftest import ROOT, mlcap_process, without

import mlcap
import mlcap.duckdb
import mlcap.frames
from mlcap import pinned as pinned_module
from mlcap.errors import ArtifactError, InputError, RegistryError
from mlcap.model.arrow_schema import VERSION, VERSION_KEY, arrow_schema
from mlcap.pinned import pin

TEXTS = ["Pilot Jan Roe tries his seat liner in the capsule.", None, "A crane lifts the capsule onto the ship."]
TABLE = pa.table({"id": ["a", "b", "c"], "Description": TEXTS, "Title": ["Fit check", "", None]})


def names():
    """The names of the columns that tags get."""
    return arrow_schema(mlcap.load().facets).names


def test_pandas_keeps_rows_index_and_columns():
    """Its own columns stand first and unchanged; a list is a list, and what is missing is NA."""
    df = TABLE.to_pandas().set_index(pd.Index([7, 7, 3], name="row"))
    before = df.copy()
    out = mlcap.frames.tag(df, text="Description")
    pd.testing.assert_frame_equal(df, before)
    pd.testing.assert_frame_equal(out[list(df.columns)], before)
    assert list(out.columns) == [*df.columns, *names()]
    assert list(out[out["event"] == "fit-check"].index) == [7]
    assert out["crew_role"].iloc[0] == ["pilot"]
    assert pd.isna(out["needs_review"].iloc[1])
    assert list(out[out["error"].notna()]["id"]) == ["b"]


@pytest.mark.parametrize("name", [2019, 0, 1.5, None, True, pd.Timestamp(2019, 7, 20), ("a", 1)])
def test_a_column_of_pandas_may_be_called_anything(name):
    """Also what is no text; the column stays as it is, and may hold the captions."""
    df = pd.DataFrame({"Description": TEXTS, name: ["x", "y", "z"]})
    out = mlcap.frames.tag(df)
    pd.testing.assert_frame_equal(out[list(df.columns)], df)
    assert list(out.columns[2:]) == names()
    numbered = mlcap.frames.tag(pd.DataFrame({7: TEXTS, 0: ["x", "y", "z"]}), text="7")
    assert numbered["event"].equals(out["event"])


def test_pandas_may_hold_anything():
    """A value that Arrow has no place for, or of another type than its neighbours, is a cell of its own."""
    df = pd.DataFrame(
        {
            "Description": ["A crane waits at dawn.", 7, None, float("nan"), pd.NA],
            "odd": [object(), 1, "a", pd.Timestamp(2001, 2, 3), {1, 2}],
            "when": [datetime(2001, 2, 3), None, pd.NaT, None, None],  # noqa: DTZ001 (as tables have them)
            "kind": pd.Categorical(["x", "y", None, "x", "x"]),
        }
    )
    out = mlcap.frames.tag(df, text="Description")
    assert list(out["error"].isna()) == [True, False, False, False, False]
    assert out["event"].iloc[0] == mlcap.load().tag_one("A crane waits at dawn.").event


def test_polars_and_pyarrow_keep_their_kind():
    """A frame of polars gives one of polars, a table of PyArrow one of PyArrow, with the same tags."""
    out = mlcap.frames.tag(pl.from_arrow(TABLE), text="Description")
    assert isinstance(out, pl.DataFrame)
    assert out.columns == [*TABLE.schema.names, *names()]
    table = mlcap.frames.tag(TABLE, text="Description")
    assert isinstance(table, pa.Table)
    assert out.to_dicts() == table.to_pylist()
    assert table.select(names()).to_pylist() == mlcap.load().tag_arrow(TABLE, "Description").to_pylist()
    assert mlcap.frames.tag(pl.from_arrow(TABLE.slice(0, 0))).shape == (0, len(out.columns))


def test_what_cannot_be_tagged_is_said(small):
    """In one line, without an option of the command line."""
    for df, said in (
        (7, "int is no data frame that can be tagged"),
        (pl.from_arrow(TABLE).lazy(), "the frame is lazy"),
        (
            pl.DataFrame({"note": ["x"]}),
            "no column is named text, caption, description or another usual name of captions; give one of note as text",
        ),
        (pd.DataFrame([["x", "y"]], columns=["text", "text"]), "unique column names"),
        (mlcap.frames.tag(TABLE), r"names that tags get \(event, event_confidence, .*; rename or drop them, or give a"),
    ):
        with pytest.raises(InputError, match=said):
            mlcap.frames.tag(df)
    for name in ("Event", "crew role", "PEOPLE"):
        with pytest.raises(InputError, match=rf"of the names that tags get \({name}\)"):
            mlcap.frames.tag(TABLE.append_column(name, [["x"] * 3]))
    for wrong, said in (
        ({"prefix": None}, "prefix=None: is no text"),
        ({"target": "0.9"}, "target='0.9': is no number"),
        ({"target": -1}, "target=-1: is no target; give a share from 0.5 to 1"),
    ):
        with pytest.raises(InputError, match=said):
            mlcap.frames.tag(TABLE, **wrong)
    with pytest.raises(InputError, match="has no column 'caption'; it has id, Description, Title"):
        mlcap.frames.tag(TABLE, text="caption")
    with pytest.raises(RegistryError, match="has no version 9"):
        mlcap.frames.tag(TABLE, model=9, models=small / "models")
    again = mlcap.frames.tag(mlcap.frames.tag(TABLE), prefix="new_")
    assert again.schema.metadata[VERSION_KEY] == str(VERSION).encode()
    assert again["new_event"].to_pylist() == again["event"].to_pylist()


def test_a_record_is_read_beside_its_caption():
    """As `mlcap tag` does, and not with `text_only`."""
    table = pa.table({"text": ["The crew of the orbiter."], "title": ["Launch of the orbiter"]})
    with_record, alone = mlcap.frames.tag(table), mlcap.frames.tag(table, text_only=True)
    assert with_record["event_confidence"] != alone["event_confidence"]
    assert (
        alone["event_confidence"][0].as_py()
        == mlcap.load().tag_one("The crew of the orbiter.").facets["event"].probability
    )


def test_a_version_is_loaded_once_a_process(small, monkeypatch):
    """However many frames are tagged; another version or another way to read is another."""
    opened = []
    monkeypatch.setattr(pinned_module, "_kept", {})
    real = pinned_module.open_tagger
    monkeypatch.setattr(pinned_module, "open_tagger", lambda *a, **k: opened.append(a) or real(*a, **k))
    for _ in range(3):
        mlcap.frames.tag(TABLE, models=small / "models")
    assert len(opened) == 1
    mlcap.frames.tag(TABLE, models=small / "models", text_only=True)
    mlcap.frames.tag(TABLE)
    assert len(opened) == 3


def test_a_plan_keeps_its_version(small, weak, tmp_path, monkeypatch):
    """What becomes current later changes nothing; a version that is gone or another one is refused with one line."""
    models = shutil.copytree(small / "models", tmp_path / "models")
    plan = pin("Description", models=models)
    registry = mlcap.Registry(models)
    number = registry.publish({p.name: p.read_bytes() for p in (weak / "1").iterdir()})
    registry.make_current(number, "a test")
    before = mlcap.load(models=small / "models").version
    assert set(plan.tagged(TABLE)["model"].to_pylist()) == {before, None}
    assert pin(models=models).identity != plan.identity
    monkeypatch.setattr(pinned_module, "_kept", {})
    registry.remove(1)
    with pytest.raises(RegistryError, match="has no version 1"):
        plan.tagged(TABLE)
    monkeypatch.setattr(pinned_module, "__version__", "9.9")
    with pytest.raises(ArtifactError, match=f"the plan was made by mlcap {mlcap.__version__}, here is 9.9"):
        plan.tagged(TABLE)


def test_duckdb_tags_captions_and_rows():
    """One function for captions by themselves, one for rows with what stands beside the caption."""
    connection = duckdb.connect()
    mlcap.duckdb.register(connection)
    connection.register("captions", TABLE)
    rows = connection.sql("SELECT unnest(mlcap_tag_row(to_json(c))) FROM captions c").to_arrow_table()
    assert rows.to_pylist() == mlcap.load().tag_arrow(TABLE).to_pylist()
    texts = connection.sql("SELECT unnest(mlcap_tag(Description)) FROM captions").to_arrow_table()
    assert (
        texts.to_pylist() == mlcap.load().tag_arrow(TABLE.select(["Description"]).rename_columns(["text"])).to_pylist()
    )
    found = connection.sql("SELECT id FROM captions WHERE mlcap_tag(Description).event = 'fit-check'").fetchall()
    assert found == [("a",)]


def test_connections_to_a_duckdb_share_the_functions():
    """The one that registered them replaces them; another is told that they are there."""
    connection = duckdb.connect()
    mlcap.duckdb.register(connection)
    mlcap.duckdb.register(connection)
    other = connection.cursor()
    assert other.execute("SELECT mlcap_tag('A crane lifts the capsule onto the ship.').event").fetchall() == [
        ("landing",)
    ]
    with pytest.raises(InputError, match="mlcap_tag: another connection to this database has registered it"):
        mlcap.duckdb.register(other)
    mlcap.duckdb.register(other, "own_tag")


def test_duckdb_rows_that_are_none_are_errors(small):
    """What is no object of JSON, or none that can be read, is an error row; registering again takes the place."""
    connection = duckdb.connect()
    mlcap.duckdb.register(connection, "label")
    mlcap.duckdb.register(connection, "label", text="words", models=small / "models")
    given = ["[1]", "7", None, "{}", '{"words": "A crane waits."}', "[" * 200 + "]" * 200]
    connection.register("t", pa.table({"x": given}))
    found = connection.sql("SELECT label_row(x::JSON) AS tags FROM t").fetchall()
    errors = [tags["error"] for (tags,) in found]
    nothing = "is no JSON object; give to_json(t) of a table t"
    assert errors[:4] == [nothing, nothing, nothing, "holds nothing; give to_json(t) of a table t"]
    assert (errors[4], "deep" in errors[5]) == (None, True)
    assert found[4][0]["model"].startswith("1-")
    with pytest.raises(InputError, match="cannot be registered"):
        mlcap.duckdb.register(connection, "sum")
    with pytest.raises(InputError, match="NoneType is no connection of DuckDB"):
        mlcap.duckdb.register(None)


def test_halves_of_characters_are_read_as_from_a_file(tmp_path):
    """A caption with one is tagged in a frame as in a file, with a question mark in its place."""
    text = "A crane lifts the capsule onto the recovery ship.\ud800"
    found = mlcap.frames.tag(pd.DataFrame({"Description": [text, "A crane waits."]}, dtype=object))
    assert (found["event"][0], found["error"].isna().all()) == ("landing", True)
    (tmp_path / "in.jsonl").write_text(json.dumps({"id": "a", "Description": text}))
    done = mlcap_process("tag", "in.jsonl", cwd=tmp_path)
    assert json.loads(done.out)["event_confidence"] == pytest.approx(found["event_confidence"][0], abs=1e-3)


def test_what_names_no_column_is_told():
    """A number in place of a column's name is one clear line."""
    with pytest.raises(InputError, match="text=5: is no name of a column"):
        mlcap.frames.tag(TABLE, text=5)


def test_the_shipped_version_is_everywhere(tmp_path):
    """Chosen from a copy of the registry that comes with mlcap it is found by others in their own."""
    shutil.copytree(ROOT / "models", tmp_path / "models")
    assert pin(models=tmp_path / "models").folder is None
    assert pin(models=tmp_path / "models").identity == mlcap.load().version


def test_without_any_extra_a_cluster_asks_for_its_own(tmp_path):
    """It brings what else is missing, so that nobody installs one after another."""
    for module in ("pyarrow", "narwhals", "distributed"):
        env = without(module, tmp_path)
    (tmp_path / "in.parquet").touch()
    words = ("tag", "--on", "dask://h:1", "in.parquet", "-o", "out")
    done = mlcap_process(*words, cwd=tmp_path, env=env, check=2)
    assert "pip install 'mlcap[dask]'" in done.err


@pytest.mark.parametrize(
    ("module", "code", "extra"),
    [
        ("narwhals", "import mlcap.frames; mlcap.frames.tag(7)", "frames"),
        ("pyarrow", "from mlcap.model.arrow_schema import arrow_schema; arrow_schema([])", "parquet"),
        ("duckdb", "import mlcap.duckdb; mlcap.duckdb.register(None)", "duckdb"),
    ],
)
def test_a_missing_extra_is_named(module, code, extra, tmp_path):
    """One line says what to install."""
    done = subprocess.run(
        [sys.executable, "-c", f"import mlcap\ntry:\n    {code}\nexcept mlcap.InputError as error:\n    print(error)"],
        env=without(module, tmp_path),
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert f"pip install 'mlcap[{extra}]'" in done.stdout


def test_the_example_of_the_module_runs():
    """What its docstring shows."""
    import doctest

    assert doctest.testmod(mlcap.frames).failed == 0
    assert json.loads(json.dumps(mlcap.frames.tag(TABLE).to_pylist()))


def test_circles_are_looked_for_as_before_once_captions_are_tagged(monkeypatch):
    """A process of somebody else's keeps its own thresholds, whatever they are, and whatever becomes of the tagging."""
    found = []
    tag_columns = pinned_module.tag_columns

    def noting(*given):
        found.append(gc.get_threshold())
        return tag_columns(*given)

    monkeypatch.setattr(pinned_module, "tag_columns", noting)
    before = gc.get_threshold()
    try:
        for own in ((700, 10, 10), (0, 10, 10), (90_000, 5, 5)):
            gc.set_threshold(*own)
            mlcap.frames.tag(TABLE)
            assert gc.get_threshold() == own
    finally:
        gc.set_threshold(*before)
    assert found == [(50_000, 20, 20), (0, 10, 10), (90_000, 5, 5)]
