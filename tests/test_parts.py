"""A Parquet file in parts: every row in one of them, whole or not there, and what comes of going on."""

from __future__ import annotations

import json
import resource
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import mlcap

from mlcap import parts as parts_module
from mlcap.errors import InputError, OutputError
from mlcap.parts import NOTE, PartsFolder, _cut, parts_of, tag_part
from mlcap.pinned import pin
from mlcap.records import parquet as parquet_module
from mlcap.runs.fingerprint import fingerprint
from mlcap.runs.spool import Counts


@pytest.fixture
def source(tmp_path):
    """Twenty captions in row groups of seven, some of them none, with a column of a name of ours."""
    rows = [{"id": n, "text": f"Crane {n} waits." if n % 9 else None, "event": "old", "when": n} for n in range(20)]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "in.parquet", row_group_size=7)
    return str(tmp_path / "in.parquet")


@pytest.fixture
def plan(small):
    """A version, pinned."""
    return pin("text", models=small / "models")


def taken_of(source, plan):
    """Of what the parts are."""
    return fingerprint([source], {}, plan.tagger())


@pytest.mark.parametrize(
    ("sizes", "cut"),
    [
        ([], []),
        ([0, 3], [((1,), 0, 3)]),
        ([2, 2, 2], [((0, 1), 0, 4), ((2,), 0, 2)]),
        ([9], [((0,), 0, 4), ((0,), 4, 4), ((0,), 8, 1)]),
        ([3, 5, 1], [((0,), 0, 3), ((1,), 0, 4), ((1,), 4, 1), ((2,), 0, 1)]),
    ],
)
def test_row_groups_are_joined_and_cut(sizes, cut):
    """Small ones go together, large ones in pieces, in order."""
    parts = list(_cut(sizes, 4))
    assert [(p.groups, p.start, p.rows) for p in parts] == cut
    assert [p.number for p in parts] == list(range(len(cut)))
    assert sorted(p.name for p in parts) == [p.name for p in parts]


def test_a_small_file_keeps_a_cluster_busy(tmp_path, plan):
    """Its parts are smaller than those of a large one, and the same whenever it is asked."""
    path = tmp_path / "in.parquet"
    for rows, parts in ((100, 1), (1300, 3), (70_000, 64)):
        pq.write_table(pa.table({"text": ["A crane."] * rows}), path)
        found = parts_of(str(path), plan)
        assert sum(p.rows for p in found) == rows
        assert len(found) in (parts, parts + 1)
        assert found == parts_of(str(path), plan)


def test_parts_together_are_what_tag_gives(source, plan, small, tmp_path):
    """Whatever the parts are cut to: the rows in order, their columns as they were, a field of our name in `input`."""
    done = mlcap("tag", source, "--column", "text", "--models", small / "models", cwd=tmp_path, check=3)
    given = [json.loads(line) for line in done.out.splitlines()]
    for most in (1, 5, 7, 100):
        parts = parts_of(source, plan, most)
        out = tmp_path / f"out-{most}"
        with PartsFolder(out, taken_of(source, plan), resume=False) as folder:
            found = sum((tag_part(source, str(out), part, plan) for part in parts), Counts())
            assert found == folder.counts(parts) == Counts(17, 3, sum(r.get("needs_review", False) for r in given))
        rows = pq.read_table(out).to_pylist()
        assert [r["id"] for r in rows] == list(range(20))
        assert [r["input"] for r in rows] == [{"event": "old"}] * 20
        for row, record in zip(rows, given, strict=True):
            assert {k: row[k] for k in record if k != "position"} == {
                k: v for k, v in record.items() if k != "position"
            }


