"""The JSON Schemas of what programs read: every output has one, holds to it, and what is wrong does not."""

from __future__ import annotations

import json
import os
import shlex
import shutil
from pathlib import Path

import click
import pytest
from commands import every_command
from conftest import ROOT, few_records, mlcap, write_jsonl
from desks import Steered, make_desk
from jsonschema import Draft202012Validator
from photo_files import JPEG, SIDECAR
from schema_parts import with_parts
from services import serving
from test_adapt import distinct

import mlcap as package
from mlcap.cli.terminal import echo_json
from mlcap.service.described import schemas as of_service

FOLDER = Path(package.__file__).parent / "schemas"
PARTS = "parts"
#: Names of facets that are also names of fields of some output.
OWN = """
[facet.words]
multiple = false
[[facet.words.value]]
name = "few"
[[facet.words.value]]
name = "many"
[facet.captions]
multiple = true
[[facet.captions.value]]
name = "long"
[[facet.captions.value]]
name = "short"
"""
FRENCH = "Les astronautes quittent le bâtiment pour le pas de tir, demain matin, avec leurs familles."
UNREADABLE = {"id": "empty", "text": ""}

#: Schema -> the command that gives what it describes, as a user of the folder `place` writes it.
RUNS = {
    "adapt": "adapt --labels mine --models adapted --folds 2 --force --json",
    "codes": "codes 'S106-E-5015 (14 Sept. 2000) --- aboard the STS-106 orbiter' --json",
    "compare": "compare 1 2 gold.jsonl --json",
    "confusion": "confusion gold.jsonl --cell training,training --labels labels --json",
    "drift": "drift gold.jsonl new.jsonl --json",
    "evaluate": "evaluate gold.jsonl --json",
    "labels-agreement": f"labels agreement --labels {ROOT}/labels --json",
    "labels-check": "labels check --doubts --folds 2 --jobs 1 --json",
    "labels-curve": "labels curve --points 2 --folds 2 --json",
    "labels-duplicates": "labels duplicates --similarity 0.05 --json",
    "labels-stats": "labels stats --json",
    "models-diff": "models diff 1 2 gold.jsonl --json",
    "models-list": "models list --json",
    "models-show": "models show --json",
    "review-status": "review status desk --gain --models small --json",
    "train": "train --labels labels --models trained --folds 2 --jobs 1 --json",
    "watch-status": "watch inbox --out tagged --status --json",
    "explain": "explain some.jsonl --most 2 --to json",
    "explain-global": "explain --global --most 1 --to json",
    "explain-mentioned": "explain some.jsonl --mentioned --to json",
    "tag": "tag some.jsonl --to jsonl",
    "review-export": "review export desk",
}
#: The same of what is written into a file.
WRITTEN = {
    "plan": ("tag photos --write plan.json", "plan.json"),
    "evaluate-report": ("evaluate gold.jsonl --report report", "report/metrics.json"),
}
#: Of a service that runs.
LOG = "serve-log"
#: Commands that give another output than their name says, or several.
NAMES = {"watch": "watch-status"}
#: What may hold anything: fields of records, and parameters that differ from one mlcap to another.
FREE = {"id", "nasa_id", "parameters", "record", "input"}


def schema(name):
    """A schema of the package."""
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


def names():
    """The names of all schemas."""
    return {path.stem for path in FOLDER.iterdir()} - {PARTS}


def commands():
    """Every command that is no group, with its name as a schema has it."""
    return [("-".join(path), one) for path, one in every_command() if not isinstance(one, click.Group)]


def strict(text):
    """The JSON values of an output, one or one a line, without what JSON has not."""

    def refused(name):
        raise AssertionError(name)

    try:
        return [json.loads(text, parse_constant=refused)]
    except json.JSONDecodeError:
        return [json.loads(line, parse_constant=refused) for line in text.splitlines()]


