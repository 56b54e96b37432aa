"""Sixty captions from a spreadsheet program, labelled with an archive's own facets, through every command that takes labels."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import mlcap, write_jsonl

import mlcap as library
from mlcap.errors import InputError, LabelError
from mlcap.labels.corpus import read_labelled
from mlcap.labels.folder import read_labels
from mlcap.taxonomy import read_taxonomy

TAXONOMY = """
[facet.scene]
multiple = false
definition = "What a picture of the railway shows."

[[facet.scene.value]]
name = "engine-shed"
definition = "Engines under repair."

[[facet.scene.value]]
name = "platform"
definition = "Trains and people at a platform."

[facet.staff]
multiple = true
definition = "Who of the railway is in the picture."

[[facet.staff.value]]
name = "driver"
definition = "Whoever drives."

[[facet.staff.value]]
name = "guard"
definition = "Whoever looks after the train."
words = ["train guard"]
"""
HEADER = ["Photo No", "Negative number", "Photo caption", "Scene", "STAFF", "Mission", "Rem; arks"]
SCENES = {
    "Engine shed": (
        "A fitter {0} the boiler of engine {1} in the shed at Ostby",
        ("oils", "drains", "lights", "cleans"),
    ),
    "platform ": ("Passengers {0} train {1} at the platform of Norrby", ("board", "leave", "wait for", "wave at")),
}
STAFF = {
    "": "",
    "Driver": " while driver Nils Ek looks on",
    "guard; driver": " as guard Eva Holm and driver Nils Ek talk",
}


def rows():
    """Sixty rows under `HEADER`, of ten groups."""
    out = []
    for number in range(60):
        scene = list(SCENES)[number % 2]
        staff = list(STAFF)[number % 3]
        shape, words = SCENES[scene]
        text = shape.format(words[number // 2 % 4], 100 + number) + STAFF[staff] + f', 19{number:02d}; "as seen".'
        out.append(
            [
                f"R-{number}",
                str(number),
                text,
                scene,
                staff,
                f"album {number // 6}",
                "caf\xe9\nbar" if number == 7 else "",
            ]
        )
    return out


def delimited(encoding, separator, first=""):
    """The rows as a spreadsheet program saves them in text."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\r\n")
    writer.writerows([[*HEADER, ""], *([*row, ""] for row in rows())])
    return (first + out.getvalue() + separator * 7 + "\r\n").encode(encoding)


def write(folder, form):
    """The sixty captions in one form; gives the file."""
    folder.mkdir()
    path = folder / f"captions.{form.partition(' ')[0]}"
    if form == "xlsx":
        book = openpyxl.Workbook()
        for row in [HEADER, *rows(), []]:
            book.active.append(row)
        book.create_sheet("Notes").append(["scanned by", "E. Holm"])
        book.save(path)
    elif form == "parquet":
        pq.write_table(pa.table(dict(zip(HEADER, map(list, zip(*rows(), strict=True)), strict=True))), path)
    elif form == "jsonl":
        write_jsonl(path, [dict(zip(HEADER, row, strict=True)) for row in rows()])
    else:
        data = {
            "csv semicolons": ("cp1252", ";"),
            "csv of Excel": ("utf-8-sig", ";", "sep=;\r\n"),
            "tsv": ("utf-16", "\t"),
            "csv": ("utf-8", ","),
        }[form]
        path.write_bytes(delimited(*data))
    return path


FORMS = ["csv semicolons", "csv of Excel", "tsv", "csv", "xlsx", "parquet", "jsonl"]


@pytest.fixture(scope="module")
def taxonomy(tmp_path_factory):
    """The facets of the archive."""
    path = tmp_path_factory.mktemp("taxonomy") / "taxonomy.toml"
    path.write_text(TAXONOMY)
    return path


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_labelled_captions(tmp_path, taxonomy, form):
    """Ids, texts, labels and groups are the same in every form, and an empty cell of several values says none."""
    warnings = []
    facets = read_taxonomy(taxonomy)
    captions = read_labelled(write(tmp_path / "a", form), facets, warn=warnings.append)
    assert [(c.id, c.text, c.mission) for c in captions] == [(r[0], r[2], r[5]) for r in rows()]
    assert Counter(c.labels["staff"] for c in captions) == {(): 20, ("driver",): 20, ("driver", "guard"): 20}
    assert Counter(c.labels["scene"] for c in captions) == {"engine-shed": 30, "platform": 30}
    assert sum("captions from Photo caption; ids from Photo No" in w for w in warnings) == 1