def test_a_part_is_whole_or_not_there(source, plan, tmp_path, monkeypatch):
    """Where tagging ends in the middle nothing is left, and a file that changed is refused."""
    out = tmp_path / "out"
    out.mkdir()
    (part,) = parts_of(source, plan, 100)
    real, calls = type(plan).tags, []

    def failing(self, *args):
        calls.append(args)
        if len(calls) > 1:
            raise KeyboardInterrupt
        return real(self, *args)

    with monkeypatch.context() as patched:
        patched.setattr(type(plan), "tags", failing)
        patched.setattr(parts_module, "_GROUP_ROWS", 1)
        patched.setattr(parquet_module, "_READ_ROWS", 5)
        with pytest.raises(KeyboardInterrupt):
            tag_part(source, str(out), part, plan)
    assert not list(out.iterdir())
    pq.write_table(pq.read_table(source).slice(0, 9), source)
    with pytest.raises(InputError, match="changed since the plan was made"):
        tag_part(source, str(out), parts_module.Part(0, (0,), 0, 20), plan)
    with pytest.raises(InputError, match="there is no such file"):
        tag_part(source + "x", str(out), part, plan)
    with pytest.raises(OutputError, match="cannot be written"):
        tag_part(source, str(tmp_path / "nowhere"), parts_of(source, plan, 100)[0], plan)


def test_a_stopped_run_goes_on_and_another_is_refused(source, plan, tmp_path, weak):
    """Parts that are there stay; what kills left goes; other inputs, options or versions are refused."""
    out, taken = tmp_path / "out", taken_of(source, plan)
    parts = parts_of(source, plan, 5)
    with PartsFolder(out, taken, resume=True):
        tag_part(source, str(out), parts[1], plan)
    (out / f".{parts[0].name}.abc.new").write_bytes(b"half")
    with PartsFolder(out, taken, resume=True) as folder:
        assert folder.missing(parts) == [p for p in parts if p.number != 1]
        with pytest.raises(OutputError, match="out"), PartsFolder(out, taken, resume=True):
            pass
        for part in folder.missing(parts):
            tag_part(source, str(out), part, plan)
        folder.finish(folder.counts(parts))
    assert sorted(p.name for p in out.iterdir()) == [NOTE, *(p.name for p in parts)]
    assert json.loads((out / NOTE).read_text("utf-8"))["complete"] is True
    with pytest.raises(OutputError, match="holds something already; name a new folder, or go on with --resume"):
        PartsFolder(out, taken, resume=False)
    other = pin("text", models=weak)
    with pytest.raises(InputError, match=r"the stopped run used model version .*, or name a new folder to start anew"):
        PartsFolder(out, taken_of(source, other), resume=True)
    (out / NOTE).write_text("{", "utf-8")
    with pytest.raises(InputError, match="cannot be read; remove the folder"):
        PartsFolder(out, taken, resume=True)


def test_a_part_that_lost_rows_is_said(source, plan, tmp_path):
    """Every row is there once, or the run does not end well."""
    out, parts = tmp_path / "out", parts_of(source, plan, 10)
    with PartsFolder(out, taken_of(source, plan), resume=False) as folder:
        for part in parts:
            tag_part(source, str(out), part, plan)
        table = pq.read_table(out / parts[0].name)
        pq.write_table(table.slice(1), out / parts[0].name)
        with pytest.raises(InputError, match="has not the rows that it is to have"):
            folder.counts(parts)
        # Within the texts, which the counts do not need.
        tag_part(source, str(out), parts[0], plan)
        whole = (out / parts[0].name).read_bytes()
        chunk = pq.ParquetFile(out / parts[0].name).metadata.row_group(0).column(1)
        assert chunk.path_in_schema == "text"
        begin = chunk.dictionary_page_offset or chunk.data_page_offset
        spoilt = whole[:begin] + bytes(chunk.total_compressed_size) + whole[begin + chunk.total_compressed_size :]
        (out / parts[0].name).write_bytes(spoilt)
        with pytest.raises(InputError, match="remove it, and go on with --resume"):
            folder.counts(parts)
        (out / parts[0].name).write_bytes(b"no table")
        with pytest.raises(InputError, match=r"part-000000\.parquet: .*; remove it, and go on with --resume"):
            folder.counts(parts)