@pytest.fixture(scope="module")
def place(tmp_path_factory, small, tagger):
    """A folder with what commands read: labels with facets of one's own, two versions of them, a desk, an inbox."""
    folder = tmp_path_factory.mktemp("place")
    (folder / "labels").mkdir()
    records = [
        {**r, "words": "few" if len(r["text"]) < 300 else "many", "captions": ["long", "short"][: n % 3]}
        for n, r in enumerate(few_records(8))
    ]
    taxonomy = (ROOT / "labels" / "taxonomy.toml").read_text("utf-8")
    (folder / "labels" / "taxonomy.toml").write_text(taxonomy + OWN, "utf-8")
    train = ("train", "--labels", "labels", "--models", "models", "--folds", "2", "--jobs", "1", "--force")
    for part in (records[::2], records):
        write_jsonl(folder / "labels" / "captions.jsonl", part)
        mlcap(*train, cwd=folder, check=0)
    write_jsonl(folder / "gold.jsonl", [*records[1:40], {**records[0], "id": "french", "text": FRENCH}])
    plain = [{"id": r["id"], "text": r["text"], "date": f"2021-0{1 + n % 3}-03"} for n, r in enumerate(records)]
    write_jsonl(folder / "new.jsonl", plain[10:])
    write_jsonl(folder / "some.jsonl", [*plain[:8], {"id": "french", "text": FRENCH}, UNREADABLE])
    (folder / "mine").mkdir()
    write_jsonl(
        folder / "mine" / "captions.jsonl", [{**r, "seen_with_suggestion": n < 18} for n, r in enumerate(distinct())]
    )
    for name in ("small", "adapted"):
        shutil.copytree(small / "models", folder / name)
    (folder / "inbox").mkdir()
    shutil.copy(folder / "some.jsonl", folder / "inbox")
    (folder / "inbox" / "bad.xlsx").write_bytes(b"no workbook")
    (folder / "photos").mkdir()
    (folder / "photos" / "a.jpg").write_bytes(JPEG)
    (folder / "photos" / "a.jpg.xmp").write_text(SIDECAR.format(records[0]["text"]), "utf-8")
    with decided_desk(folder, tagger):
        pass
    return folder


def decided_desk(folder, tagger):
    """A desk of automatic captions that are all drawn, some read blind as well, and of a record without text."""
    rows = distinct()
    truth = {r["id"]: r["event"] for r in rows}
    disputed = {r["id"] for r in rows[:8]}
    records = [*({k: r[k] for k in ("id", "text", "mission")} for r in rows), UNREADABLE]
    desk = make_desk(folder, Steered(tagger), records, audit=1.0, blind=0.5)
    for person in ("Ada", "Bo"):
        decider = desk.decider(person)
        while (card := desk.next_card(person)) is not None:
            name = card.caption.id
            roles = ("pilot",) if person == "Bo" and name in disputed else ()
            decider.decide(card.nonce, {"event": truth[name], "crew_role": roles})
    return desk


def logged(place):
    """What a service tells of its requests, one of them refused and one that no route takes."""
    (place / "served").mkdir()
    with serving(place / "served", place / "small", log_captions=True) as served, served.client() as client:
        client.post("/v1/tag", json=[{"text": "A crane waits."}, {"id": 2}])
        client.post("/v1/tag", content=b"no JSON")
        client.get("/nowhere")
    return [one for line in served.log for one in strict(line)]


@pytest.fixture(scope="module")
def given(place):
    """What a command gives, each run once."""
    kept = {}
    env = {"MLCAP_MODELS": place / "models", "NO_COLOR": "1"}

    def run(line):
        done = mlcap(*shlex.split(line), cwd=place, env=env)
        assert done.returncode in (0, 3), done.err
        return done.out

    mlcap("watch", "inbox", "--out", "tagged", "--once", "--patience", "0", cwd=place, env=env)

    def found(name):
        if name == "plan" and shutil.which("exiftool") is None:
            pytest.skip("exiftool is not installed (Debian: libimage-exiftool-perl)")
        if name not in kept:
            if name == LOG:
                kept[name] = logged(place)
            elif name in WRITTEN:
                line, file = WRITTEN[name]
                run(line)
                kept[name] = strict((place / file).read_text("utf-8"))
            else:
                kept[name] = strict(run(RUNS[name]))
        return kept[name]

    return found


def test_every_output_for_programs_has_a_schema():
    """A command with --json, or with json among its forms, has a schema; a schema is of something that is run here."""
    told = set()
    for name, command in commands():
        options = {p.name: p for p in command.params}
        to = getattr(options.get("to"), "type", None)
        if "as_json" in options or (isinstance(to, click.Choice) and {"json", "jsonl"} & set(to.choices)):
            told.add(NAMES.get(name, name))
    assert told <= names()
    assert names() == RUNS.keys() | WRITTEN.keys() | {LOG}
    by_flag = {NAMES.get(n, n) for n, c in commands() if any("--json" in p.opts for p in c.params)}
    assert by_flag == {name for name, line in RUNS.items() if line.endswith(" --json")}
    assert len(by_flag) > 15