@pytest.mark.parametrize("form", ["csv semicolons", "tsv", "xlsx"])
def test_a_spreadsheet_goes_through_every_command(tmp_path, taxonomy, form):
    """Check, train, evaluate, confusion, compare and tag take the table as the spreadsheet program saved it."""
    table = write(tmp_path / "labels", form)
    (table.parent / "taxonomy.toml").write_text(taxonomy.read_text())
    (table.parent / f"~${table.name}").write_text("a lock")

    def run(*args, check=0):
        return mlcap(*args, cwd=tmp_path, check=check, env={"MLCAP_MODELS": tmp_path / "models"})

    assert "60 captions with text" in run("labels", "check").out
    assert "0 errors" in run("labels", "check").out
    trained = run("train", "--labels", "labels", "--folds", "2", "--jobs", "1").err
    assert "60 own captions" in trained
    card = (tmp_path / "models" / "1" / "card.md").read_text("utf-8")
    tagged = run("tag", "--text", "A train waits.").err
    assert "spaceflight" not in card
    assert "`scene` engine-shed: Engines under repair." in card
    for said in (trained, card, tagged):
        assert re.search(
            r"trained on few captions \([0-9]+ of [0-9]+ missions\): its probabilities are not to be trusted", said
        )
        assert "promises nothing yet" in said
    found = json.loads(run("evaluate", table, "--json").out)
    assert found["captions"] == 60
    assert "engine-shed" in run("confusion", table, "--cell", "engine-shed,engine-shed", "--facet", "scene").out
    assert "60 captions" in run("compare", "current", "current", table).out
    done = run("tag", table, "--to", "jsonl")
    out = [json.loads(line) for line in done.out.splitlines()]
    assert [r["Photo No"] for r in out] == [r[0] for r in rows()]
    assert out[7]["Rem; arks"] == "caf\xe9\nbar"
    assert {r["scene"] for r in out} == {"engine-shed", "platform"}
    assert done.err.count("captions from Photo caption; ids from Photo No") == 1


@pytest.fixture(scope="module")
def own_names(taxonomy, tmp_path_factory):
    """A labels folder whose columns no export has, with a version trained on it; gives the folder above both."""
    above = tmp_path_factory.mktemp("own-names")
    folder = above / "labels"
    folder.mkdir()
    (folder / "taxonomy.toml").write_text(taxonomy.read_text())
    for place, part in enumerate((rows()[:36], rows()[36:])):
        with open(folder / f"box-{place}.csv", "w", encoding="utf-16", newline="") as stream:
            writer = csv.writer(stream, delimiter=";")
            writer.writerow(["Lfd. Nr.", "Bildtext neu", "Bildtext", "Scene", "Staff", "Mission"])
            for number, (name, _, text, scene, staff, album, _) in enumerate(part):
                both = (text, "Not this.") if number % 2 else ("", text)
                writer.writerow([f"Nr {name}", *both, scene, staff, album])
    done = mlcap("train", "--labels", "labels", *ASKED, "--folds", "2", "--jobs", "1", cwd=above, check=0)
    assert done.err.count("captions from Bildtext neu, else Bildtext; ids from Lfd. Nr.") == 1
    return above


ASKED = ("--column", "bildtext neu", "--column", "BILDTEXT", "--id", "lfd nr")


@pytest.mark.parametrize(
    "args",
    [
        ("evaluate", "labels/box-0.csv", "--json"),
        ("evaluate", "--labels", "labels", "--json"),
        ("confusion", "labels/box-0.csv", "--cell", "platform,platform", "--json"),
        ("compare", "1", "current", "labels/box-0.csv", "--json"),
        ("labels", "check", "--json"),
        ("labels", "stats", "--json"),
        ("labels", "duplicates", "--json"),
        ("labels", "curve", "--points", "2", "--folds", "2", "--json"),
    ],
    ids=lambda args: " ".join(args[:2]),
)
def test_columns_that_no_export_has_are_named(own_names, args):
    """Every command that takes labels finds caption and id by --column and --id, and refuses a column that is not there."""
    done = mlcap(*args, *ASKED, cwd=own_names, check=0)
    said = done.err + done.out
    assert said.count("captions from Bildtext neu, else Bildtext; ids from Lfd. Nr.") >= 1
    if args[0] == "confusion":
        found = json.loads(done.out)["captions"]
        assert found
        assert all(c["id"].startswith("Nr R-") and "train" in c["text"] for c in found)
        assert all(n["id"].startswith("Nr R-") for c in found for n in c["neighbours"])
    lacking = mlcap(*args, "--column", "Legende", cwd=own_names, check=None)
    assert lacking.returncode in {2, 3}
    assert "has no column 'Legende'; it has Lfd. Nr., Bildtext neu" in lacking.err + lacking.out