def test_what_is_no_part_of_the_run_is_not_left_among_its_parts(source, plan, tmp_path):
    """Readers of the folder would take it for rows of the archive."""
    out, parts = tmp_path / "out", parts_of(source, plan, 10)
    with PartsFolder(out, taken_of(source, plan), resume=False) as folder:
        tag_part(source, str(out), parts[0], plan)
        (out / "part-000099.parquet").write_bytes(b"x")
        with pytest.raises(OutputError, match=r"part-000099\.parquet: is no part of this run; move it away"):
            folder.missing(parts)


def test_a_run_that_made_no_part_leaves_the_folder_to_another(source, plan, tmp_path, weak):
    """Whether it goes on or begins anew, and whatever it reads."""
    out = tmp_path / "out"
    for version, resume in ((plan, False), (pin("text", models=weak), True), (plan, False)):
        taken = taken_of(source, version)
        with PartsFolder(out, taken, resume):
            assert json.loads((out / NOTE).read_text("utf-8"))["model"] == taken.model


def test_columns_keep_their_types(plan, tmp_path):
    """Lists and structures of texts as well, which are read as if each text were there once."""
    rows = [{"text": "A crane.", "k": ["a", "b"], "s": {"k": ["c"]}, "m": [("x", "y")], "d": "e"} for _ in range(9)]
    of = pa.list_(pa.string())
    kinds = [("text", pa.string()), ("k", of), ("s", pa.struct([("k", of)])), ("m", pa.map_(pa.string(), pa.string()))]
    schema = pa.schema([*kinds, ("d", pa.dictionary(pa.int32(), pa.string()))])
    source = str(tmp_path / "in.parquet")
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), source, row_group_size=4)
    (tmp_path / "out").mkdir()
    for part in parts_of(source, plan, 5):
        tag_part(source, str(tmp_path / "out"), part, plan)
    found = pq.read_table(tmp_path / "out")
    assert found.select(schema.names).schema.equals(pq.read_schema(source))
    assert found.select(schema.names).to_pylist() == rows


def test_rows_that_would_fill_the_memory_are_refused(plan, tmp_path, monkeypatch):
    """A text of a few bytes in the file that a list repeats."""
    monkeypatch.setattr(parts_module, "MOST_ROOM", 10_000)
    source = str(tmp_path / "in.parquet")
    pq.write_table(pa.table({"text": ["A crane."], "k": [["x" * 100] * 101]}), source)
    with pytest.raises(InputError, match="would fill the memory"):
        tag_part(source, str(tmp_path), parts_of(source, plan, 5)[0], plan)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--on", "tcp://h:1", "in.parquet", "-o", "out"], 2, "--on takes dask://HOST:PORT"),
        (["--on", "dask://h", "in.parquet", "-o", "out"], 2, "--on takes dask://HOST:PORT"),
        (["--on", "dask://h:99999", "in.parquet", "-o", "out"], 2, "--on takes dask://HOST:PORT"),
        (["--on", "dask://h:1", "in.parquet"], 2, "-o with the folder"),
        (["--on", "dask://h:1", "in.jsonl", "-o", "out"], 2, "one Parquet file"),
        (["--on", "dask://h:1", "in.parquet", "-o", "out", "--jobs", "2"], 2, "--jobs does not go with --on"),
        (["--on", "dask://h:1", "in.parquet", "-o", "out", "--bom"], 2, "--bom does not go with --on"),
        (["--on", "dask://h:1", "in.parquet", "-o", "in.parquet"], 6, "is no folder"),
        (["--on", "dask://h:1", "no.parquet", "-o", "out"], 2, "there is no such file"),
        (["--on", "dask://h:1", "in.parquet", "-o", "out", "--column", "x"], 2, "has no column 'x'"),
    ],
)
def test_wrong_use_of_a_cluster_is_said(source, tmp_path, words, code, said):
    """In one line, before anything is asked for or made."""
    done = mlcap("tag", *words, cwd=tmp_path, check=code)
    assert said in done.err
    assert not (tmp_path / "out").exists()