@pytest.mark.parametrize("name", sorted(names() | {PARTS}))
def test_a_schema_is_sound_and_stands_by_itself(name):
    """It has a title, every key is described, and what it shares with others is as those have it."""
    path, found = FOLDER / f"{name}.json", schema(name)
    if name == PARTS:
        used = {part for one in names() for part in schema(one).get("$defs", ())}
        assert found["$defs"].keys() <= used
    else:
        parts = {**of_service(), **schema(PARTS)["$defs"]}
        assert not of_service().keys() & schema(PARTS)["$defs"].keys()
        text = with_parts({k: v for k, v in found.items() if k != "$defs"}, parts)
        if os.environ.get("MLCAP_GOLDEN"):
            path.write_text(text, "utf-8")
        assert path.read_text("utf-8") == text
    Draft202012Validator.check_schema(found)
    assert found["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    assert found["title"]
    assert found["description"]
    assert not list(undescribed(found))


def undescribed(found):
    """The keys of objects of a schema that have no description, of their own or of what a list holds."""
    for key, one in found.get("properties", {}).items():
        if not ({"description", "$ref"} & one.keys() or {"description", "$ref"} & one.get("items", {}).keys()):
            yield key
    for one in found.values():
        for part in one if isinstance(one, list) else [one]:
            if isinstance(part, dict):
                yield from undescribed(part)


@pytest.mark.parametrize("name", sorted(names()))
def test_an_output_holds_to_its_schema_and_what_is_wrong_does_not(name, given):
    """What a command gives is as its schema says; with a key too many, one too few or another type it is not."""
    validator = Draft202012Validator(schema(name))
    outputs = given(name)
    assert outputs
    for one in outputs:
        validator.validate(one)
    told = max(outputs, key=lambda one: len(json.dumps(one)))
    known = replaced(told, "") if name != "tag" else lacking(told, ("model", "people", "needs_review"))
    passed = [what for what, one in known if validator.is_valid(one)]
    assert not passed


def lacking(told, keys):
    """Each without one of its keys."""
    return [(key, {k: v for k, v in told.items() if k != key}) for key in keys]


def replaced(told, where):
    """(what is wrong, the output) with a key too many, or with one thing replaced by another that is nowhere right.

    Of lists it is the first thing, of objects that are alike one.
    """
    if isinstance(told, dict):
        yield f"{where}: a key too many", {**told, "Odd key": None}
        pairs = [(key, value) for key, value in told.items() if key not in FREE]
    else:
        pairs = list(enumerate(told))[:1] if isinstance(told, list) else []
    shapes = set()
    for key, value in pairs:
        shape = frozenset(value) if isinstance(value, dict) else key
        within = [] if shape in shapes else replaced(value, f"{where}/{key}")
        shapes.add(shape)
        for what, other in [("", {"Odd key": [None]}), *within]:
            copy = told.copy()
            copy[key] = other
            yield what or f"{where}/{key}", copy


def test_facets_of_ones_own_stand_beside_what_is_fixed(given):
    """A facet that is called as a field of an output hides none."""
    (found,) = given("confusion")
    assert isinstance(found["captions"][0]["words"], list)
    assert found["captions"][0]["tags"]["words"] in ("few", "many")
    (stats,) = given("labels-stats")
    assert all(isinstance(one["captions"], int) for one in stats["own"]["crossings"])
    assert {"words", "captions"} <= stats["own"]["crossings"][0]["values"].keys()


def test_the_outputs_show_what_schemas_leave_open(given):
    """The runs here are rich: captions in another language, changed tags, an audit with a gain, a file that failed."""
    assert given("evaluate")[0]["not_read"]
    assert given("compare")[0]["changed_tags"]
    assert given("models-diff")[0]["changed_tags"]
    assert given("labels-check")[0]["doubts"]
    assert given("adapt")[0]["without_accepted"]
    assert given("watch-status")[0]["failures"]
    assert given("review-status")[0]["audit"]["facets"][0]["by_value"]
    assert given("review-status")[0]["gain"]["latest"]["whole"]["metrics"]
    assert "error" in given("explain")[-1]
    assert "error" in given("tag")[-1]


def test_the_page_of_the_schemas_names_all():
    """With the command that gives each."""
    page = (ROOT / "docs" / "schemas" / "README.md").read_text("utf-8")
    for name in names():
        assert f"[{name}](../../mlcap/schemas/{name}.json)" in page, name
    for path in (ROOT / "docs" / "schemas").glob("*.json"):
        assert f"`{path.stem}`" in page, path.stem
    assert "docs/schemas/README.md" in (ROOT / "README.md").read_text("utf-8")


def test_the_manifest_of_the_shipped_version_holds_to_its_schema():
    """The one that is trained on everything."""
    for path in (ROOT / "models").glob("*/manifest.json"):
        Draft202012Validator(schema("models-show")).validate(json.loads(path.read_text("utf-8")))


def test_json_is_printed_by_one_function(capsys):
    """It is JSON whatever stands in it: halves of characters and what steers a terminal are escaped, NaN is refused."""
    told = {"caption": "half \ud800, \x9b, é"}
    echo_json(told)
    assert strict(capsys.readouterr().out) == [told]
    with pytest.raises(ValueError, match="JSON"):
        echo_json({"accuracy": float("nan")})
    folder = Path(package.__file__).parent / "cli"
    assert [p.name for p in folder.glob("*.py") if "json.dumps" in p.read_text("utf-8")] == ["terminal.py"]