def test_columns_are_named_in_the_library_as_well(own_names, tmp_path):
    """`mlcap.train` takes the columns that `mlcap train` takes, and refuses without them as it does."""
    asked = {"columns": ("bildtext neu", "BILDTEXT"), "id_column": "lfd nr"}
    with pytest.warns(UserWarning, match="captions from Bildtext neu, else Bildtext; ids from Lfd. Nr."):
        version = library.train(own_names / "labels", tmp_path / "models", folds=2, **asked)
    trained = library.load(models=own_names / "models").artifact.manifest.provenance.training
    assert version.artifact.manifest.provenance.training.captions == trained.captions
    assert version.artifact.manifest.provenance.training.held_out_missions == trained.held_out_missions
    with pytest.raises(InputError, match="no column is named text, caption, description"):
        library.train(own_names / "labels", tmp_path / "models", folds=2)


def test_a_folder_beside_a_file_need_not_have_its_columns(small, tmp_path):
    """The columns that a gold file has are no reason to refuse training captions that have others."""
    gold = tmp_path / "gold.csv"
    gold.write_text("Nummer,Legende,event\nx1,A rocket stands on the pad.,launch\n")
    here = {"cwd": tmp_path, "check": 0}
    args = ("confusion", gold, "--facet", "event", "--labels", small / "labels", "--models", small / "models", "--json")
    asked = ("--column", "Legende", "--id", "Nummer")
    tagged = mlcap("tag", gold, *asked, "--models", small / "models", "--to", "jsonl", **here)
    gives = json.loads(tagged.out)["event"]
    (found,) = json.loads(mlcap(*args, *asked, "--cell", f"launch,{gives}", **here).out)["captions"]
    assert found["id"] == "x1"
    assert found["neighbours"]


def test_labels_that_stand_twice_must_say_the_same(tmp_path, taxonomy):
    """A facet in two columns that differ is no label; two that agree are one, and other columns may stand twice."""
    path, facets = tmp_path / "a.csv", read_taxonomy(taxonomy)
    path.write_text("id,caption,scene,Note,Scene,Note\n1,A train.,platform,x,Platform,y\n2,An engine.,platform,,,\n")
    with pytest.raises(LabelError, match=r"line 3: 2: scene stands in two fields that differ, 'scene' and 'Scene'"):
        read_labelled(path, facets)
    path.write_text("id,caption,scene,scene\n1,A train.,platform,platform\n2,An engine.,platform,engine-shed\n")
    with pytest.raises(
        LabelError, match=r"line 3: 2: scene stands in two fields that differ, 'scene' and 'scene \(2\)'"
    ):
        read_labelled(path, facets)


