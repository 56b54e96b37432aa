"""The command line: every input, every fault, one clear line and the documented exit code."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from commands import every_command
from conftest import ROOT, few_records, mlcap, write_jsonl

import mlcap as library
from mlcap.cli.main import mlcap as group
from mlcap.labels.folder import read_labels
from mlcap.model.location import shipped_taxonomy
from mlcap.model.registry import Registry

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture
def here(small, tmp_path):
    """An empty folder, with the small model chosen by variable."""

    class Here:
        path = tmp_path
        models = small / "models"

        def run(self, *args, **kwargs):
            return mlcap(*args, cwd=tmp_path, env={"MLCAP_MODELS": str(self.models), **kwargs.pop("env", {})}, **kwargs)

        def file(self, name, data):
            (tmp_path / name).write_bytes(data if isinstance(data, bytes) else data.encode("utf-8"))
            return name

    return Here()


def records(out):
    """Output records."""
    return [json.loads(line) for line in out.splitlines()]


def test_tag_keeps_order_ids_and_fields(here):
    """One record a caption, in the order read, with every field of the input."""
    done = here.run("tag", ROOT / "examples" / "incoming.jsonl", check=3)
    out = records(done.out)
    assert [r["nasa_id"] for r in out][:2] == ["KSC-20310502-PH-DQX01_0007", "iss097e198050"]
    assert out[0]["center"] == "KSC"
    assert set(out[0]) >= {"event", "event_confidence", "crew_role", "crew_role_confidence", "needs_review", "model"}
    assert out[0]["model"] == Registry(here.models).load("1").identity
    assert len(out[0]["crew_role_confidence"]) == 9
    assert "the caption is empty" in out[-1]["error"]
    assert out[-1]["position"].endswith("line 5")
    assert done.err.splitlines()[-1] == "mlcap: 4 tagged, 4 for review, 1 error: its record says why"


def test_tag_reads_stdin_and_text(here):
    """A pipe is read as text, --text is one caption, `-` is stdin with a form."""
    assert len(records(here.run("tag", stdin=b"one\n\ntwo\n", check=0).out)) == 2
    assert len(records(here.run("tag", "--text", "A crane waits.", check=0).out)) == 1
    assert records(here.run("tag", "-", "--from", "jsonl", stdin=b'{"id":7,"text":"x"}', check=0).out)[0]["id"] == 7


def test_tag_streams(here):
    """The first line is out before the last caption is read."""
    env = {**os.environ, "MLCAP_MODELS": str(here.models)}
    process = subprocess.Popen(
        [sys.executable, "-m", "mlcap", "tag", "--from", "jsonl"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=env,
        cwd=here.path,
    )
    process.stdin.write(b'{"id": 1, "text": "A crane waits."}\n')
    process.stdin.flush()
    assert json.loads(process.stdout.readline())["id"] == 1
    rest, _ = process.communicate(b'{"id": 2, "text": "A crane waits."}\n')
    assert json.loads(rest)["id"] == 2


def test_csv_in_and_out(here):
    """Quotes and line ends in cells survive; lists are joined with a semicolon."""
    done = here.run("tag", ROOT / "examples" / "incoming.csv", "--to", "csv", check=0)
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert rows[0]["caption"].count("\n") == 1
    assert rows[0]["photographer"] == "D. Quist"
    assert {"event", "crew_role", "needs_review"} <= set(rows[0])


def test_csv_loses_no_column_and_waits_for_the_first_readable_record(here):
    """A column named more survives, and an unreadable first record does not decide the columns."""
    data = (
        b'{broken\n{"id":1,"text":"A crane waits.","more":"KEEP"}\n{"id":2,"text":"It waits.","more":"TOO","odd":5}\n'
    )
    done = here.run("tag", here.file("m.jsonl", data), "--to", "csv", check=3)
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert [r["more"] for r in rows] == ["", "KEEP", "TOO"]
    assert json.loads(rows[2]["more_"]) == {"odd": 5}
    assert "no JSON" in rows[0]["error"]
    quoted = here.run("tag", here.file("q.csv", b'id,text\n1,"open\n2,fine one\n'), "--to", "csv", check=3)
    rows = list(csv.DictReader(io.StringIO(quoted.out)))
    assert [r["text"] for r in rows] == ['"open', "fine one"]
    only_bad = here.run("tag", here.file("b.jsonl", b"{broken\n"), "--to", "csv", check=3)
    assert "no JSON" in next(csv.DictReader(io.StringIO(only_bad.out)))["error"]


def test_table_fits_the_terminal(here):
    """Table lines are cut to the width, and control characters do not reach it."""
    done = here.run("tag", "--text", "A \x1b[31mred\x07 crane " * 30, "--to", "table", check=0, env={"COLUMNS": "70"})
    assert max(map(len, done.out.splitlines())) <= 70
    assert "\x1b" not in done.out


def test_several_files_go_on_past_a_missing_one(here):
    """A missing file is one line; the others are tagged; the exit code says so."""
    a, b = here.file("a.txt", "one"), here.file("b.txt", "two")
    done = here.run("tag", a, "gone.txt", b, check=3)
    assert len(records(done.out)) == 2
    assert "gone.txt: there is no such file" in done.err


@pytest.mark.parametrize(
    ("name", "data", "message", "code"),
    [
        ("e.txt", b"", "holds no captions", 2),
        ("b.jsonl", b"\0\1\2", "binary", 2),
        ("c.csv", b"a,b\n1,2\n", "--column", 2),
        ("x.dat", b"hi", "--from", 2),
        ("s.csv", b"id;note\n1;a\n", "choose one of id, note with --column", 2),
        ("j.jsonl", b"{broken\n", "0 tagged, 0 for review, 1 error", 3),
    ],
)
def test_unusable_input_is_one_line(here, name, data, message, code):
    """Each unusable input gives one line on stderr and its exit code."""
    done = here.run("tag", here.file(name, data), check=code)
    assert message in done.err
    assert len(done.err.splitlines()) == 1


def test_five_megabytes_on_one_line(here):
    """An endless caption is an error record, and the one after it is tagged."""
    done = here.run("tag", here.file("big.txt", b"x" * 5_000_000 + b"\n\nA crane waits.\n"), check=3)
    out = records(done.out)
    assert "error" in out[0]
    assert "event" in out[1]


def test_latin_1_is_read_with_a_warning(here):
    """Windows-1252 text is read, with one warning."""
    done = here.run("tag", here.file("l.txt", "Une fus\xe9e s'\xe9l\xe8ve.".encode("cp1252")), check=0)
    assert records(done.out)[0]["text"] == "Une fus\xe9e s'\xe9l\xe8ve."
    assert "Windows-1252" in done.err


@pytest.mark.parametrize(
    ("args", "message", "code"),
    [
        (["tag", "."], "is a folder", 2),
        (["tag", "--model", "77", "--text", "x"], "has no version 77", 4),
        (["tag", "--model", "../1", "--text", "x"], "names no model version", 4),
        (["tag", "--models", "nowhere", "--text", "x"], "nowhere: there is no such folder", 4),
        (["apply", "plan.json", "--agency", "DLC"], "--agency goes with --marc", 2),
        (["tag", "--to", "xml"], "--to", 2),
        (["nonsense"], "nonsense", 2),
        (["tag", "--text", "x", "file"], "not both", 2),
        (["evaluate", "gone.jsonl"], "no such file", 2),
        (["tag", "-", "-"], "once only", 2),
        (["tag", "--text", "x", "--from", "csv"], "go with files", 2),
        (["models", "list", "--models", "gone"], "no such folder", 4),
        (["train", "--labels", "gone"], "no folder of labels", 2),
        (["evaluate"], "no folder of labels", 2),
    ],
)
def test_wrong_use_is_one_line(here, args, message, code):
    """Wrong options, models and folders: one line that says what is wrong, and the exit code."""
    done = here.run(*args, check=code)
    assert message in done.err
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize(("redirect", "code"), [(">&-", 6), ("<&-", 2)])
def test_closed_streams_are_one_line(here, redirect, code):
    """A closed stdout or stdin is one line, not an error of ours."""
    command = f"{shlex.quote(sys.executable)} -m mlcap tag {redirect}"
    env = {**os.environ, "MLCAP_MODELS": str(here.models)}
    done = subprocess.run(["sh", "-c", command], capture_output=True, env=env, cwd=here.path, check=False)
    assert done.returncode == code, done.stderr
    assert b"is closed" in done.stderr


def test_tag_says_which_version_it_uses_when_it_is_not_the_shipped_one(here, tmp_path):
    """One line on stderr, before the first caption; none for the shipped version, and no second one with -v."""
    identity = Registry(here.models).load().identity
    assert here.run("tag", "--text", "A crane waits.").err.startswith(
        f"mlcap: model version {identity} of {here.models} ("
    )
    assert here.run("tag", "--text", "A crane waits.", "-v").err.count(identity) == 1
    assert "model version" not in mlcap("tag", "--text", "A crane waits.", cwd=tmp_path).err
    assert "model version" not in mlcap("tag", "--text", "A crane waits.", cwd=ROOT).err


def test_the_installed_versions_are_not_changed(tmp_path):
    """Versions that come with mlcap are refused as a place to promote or remove in."""
    for args in (["promote", "1"], ["rollback"], ["remove", "1"]):
        assert "of your own" in mlcap("models", *args, cwd=tmp_path, check=4).err


def test_a_rollback_goes_back_and_not_round(small, tmp_path):
    """Two rollbacks go back two promotions; a damaged version is not made current."""
    models = tmp_path / "models"
    shutil.copytree(small / "models", models)
    registry = Registry(models)
    content = {p.name: p.read_bytes() for p in (models / "1").iterdir()}
    for _ in range(2):
        registry.make_current(registry.publish(content), "test")
    for expected in (2, 1):
        mlcap("models", "rollback", "--models", models, cwd=tmp_path, check=0)
        assert registry.current() == expected
    assert "no earlier version" in mlcap("models", "rollback", "--models", models, cwd=tmp_path, check=4).err
    registry.make_current(2, "test")
    (models / "1" / "idf.npy").write_bytes(b"x")
    assert "damaged" in mlcap("models", "rollback", "--models", models, cwd=tmp_path, check=4).err
    assert registry.current() == 2


def test_training_finds_out_first_whether_it_can_write(small, tmp_path):
    """A models folder that is a file is refused before the long work."""
    (tmp_path / "file").write_text("x")
    done = mlcap("train", "--labels", small / "labels", "--models", tmp_path / "file", cwd=tmp_path, check=4)
    assert "cannot be written" in done.err


def test_thin_labels_are_refused_in_our_words(tmp_path):
    """Too few missions, or a value of one mission only, are said plainly."""
    labels = tmp_path / "labels"
    labels.mkdir()
    train = ("train", "--labels", labels, "--models", tmp_path / "m", "--jobs", "1")
    few = [{**r, "mission": f"m{k % 3}"} for k, r in enumerate(few_records(6))]
    write_jsonl(labels / "c.jsonl", few)
    (labels / "held-out.toml").write_text("missions = []")
    done = mlcap(*train, cwd=tmp_path, check=2)
    assert "5-fold cross-validation needs 5" in done.err
    two = [
        {**r, "event": "launch" if k % 6 else "other", "mission": f"m{0 if not k % 6 else k}"}
        for k, r in enumerate(few_records(6))
    ]
    write_jsonl(labels / "c.jsonl", two)
    done = mlcap(*train, cwd=tmp_path, check=2)
    assert "event: without the missions of one fold" in done.err


def test_labels_with_a_byte_order_mark_are_read(here):
    """A gold file that starts with a byte order mark is read like any other."""
    gold = b'\xef\xbb\xbf{"id": 1, "text": "A crane waits.", "event": "other"}\n'
    assert "1 caption\n" in here.run("evaluate", here.file("g.jsonl", gold), check=0).out


@pytest.mark.slow
def test_an_interrupt_or_a_kill_leaves_no_worker(small, tmp_path):
    """Ctrl-C during training is one line; after kill -9 the workers end by themselves."""
    import signal

    command = [
        sys.executable,
        "-m",
        "mlcap",
        "train",
        "--labels",
        str(small / "labels"),
        "--models",
        str(tmp_path / "m"),
        "--jobs",
        "2",
    ]
    for delay in (1.2, 1.4, 1.6, 2.0, 2.5):
        process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True)
        time.sleep(delay)
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=60)
        assert b"Traceback" not in err
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True)
    time.sleep(3.5)
    process.kill()
    process.wait()
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        left = subprocess.run(["pgrep", "-g", str(process.pid)], capture_output=True, check=False).stdout
        if not left.strip():
            break
        time.sleep(0.5)
    assert not left.strip()


def test_a_closed_pipe_is_no_error(here):
    """When the reader of our output has enough, nothing is said of it."""
    data = b"A crane waits.\n\n" * 4000
    process = subprocess.Popen(
        [sys.executable, "-m", "mlcap", "tag"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "MLCAP_MODELS": str(here.models)},
    )
    process.stdin.write(data[:2000])
    process.stdin.flush()
    process.stdout.readline()
    process.stdout.close()
    try:
        process.stdin.write(data)
        process.stdin.close()
    except BrokenPipeError:
        pass
    assert process.wait(timeout=60) == 0
    said = process.stderr.read().decode()
    assert re.fullmatch(r"mlcap: model version 1-[0-9a-f]{8} of .*\n", said)
    process.stderr.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_one_line(here):
    """Output that cannot be written ends the run with one line and exit code 6."""
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "mlcap", "tag", "--text", "x"],
            stdout=full,
            stderr=subprocess.PIPE,
            env={**os.environ, "MLCAP_MODELS": str(here.models)},
            check=False,
        )
    assert done.returncode == 6
    assert b"cannot be written" in done.stderr
    assert b"Traceback" not in done.stderr


def test_evaluate_reports_metrics_and_matrix(here):
    """A labelled file gives metrics, matrix, role counts and workload; JSON gives the same as data."""
    gold = ROOT / "examples" / "labelled.jsonl"
    text = here.run("evaluate", gold, check=0).out
    assert "7 captions" in text
    assert "confusion (rows: labelled" in text
    assert "spaceflight-participant" in text
    assert re.search(r"prime-crew\s+no examples", text)
    data = json.loads(here.run("evaluate", gold, "--json", check=0).out)
    assert data["captions"] == 7
    assert data["facets"]["event"]["accuracy"] <= 1


def test_evaluate_without_a_file_uses_the_held_out_missions(small):
    """Without a gold file the captions of the missions held out in training are used, and counted."""
    done = mlcap("evaluate", "--models", small / "models", cwd=small, check=0)
    held = json.loads((small / "models" / "1" / "manifest.json").read_text())["training"]["held_out_missions"]
    count = sum(r["mission"] in held for r in few_records())
    assert f"{count} captions of held-out missions" in done.err


def test_one_caption_can_be_evaluated(here):
    """A gold file of one caption, with unknown fields, is no problem."""
    path = write_jsonl(
        here.path / "one.jsonl", [{"id": 1, "text": "A crane waits.", "event": "other", "crew_role": [], "odd": [1]}]
    )
    assert "1 caption\n" in here.run("evaluate", path, check=0).out


def test_held_out_missions_are_named_and_stay_when_labels_are_added(tmp_path):
    """A second training holds out what the first one drew, though a new draw would not; both name what they leave out."""
    labels, models = tmp_path / "labels", tmp_path / "models"
    labels.mkdir()
    path, records = labels / "captions.jsonl", few_records(8)
    train = ("train", "--labels", labels, "--models", models, "--folds", "2", "--jobs", "1", "--force")
    write_jsonl(path, records)
    first = mlcap(*train, cwd=tmp_path, check=0)
    drawn = json.loads((models / "1" / "manifest.json").read_text("utf-8"))["training"]["held_out_missions"]
    added = [
        {**r, "id": f"{r['id']}-new", "mission": f"new {i % 20}"}
        for i, r in enumerate(few_records(16))
        if r not in records
    ]
    write_jsonl(path, records + added)
    assert not read_labels(labels, taxonomy=shipped_taxonomy()).held_out >= set(drawn)
    second = mlcap(*train, cwd=tmp_path, check=0)
    kept = json.loads((models / "2" / "manifest.json").read_text("utf-8"))["training"]["held_out_missions"]
    assert set(drawn) < set(kept)
    for number, done, missions in ((1, first, drawn), (2, second, kept)):
        card = (models / str(number) / "card.md").read_text("utf-8")
        assert f"{len(missions)} held-out missions are left out of training" in done.err
        assert ": " + ", ".join(missions) in done.err
        assert f"{len(missions)} missions were held out ({', '.join(missions)})" in card
    version = library.train(labels, models, folds=2, force=True)
    assert version.artifact.manifest.provenance.training.held_out_missions >= set(kept)


def test_train_writes_versions_and_gates_them(small, tmp_path):
    """A second training publishes version 2; worse labels are published but refused as current."""
    models = shutil.copytree(small / "models", tmp_path / "models")
    labels = tmp_path / "labels"
    labels.mkdir()
    values = ["launch", "landing", "fit-check", "ceremony", "training", "on-orbit", "other"]
    held = json.loads((models / "1" / "manifest.json").read_text())["training"]["held_out_missions"]
    bad = [
        {**r, "event": values[(values.index(r["event"]) + 3) % 7], "crew_role": [] if r["crew_role"] else ["pilot"]}
        if r["mission"] not in held
        else r
        for r in few_records()
    ]
    write_jsonl(labels / "captions.jsonl", bad)
    (labels / "held-out.toml").write_text("missions = " + json.dumps(held), "utf-8")
    here = ("--labels", labels, "--models", models, "--folds", "2", "--jobs", "1")
    done = mlcap("train", *here, cwd=tmp_path, check=5)
    assert "clearly worse" in done.err
    listed = json.loads(mlcap("models", "list", "--json", "--models", models, cwd=tmp_path, check=0).out)
    assert (listed["versions"], listed["current"]) == ([1, 2], 1)
    mlcap("models", "promote", "2", "--force", "--models", models, cwd=tmp_path, check=0)
    assert json.loads(mlcap("models", "list", "--json", "--models", models, cwd=tmp_path).out)["current"] == 2
    mlcap("models", "rollback", "--models", models, cwd=tmp_path, check=0)
    listed = json.loads(mlcap("models", "list", "--json", "--models", models, cwd=tmp_path).out)
    assert listed["current"] == 1
    assert [h["version"] for h in listed["history"]] == [1, 2, 1]


def test_diff_names_what_changes(small, weak, tmp_path):
    """Two versions over one file: what changes, whether for the better, and the captions behind it."""
    models = shutil.copytree(small / "models", tmp_path / "models")
    registry = Registry(models)
    registry.make_current(registry.publish({p.name: p.read_bytes() for p in (weak / "1").iterdir()}), "test")
    gold = write_jsonl(tmp_path / "gold.jsonl", few_records(20))
    text = mlcap("models", "diff", "1", "2", gold, "--models", models, cwd=tmp_path, check=0).out
    assert re.search(r"\d+ of 140 captions change", text)
    assert "worse" in text
    data = json.loads(mlcap("models", "diff", "1", "2", gold, "--json", "--models", models, cwd=tmp_path, check=0).out)
    assert data["captions"] == 140
    assert all(c["before"] != c["after"] for c in data["changed_tags"])
    same = mlcap("models", "diff", "1", "1", gold, "--models", models, cwd=tmp_path, check=0).out
    assert same.startswith("0 of 140")
    assert "is current" in mlcap("models", "remove", "2", "--models", models, cwd=tmp_path, check=4).err
    mlcap("models", "remove", "1", "--models", models, cwd=tmp_path, check=0)
    assert json.loads(mlcap("models", "list", "--json", "--models", models, cwd=tmp_path).out)["versions"] == [2]


def test_labels_of_a_table_are_read_by_diff_as_everywhere(small, weak, tmp_path):
    """Columns by any case and those asked for, several values in a cell: what JSON Lines say, a table says."""
    models = shutil.copytree(small / "models", tmp_path / "models")
    Registry(models).publish({p.name: p.read_bytes() for p in (weak / "1").iterdir()})
    records = [{name: r[name] for name in ("id", "text", "event", "crew_role")} for r in few_records(3)]
    write_jsonl(tmp_path / "a.jsonl", records)
    with open(tmp_path / "a.csv", "w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=";")
        writer.writerow(["Nummer", "Legende", "Event", "Crew Role"])
        writer.writerows([r["id"], r["text"], r["event"].upper(), " ; ".join(r["crew_role"])] for r in records)
    diff = ("models", "diff", "1", "2", "--json", "--models", models)
    here = {"cwd": tmp_path, "check": 0}
    lines = json.loads(mlcap(*diff, "a.jsonl", **here).out)
    table = json.loads(mlcap(*diff, "a.csv", "--column", "legende", "--id", "NUMMER", **here).out)
    assert {row["label"] is None for row in table["changed_tags"]} == {False}
    keys = ("index", "facet", "before", "after", "label")
    assert [[row[k] for k in keys] for row in table["changed_tags"]] == [
        [row[k] for k in keys] for row in lines["changed_tags"]
    ]


def test_models_show_and_verify(here):
    """A sound version verifies and shows its card; a damaged one is named."""
    assert "is sound" in here.run("models", "verify", check=0).out
    assert "# Model card" in here.run("models", "show", check=0).out
    assert json.loads(here.run("models", "show", "--json", check=0).out)["format"] == 3


def test_models_are_chosen_in_order(small, tmp_path):
    """--models beats MLCAP_MODELS, which beats models/ here, which beats the shipped one; --verbose says which."""
    env = {"MLCAP_MODELS": str(small / "models")}
    text = ["tag", "--text", "x", "--verbose"]
    assert "(--models)" in mlcap(*text, "--models", small / "models", cwd=tmp_path, env=env).err
    assert "(MLCAP_MODELS)" in mlcap(*text, cwd=small, env=env).err
    assert "(the current directory)" in mlcap(*text, cwd=small, env={"MLCAP_MODELS": ""}).err
    assert "(shipped with mlcap)" in mlcap(*text, cwd=tmp_path, env={"MLCAP_MODELS": ""}).err


def test_codes_are_printed_with_their_canonical_names(tmp_path):
    """`mlcap codes` works on its own, with offsets into the text as given."""
    given = "\u201cSTS-51L\u201d and Expedition Six &amp; Soyuz"
    rows = json.loads(mlcap("codes", given, "--json", cwd=tmp_path, check=0).out)
    assert [r["canonical"] for r in rows if r["kind"] == "mission"] == ["STS-51L", "Expedition 6"]
    assert all(given[r["start"] : r["end"]] == r["text"] for r in rows)
    assert "Expedition 6" in mlcap("codes", given, cwd=tmp_path, check=0).out


@pytest.mark.parametrize("args", [path for path, _ in every_command()], ids=lambda a: "-".join(a) or "mlcap")
def test_help_pages_are_as_agreed(args):
    """Every help page equals its golden file; MLCAP_GOLDEN=1 writes them anew."""
    page = CliRunner().invoke(group, [*args, "--help"], prog_name="mlcap", terminal_width=90).output
    path = GOLDEN / f"help-{'-'.join(args) or 'mlcap'}.txt"
    if os.environ.get("MLCAP_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(page, "utf-8")
    assert page == path.read_text("utf-8")


@pytest.mark.parametrize("args", [path for path, _ in every_command()], ids=lambda a: "-".join(a) or "mlcap")
def test_help_fits_a_terminal(args):
    """Of 80 columns."""
    page = CliRunner().invoke(group, [*args, "--help"], prog_name="mlcap", env={"COLUMNS": "80"}).output
    assert max(map(len, page.splitlines())) <= 80
    assert " RANGE" not in page, "an option says what it takes"
    assert "..." not in page.partition("\nCommands:\n")[2], "the list of commands cuts no sentence"


def test_help_loads_no_scikit_learn(tmp_path):
    """`import mlcap`, `--help` and tagging leave scikit-learn and scipy alone."""
    code = (
        "import sys, mlcap; from mlcap.cli.main import main; main(['--help']); "
        "main(['tag', '--text', 'A crane waits.']); "
        "sys.exit(any(m.split('.')[0] in ('sklearn', 'scipy', 'joblib') for m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


#: Runs the command line as another user, in a process that has loaded its modules before.
_AS_NOBODY = """
import os, sys
from mlcap.cli.main import main
labels, models, warm = sys.argv[1:4]
assert main(["train", "--labels", labels, "--models", warm, "--folds", "2", "--jobs", "1"]) == 0
os.setgroups([]); os.setgid(65534); os.setuid(65534)
print("--- dropped", file=sys.stderr, flush=True)
assert main(["tag", "--text", "A crane waits.", "--models", models]) == 0
code = main(["train", "--labels", labels, "--models", models, "--folds", "2", "--jobs", "1"])
print("--- then", file=sys.stderr, flush=True)
unreadable = main(["tag", labels + "/secret.txt", "--models", models])
sys.exit(code * 10 + unreadable)
"""


@pytest.mark.slow
@pytest.mark.skipif(os.getuid() != 0, reason="needs root to drop to another user")
def test_another_user_may_tag_and_is_told_why_not_train(small, for_everybody, tmp_path):
    """With a read-only registry another user tags; training into it and reading a private file are one clear line each."""
    shutil.copytree(small / "models", for_everybody / "models")
    shutil.copytree(small / "labels", for_everybody / "labels")
    (for_everybody / "labels" / "secret.txt").write_text("A crane waits.")
    subprocess.run(["chmod", "-R", "a+rX,go-w", str(for_everybody)], check=True)
    (for_everybody / "labels" / "secret.txt").chmod(0o600)
    args = [str(for_everybody / "labels"), str(for_everybody / "models"), str(tmp_path / "warm")]
    done = subprocess.run([sys.executable, "-c", _AS_NOBODY, *args], cwd="/", capture_output=True, check=False)
    after = done.stderr.decode().partition("--- dropped\n")[2]
    first, _, second = after.partition("--- then\n")
    assert done.returncode == 42, done.stderr
    assert "Traceback" not in after
    assert len([line for line in first.splitlines() if "cannot be written" in line]) == 1
    assert second.splitlines() == [f"mlcap: {for_everybody}/labels/secret.txt: cannot be read (Permission denied)"]
    assert sorted(p.name for p in (for_everybody / "models").iterdir()) == sorted(
        p.name for p in (small / "models").iterdir()
    )


@pytest.mark.slow
def test_a_killed_training_leaves_the_registry_whole(small, tmp_path):
    """Killed at any moment, training leaves the last complete version current and nothing half-written in its place."""
    models = tmp_path / "models"
    subprocess.run(["cp", "-r", str(small / "models"), str(models)], check=True)

    for delay in [0.4 + 0.35 * k for k in range(14)]:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "mlcap",
                "train",
                "--labels",
                str(small / "labels"),
                "--models",
                str(models),
                "--folds",
                "2",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(delay)
        process.kill()
        process.wait()
        registry = Registry(models)
        for number in registry.versions():
            registry.load(str(number))
        assert registry.current() in registry.versions()


def commands(above, context):
    """Every command below a group."""
    for name in above.list_commands(context):
        one = above.get_command(context, name)
        yield from commands(one, context) if isinstance(one, click.Group) else [(name, one)]


def test_no_number_is_none(tmp_path):
    """What is no number between bounds (nan, inf) is refused by every option that takes a number with a point."""
    taken = [(name, p) for name, one in commands(group, click.Context(group)) for p in one.params]
    taken = [(name, p) for name, p in taken if isinstance(p.type, click.types.FloatParamType)]
    assert {"target", "similarity", "settle", "delay"} <= {p.name for _, p in taken}
    for _, parameter in taken:
        for value in ("nan", "inf", "-inf"):
            with pytest.raises(click.BadParameter):
                parameter.type.convert(value, parameter, None)
    done = mlcap("tag", "--text", "A crane.", "--target", "nan", cwd=tmp_path, check=2)
    assert "'nan' is no number between bounds" in done.err


def test_the_version_names_the_model_that_came_with_it(tmp_path, small):
    """`--version` says which mlcap this is and the identity of the shipped version, whatever is chosen."""
    done = mlcap("--version", cwd=tmp_path, env={"MLCAP_MODELS": str(small / "models")}, check=0)
    identity = Registry(ROOT / "models").load().identity
    assert done.out == f"mlcap, version {library.__version__}\nmodel version {identity}, shipped with it\n"