def parts_from(path, out, *words):
    """The rows of the parts that come of a table, and of the same by `mlcap tag`; and the talk of both."""
    plan, said = pin(*words), []
    out.mkdir()
    for part in parts_of(str(path), plan, warn=said.append):
        tag_part(str(path), str(out), part, plan)
    columns = [word for name in words for word in ("--column", name)]
    done = mlcap("tag", path, *columns, "-o", f"{out}-given.parquet", cwd=path.parent, check=0)
    return pq.read_table(out), pq.read_table(f"{out}-given.parquet"), said, done.err


def test_columns_of_one_name_are_numbered(tmp_path):
    """As `mlcap tag` does, so that every reader takes the part; a second one may be named by its number."""
    names = ["caption", "id", "x", "x", "event", "event"]
    pq.write_table(
        pa.table([[v] for v in ["A crane waits.", "7", "1", "2", "a", "b"]], names=names), tmp_path / "a.parquet"
    )
    found, given, _, _ = parts_from(tmp_path / "a.parquet", tmp_path / "a")
    assert found.schema.names[:4] == ["caption", "id", "x", "x (2)"]
    assert found["input"].to_pylist() == [{"event": "a", "event (2)": "b"}]
    names = ["caption", "id", "caption", "x"]
    pq.write_table(pa.table([["A crane."], ["7"], ["Divers wait."], ["2"]], names=names), tmp_path / "b.parquet")
    found, given, _, _ = parts_from(tmp_path / "b.parquet", tmp_path / "b", "caption (2)")
    same = ["caption", "id", "caption (2)", "x", "event", "event_confidence"]
    assert found.select(same).to_pylist() == given.select(same).to_pylist()


def test_the_columns_chosen_are_said_as_tag_says_them(tmp_path):
    """Once, with the file, and not where they are plain."""
    table = {"Photo caption": ["A crane waits."], "Asset ID": ["7"]}
    pq.write_table(pa.table(table), tmp_path / "a.parquet")
    _, _, said, err = parts_from(tmp_path / "a.parquet", tmp_path / "a")
    assert [f"mlcap: {line}" for line in said] == [line for line in err.splitlines() if "captions from" in line]
    assert len(said) == 1
    pq.write_table(pa.table({"text": ["A crane waits."], "id": ["7"]}), tmp_path / "b.parquet")
    assert parts_from(tmp_path / "b.parquet", tmp_path / "b")[2] == []


def test_what_a_table_lacks_is_said_with_the_option(tmp_path):
    """As `mlcap tag` says it: with the file, and what to give on the command line."""
    for names in (["caption", "caption"], ["note", "other"]):
        pq.write_table(pa.table([["A crane."], ["B"]], names=names), tmp_path / "in.parquet")
        words = ("tag", "in.parquet", "-o", "out")
        given = mlcap(*words[:2], cwd=tmp_path, check=2).err
        assert mlcap(*words, "--on", "dask://h:1", cwd=tmp_path, check=2).err == given
        assert "in.parquet: " in given
        assert "--column" in given


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_a_full_disk_leaves_no_file_open(source, plan, tmp_path, monkeypatch):
    """Also while the error is held, as a worker of a cluster holds it: the disk gets its room back."""
    out = tmp_path / "out"
    out.mkdir()
    (part,) = parts_of(source, plan, 100)
    monkeypatch.setattr(parts_module, "_GROUP_ROWS", 1)
    monkeypatch.setattr(parquet_module, "_READ_ROWS", 5)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(OutputError, match="cannot be written") as held:
            tag_part(source, str(out), part, plan)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    opened = [str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    assert not [name for name in opened if name.startswith(str(tmp_path))], held
    assert not list(out.iterdir())