def test_a_label_is_no_record_beside_the_caption(tmp_path):
    """A facet whose name exports give to keywords, titles or desks tells nothing to the tagger that is measured by it."""
    path = tmp_path / "a.jsonl"
    taxonomy = "[facet.{}]\nmultiple = false\nvalue = [{{name = 'storm'}}, {{name = 'paint'}}]\n"
    for name, field in (("subject", "Subject"), ("tags", "Tags"), ("headline", "HEADLINE"), ("desk", "desk")):
        (tmp_path / "taxonomy.toml").write_text(taxonomy.format(name))
        write_jsonl(path, [{"id": 1, "text": "A tower.", field: "storm", "Title": "Tower", "Keywords": ["sea"]}])
        (caption,) = read_labelled(path, read_taxonomy(tmp_path / "taxonomy.toml"))
        assert caption.labels == {name: "storm"}
        assert caption.catalogue == {"title": "Tower", "keywords": "sea"}
        assert caption.slices == {}


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_what_tagging_left_untagged_stops_no_evaluation(tmp_path, small, form):
    """Records that could not be read and captions in other languages are counted; one that a person labelled is read."""
    rows = [
        ("a", "A rocket stands on the pad before dawn."),
        ("b", ""),
        ("c", "La nave espacial despega de la plataforma con tres tripulantes, y las familias saludan desde lejos."),
        ("d", "El cohete espera en la torre mientras los tres tripulantes saludan a las familias en la plataforma."),
    ]
    with open(tmp_path / "in.csv", "w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([["id", "caption"], *rows])
    here = {"cwd": tmp_path, "env": {"MLCAP_MODELS": small / "models"}}
    mlcap("tag", "in.csv", "-o", f"tagged.{form}", **here, check=3)
    done = mlcap("evaluate", f"tagged.{form}", "--json", **here, check=0)
    assert json.loads(done.out)["captions"] == 1
    assert "passed over, labelled by nobody: 3 records, the first in" in done.err
    # Tags that nobody looked at are no labels, and whoever measures on them is told.
    assert "carries tags of mlcap: 1 record, the first in" in done.err
    if form != "csv":
        return
    with open(tmp_path / "tagged.csv", encoding="utf-8", newline="") as stream:
        tagged = list(csv.DictReader(stream))
    tagged[3]["event"] = "launch"
    (tmp_path / "labels").mkdir()
    with open(tmp_path / "labels" / "mended.csv", "w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, tagged[0])
        writer.writeheader()
        writer.writerows(tagged)
    checked = mlcap("labels", "check", **here, check=0).out
    assert "2 captions with text" in checked
    assert "labelled by nobody: 2 records" in checked


def test_rows_that_nobody_labelled_stop_nothing(tmp_path, taxonomy):
    """Rows whose cells of facets are empty are counted, with or without mlcap's columns, and are no rows of a facet less."""
    path, facets, said = tmp_path / "a.csv", read_taxonomy(taxonomy), []
    path.write_text("id,caption,scene,staff\n1,A train.,platform,\n2,An engine., ,\n3,,,\n4,A shed.,,guard\n")
    labels = [(c.id, dict(c.labels)) for c in read_labelled(path, facets, warn=said.append)]
    assert labels == [("1", {"scene": "platform", "staff": ()}), ("4", {"staff": ("guard",)})]
    assert said == [f"{path}: passed over, labelled by nobody: 2 records, the first in line 3"]
    # In JSON Lines an empty list says that a caption shows none.
    write_jsonl(tmp_path / "a.jsonl", [{"id": 1, "text": "A.", "staff": []}, {"id": 2, "text": "B.", "scene": None}])
    assert [c.labels for c in read_labelled(tmp_path / "a.jsonl", facets)] == [{"staff": ()}]
    path.write_text("id,caption,scene\n1,A train.,\n")
    with pytest.raises(InputError, match="holds no labelled caption"):
        read_labelled(path, facets)


def test_fields_that_are_nearly_a_facet_are_told(tmp_path, taxonomy):
    """A misspelt column is named with what may be meant, once; it is not where that one is there, or where names merely resemble."""
    path, facets, said = tmp_path / "a.csv", read_taxonomy(taxonomy), []
    path.write_text("id,caption,Scenes,staff,Misson,permission\n1,A.,platform,guard,a,b\n2,B.,platform,guard,a,b\n")
    assert [c.labels for c in read_labelled(path, facets, warn=said.append)] == [{"staff": ("guard",)}] * 2
    meant = {"Scenes": "scene", "Misson": "mission"}
    assert said == [f"{path}: the field {own!r} is not read; is {other} meant?" for own, other in meant.items()]
    path.write_text("id,caption,scene,Scenes,mission,missions\n1,A.,platform,x,a,b\n")
    assert len(read_labelled(path, facets, warn=said.append)) == 1
    assert len(said) == 2
    (tmp_path / "taxonomy.toml").write_text(taxonomy.read_text())
    path.write_text("id,caption,scene,stafff,mission\n1,A.,platform,guard,a\n")
    assert (
        "the field 'stafff' is not read; is staff meant?" in mlcap("labels", "check", "--labels", ".", cwd=tmp_path).out
    )


def test_what_groups_are_without_a_mission_is_told(tmp_path, taxonomy):
    """Captions that name no mission are counted where they are split, and what that does to metrics is said."""
    (tmp_path / "taxonomy.toml").write_text(taxonomy.read_text())
    (tmp_path / "a.csv").write_text("id,caption,scene,mission\n1,A train.,platform,\n2,A shed.,engine-shed,a\n")
    said = []
    assert [c.mission for c in read_labels(tmp_path, warn=said.append).captions] == ["id-1", "a"]
    (line,) = said
    assert "1 caption names no mission and is a group of its own" in line
    (tmp_path / "a.csv").write_text("id,caption,scene\n1,A train.,platform\n2,A shed.,engine-shed\n")
    err = mlcap("train", "--labels", ".", "--models", "models", cwd=tmp_path, check=2).err
    assert "2 captions name no mission, each a group of its own" in err
    with pytest.warns(UserWarning, match="2 captions name no mission"), pytest.raises(library.TrainingError):
        library.train(tmp_path, tmp_path / "models")
    # What was refused leaves no folder that looks like one of versions.
    assert "at least 20 are needed" in err
    assert not (tmp_path / "models").exists()


def test_a_facet_that_the_version_lacks_is_told(tmp_path, small):
    """Labels of an archive's own facet, measured with a version of others: which ones it has, and how to name the right one."""
    row = {"id": 1, "text": "A train waits.", "scene": "platform", "needs_review": False, "model": "1-00000000"}
    write_jsonl(tmp_path / "a.jsonl", [row])
    err = mlcap("evaluate", "a.jsonl", "--models", small / "models", cwd=tmp_path, check=2).err
    assert "line 1: 1: has no label; give at least one of event, crew_role; other facets" in err
    assert "named with --models" in err


@pytest.mark.parametrize(
    "cell", ["guard;driver", "Driver, guard", "driver|guard;", "driver\nguard", " guard ; DRIVER "]
)
def test_values_of_a_cell_are_parted_as_people_part_them(tmp_path, taxonomy, cell):
    """By semicolons, and by commas, bars and line ends as well, since no value has one in its name."""
    with open(tmp_path / "a.csv", "w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([["id", "caption", "staff"], ["1", "A train.", cell]])
    (caption,) = read_labelled(tmp_path / "a.csv", read_taxonomy(taxonomy))
    assert caption.labels == {"staff": ("driver", "guard")}


def test_a_title_above_the_header_is_told(tmp_path):
    """A title in the first row is no header, and the line says what to do."""
    (tmp_path / "a.csv").write_text("Export of March;;\n\nid;caption;scene\n1;A train.;platform\n")
    done = mlcap("tag", "a.csv", cwd=tmp_path, check=2)
    assert "or begin the file with the row that names its columns" in done.err


def test_every_fault_of_a_table_is_named_with_its_row(tmp_path, taxonomy):
    """Values that the facets do not have, repeated ids and empty captions are found at once, each with its line."""
    folder = tmp_path / "labels"
    table = write(folder, "csv")
    (folder / "taxonomy.toml").write_text(taxonomy.read_text())
    with open(table, "a", encoding="utf-8") as stream:
        stream.write("R-1,1,A train.,platform,,a,\nR-y,y,A train.,platform,cook,a,\nR-z,z,,platform,,a,\n")
        stream.write("R-u,u,A train.,,,a,\n")
    out = mlcap("labels", "check", cwd=tmp_path, check=3).out
    assert "3 errors" in out
    for words in (
        "id 'R-1' stands in",
        "'cook' is not one of driver, guard",
        "R-z: the caption is empty",
        "labelled by nobody: 1 record, the first in line 67",
    ):
        assert words in out
    assert "line 65" in out


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_an_exports_own_column_of_a_facets_name_comes_back(small, tmp_path, suffix):
    """Columns that are read as labels, whatever their case and signs, move to `input`; what comes back is read as labels."""
    header = ["Asset ID", "Description", "Event", "Crew Role", "XMP-iptcExt:event", "event"]
    rows = [[f"a{n}", f"A rocket lifts off from pad {n}.", "STS-114", "press", "flight", "x"] for n in range(3)]
    path = tmp_path / "export.csv"
    with open(path, "w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([header, *rows])
    env = {"MLCAP_MODELS": str(small / "models")}
    mlcap("tag", path, "-o", f"tagged.{suffix}", cwd=tmp_path, env=env, check=0)
    done = mlcap("evaluate", f"tagged.{suffix}", cwd=tmp_path, env=env, check=0)
    assert "3 captions" in done.out
    mlcap("tag", f"tagged.{suffix}", "-o", "again.jsonl", cwd=tmp_path, env=env, check=0)
    mlcap("tag", path, "-o", "out.jsonl", cwd=tmp_path, env=env, check=0)
    (first, *_) = map(json.loads, (tmp_path / "out.jsonl").read_text("utf-8").splitlines())
    assert first["input"] == dict(zip(header[2:], rows[0][2:], strict=True))
    assert not {"Event", "Crew Role", "XMP-iptcExt:event"} & first.keys()
