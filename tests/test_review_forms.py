"""Decisions go out as labels and in the forms of other programs, and come back in."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc

import pytest
from conftest import write_jsonl
from desks import SERIES, decide_all, make_desk, number_of, want_all

from mlcap.errors import DeskError, InputError
from mlcap.labels.corpus import read_labelled
from mlcap.labels.folder import read_labels
from mlcap.review import importing
from mlcap.review.cards import show_card
from mlcap.review.exporting import FORMS, export_to, exported_text
from mlcap.review.importing import import_labels
from mlcap.review.outcomes import outcomes
from mlcap.types import Facet, Value

ODD = '=cmd|" /c calc"!A1, "quoted",\nsecond line; <b>&\U0001f680'


@pytest.fixture
def desk(tmp_path, tagger):
    """A desk on which six captions are decided, some as suggested and some not."""
    records = [{"id": "odd", "text": f"Commander Bo Ek waves {ODD}"}, *SERIES]
    with want_all(make_desk(tmp_path, tagger, records)) as made:

        def labels(card):
            given = {"event": "other", "crew_role": [], **card.shown}
            return given if card.caption.number % 2 else {"event": "ceremony", "crew_role": ["pilot", "commander"]}

        decide_all(made, "Ada", labels=labels)
        yield made


def labels_of(desk):
    """Id -> labels as decided."""
    names = {r["number"]: r["id"] for r in desk.store.rows("SELECT number, id FROM captions")}
    return {names[o.caption]: dict(o.labels) for o in outcomes(desk.store)}


def rejected_of(desk):
    """Id -> what was suggested and taken off."""
    names = {r["number"]: r["id"] for r in desk.store.rows("SELECT number, id FROM captions")}
    return {names[o.caption]: off for o in outcomes(desk.store) if (off := o.rejected(desk.facets))}


def test_a_folder_of_labels_is_imported(desk, tmp_path, tagger):
    """As an export writes it, and of who decided each is told once."""
    export_to(desk, tmp_path / "labels", "labels")
    (tmp_path / "other").mkdir()
    with make_desk(tmp_path / "other", tagger, SERIES[:1]) as other:
        assert import_labels(other, tagger, tmp_path / "labels", None, "Cleo").new == 6
        assert labels_of(other) == labels_of(desk)


def test_labels_are_what_training_reads(desk, tmp_path):
    """A folder of labels holds every decision under its taxonomy, with what each rests on."""
    export_to(desk, tmp_path / "labels", "labels")
    read = read_labels(tmp_path / "labels")
    assert read.facets == desk.facets
    assert {c.id: dict(c.labels) for c in read.captions} == labels_of(desk)
    lines = [json.loads(line) for line in (tmp_path / "labels" / "captions.jsonl").read_text("utf-8").splitlines()]
    assert {line["seen_with_suggestion"] for line in lines} == {True, False}
    assert {line["decided_by"][0] for line in lines} == {"Ada"}
    assert len({line["mission"] for line in lines if line["id"].startswith("series-")}) == 1


def test_what_was_merely_left_can_be_left_out(desk, tmp_path):
    """Without accepted decisions the others alone are exported, and how many are missing is told."""
    found = export_to(desk, tmp_path / "gold.jsonl", "labels", with_accepted=False)
    rows = read_labelled(tmp_path / "gold.jsonl", desk.facets)
    accepted = sum(o.accepted for o in outcomes(desk.store))
    assert 0 < accepted == found.accepted == 6 - len(rows)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_comes_back_as_it_went(desk, tmp_path, tagger, form):
    """On an empty desk the import of an export gives the same captions, labels and person; again it changes nothing."""
    path = tmp_path / f"out{FORMS[form][1]}"
    export_to(desk, path, form)
    (tmp_path / "other").mkdir()
    with make_desk(tmp_path / "other", tagger, [{"id": "first", "text": "A crane waits."}]) as other:
        done = import_labels(other, tagger, path, form, "somebody")
        assert (done.new, done.known, done.faults) == (6, 0, ())
        assert labels_of(other) == labels_of(desk)
        assert {o.last.person for o in outcomes(other.store)} == {"Ada"}
        again = import_labels(other, tagger, path, form, "somebody")
        assert (again.new, again.known) == (0, 6)
        assert 0 < sum(o.accepted for o in outcomes(other.store)) == sum(o.accepted for o in outcomes(desk.store))
        assert not any(o.blind for o in outcomes(other.store))
        assert rejected_of(other) == rejected_of(desk) != {}
        assert other.store.one("SELECT text FROM captions WHERE id = 'odd'") == f"Commander Bo Ek waves {ODD}"


def _changed(form, text):
    """An export in which somebody has given the first accepted caption another label elsewhere."""
    records = [json.loads(line) for line in text.splitlines()] if form == "prodigy" else json.loads(text)
    of = {"prodigy": "meta", "label-studio": "meta", "argilla": "metadata"}[form]
    one = next(r for r in records if r[of]["seen_with_suggestion"])
    if form == "prodigy":
        one["accept"] = ["event=training"]
        return "".join(json.dumps(r) + "\n" for r in records)
    if form == "argilla":
        one["responses"]["event"][0]["value"] = "training"
    else:
        one["annotations"][0]["result"][0]["value"]["choices"] = ["training"]
    return json.dumps(records)


@pytest.mark.parametrize("form", ["prodigy", "label-studio", "argilla"])
def test_what_was_changed_elsewhere_was_not_merely_left(desk, tmp_path, tagger, form):
    """Another program's file still says of a label that it was left as suggested; of one that was changed there it is not so."""
    path = tmp_path / f"out{FORMS[form][1]}"
    path.write_text(_changed(form, exported_text(desk, form)[0]), "utf-8")
    (tmp_path / "other").mkdir()
    with make_desk(tmp_path / "other", tagger, [{"id": "first", "text": "A crane waits."}]) as other:
        assert import_labels(other, tagger, path, None, "somebody").faults == ()
        assert sum(o.accepted for o in outcomes(other.store)) == sum(o.accepted for o in outcomes(desk.store)) - 1


def _semicolons(text):
    rows, out = list(csv.reader(io.StringIO(text))), io.StringIO()
    csv.writer(out, delimiter=";").writerows(rows)
    return out.getvalue()


SAVED_AGAIN = {
    "semicolons": lambda text: _semicolons(text).encode(),
    "capitals": lambda text: text.replace("id,text,event,crew_role", "ID,Text,Event,Crew Role", 1).encode(),
    "cp1252": lambda text: text.replace("\U0001f680", "\u00fc").encode("cp1252"),
    "UTF-16": lambda text: _semicolons(text).encode("utf-16"),
    "blanks": lambda text: text.replace("commander;pilot", "commander; pilot").encode(),
    "TRUE": lambda text: text.replace(",true,", ",TRUE,").replace(",false,", ",FALSE,").encode(),
}


@pytest.mark.parametrize("how", SAVED_AGAIN)
def test_a_table_that_a_spreadsheet_saved_again_is_read(desk, tmp_path, tagger, how):
    """Cells parted otherwise, other headers, codes and spellings of a saved table are read as `evaluate` reads them."""
    path = tmp_path / "out.csv"
    path.write_bytes(SAVED_AGAIN[how](exported_text(desk, "csv")[0]))
    (tmp_path / "other").mkdir()
    with make_desk(tmp_path / "other", tagger, [{"id": "first", "text": "A crane waits."}]) as other:
        for form, new in ((None, 6), ("csv", 0)):
            done = import_labels(other, tagger, path, form, "somebody")
            assert (done.new, done.known, done.faults) == (new, 6 - new, ())
        assert labels_of(other) == labels_of(desk)
        assert sum(o.accepted for o in outcomes(other.store)) == sum(o.accepted for o in outcomes(desk.store))
    known = read_labelled(path, desk.facets)
    accepted = [c for c in known if c.slices["seen_with_suggestion"] == "True"]
    assert len(accepted) == sum(o.accepted for o in outcomes(desk.store))


@pytest.mark.parametrize("form", FORMS)
def test_the_form_of_a_file_is_told_by_itself(desk, tmp_path, tagger, form):
    """What a desk exports is known by its name and beginning; where nothing could be read, `--from` is named."""
    path = tmp_path / f"out{FORMS[form][1]}"
    export_to(desk, path, form)
    assert import_labels(desk, tagger, path, None, "somebody") == import_labels(desk, tagger, path, form, "somebody")
    path = write_jsonl(tmp_path / "odd.jsonl", [{"id": "a", "text": "A crane."}])
    said = []
    assert len(import_labels(desk, tagger, path, None, "somebody", said.append).faults) == 1
    assert "--from" in said[-1]


@pytest.mark.parametrize("form", FORMS)
def test_a_desk_knows_its_own_export(desk, tmp_path, tagger, form):
    """The import of a desk's own decisions changes nothing: what was accepted does not become a reading of its own."""
    path = tmp_path / f"out{FORMS[form][1]}"
    export_to(desk, path, form)
    before = desk.store.one("SELECT count(*) FROM decisions")
    assert import_labels(desk, tagger, path, form, "somebody").new == 0
    assert desk.store.one("SELECT count(*) FROM decisions") == before


def test_a_table_is_one_row_a_caption(desk):
    """The table holds a row for each decision, with lists joined and odd characters kept."""
    rows = list(csv.DictReader(io.StringIO(exported_text(desk, "csv")[0])))
    assert {r["id"] for r in rows} == set(labels_of(desk))
    assert next(r for r in rows if r["id"] == "odd")["text"].endswith(ODD)
    assert "commander;pilot" in {r["crew_role"] for r in rows}


def test_other_programs_find_what_their_forms_ask_for(desk):
    """Prodigy's tasks accept options that they offer; Label Studio's and Argilla's values are values of their questions."""
    tasks = [json.loads(line) for line in exported_text(desk, "prodigy")[0].splitlines()]
    for task in tasks:
        assert set(task["accept"]) <= {o["id"] for o in task["options"]}
        assert task["answer"] == "accept"
        assert isinstance(task["_input_hash"], int)
    for task in json.loads(exported_text(desk, "label-studio")[0]):
        for result in (*task["annotations"][0]["result"], *task["predictions"][0]["result"]):
            assert (result["type"], result["to_name"]) == ("choices", "text")
    for record in json.loads(exported_text(desk, "argilla")[0]):
        assert set(record["responses"]) == {"event", "crew_role"}
        assert isinstance(record["responses"]["crew_role"][0]["value"], list)


def test_bad_records_are_told_and_the_rest_is_taken(desk, tmp_path, tagger):
    """Each record that cannot be taken over is one line with its place; good ones beside it are decisions."""
    path = tmp_path / "in.jsonl"
    rows = [
        '{"id": "g", "text": "Divers wait in the pool.", "event": "training"}',
        "[1]",
        "{",
        '{"id": "n", "event": "other"}',
    ]
    rows.append('{"id": "u", "text": "A crane.", "event": "picnic"}')
    rows.append('{"id": "x", "text": "A crane."}')
    path.write_text("\n".join(rows), "utf-8")
    done = import_labels(desk, tagger, path, "labels", "Cleo")
    assert done.new == 1
    assert len(done.faults) == 5
    assert all(": line " in fault and "\n" not in fault for fault in done.faults)
    assert [o.last.person for o in outcomes(desk.store)][-1] == "Cleo"


def test_files_that_are_none_are_refused(desk, tmp_path, tagger):
    """A missing file, one that is no JSON and an empty one end the import before anything is changed."""
    (tmp_path / "bad.json").write_text("no json", "utf-8")
    (tmp_path / "empty.jsonl").write_text("", "utf-8")
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00")
    for name, form in (
        ("none.json", "argilla"),
        ("bad.json", "label-studio"),
        ("empty.jsonl", "labels"),
        ("bytes.csv", "csv"),
    ):
        with pytest.raises(InputError):
            import_labels(desk, tagger, tmp_path / name, form, "Cleo")


def test_bare_values_of_prodigy_are_understood(desk, tmp_path, tagger):
    """A task that accepts `landing` without its facet is understood where one facet alone has the value."""
    task = {"text": "A capsule floats.", "accept": ["landing"], "answer": "accept"}
    rejected = {"text": "A capsule floats.", "accept": [], "answer": "reject"}
    path = write_jsonl(tmp_path / "p.jsonl", [task, rejected])
    done = import_labels(desk, tagger, path, "prodigy", "Cleo")
    assert (done.new, len(done.faults)) == (1, 1)


def test_an_option_of_a_facet_that_was_not_asked_for_is_taken(desk, tmp_path, tagger):
    """A task says which facets it asked for; where somebody accepts a role all the same, it is one."""
    task = {"text": "A pilot waves.", "accept": ["event=other", "pilot"], "answer": "accept"}
    path = write_jsonl(tmp_path / "p.jsonl", [{**task, "meta": {"facets": ["event"]}}])
    assert import_labels(desk, tagger, path, "prodigy", "Cleo").new == 1
    assert [*outcomes(desk.store)][-1].last.labels == {"event": "other", "crew_role": ("pilot",)}


@pytest.mark.parametrize(
    ("form", "begin"), [("argilla", "["), ("label-studio", "["), ("labels", '{"a":['), ("prodigy", "{")]
)
def test_an_import_is_bounded_before_it_is_taken_apart(desk, tmp_path, tagger, monkeypatch, form, begin):
    """Millions of empty lists, and lists within lists, are a fault of one line and no gigabytes."""
    monkeypatch.setattr(importing, "LARGEST", 32 << 20)  # So much is reserved, if not taken.
    for text in (begin + "[]," * 4_000_000 + "[]]", begin + "[" * 200_000):
        path = tmp_path / "in"
        path.write_text(text)
        tracemalloc.start()
        try:
            done = import_labels(desk, tagger, path, form, "Cleo")
            said = done.faults
        except InputError as error:
            said = (str(error),)
        finally:
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        assert len(said) == 1
        assert len(said[0].splitlines()) == 1
        assert peak < 100 << 20


def test_texts_that_share_an_id_are_both_exported(desk, tmp_path, tagger):
    """Of two texts with one id the latest bears it and the earlier one its digest as well, and this is told."""
    changed = write_jsonl(tmp_path / "changed.jsonl", [{"id": "series-1", "text": "A crane lifts the capsule."}])
    desk.add(tagger, [str(changed)])
    number = desk.store.one("SELECT max(number) FROM captions WHERE id = 'series-1'")
    card = show_card(desk.store, desk.facets, "Ada", number)
    desk.decider("Ada").decide(card.nonce, {"event": "landing", "crew_role": []})
    found = export_to(desk, tmp_path / "gold.jsonl", "labels")
    assert found.renamed == ["series-1"]
    names = [c.id for c in read_labelled(tmp_path / "gold.jsonl", desk.facets)]
    assert len(names) == len(set(names)) == 7
    assert number_of(desk, "series-1") != number


def test_a_folder_with_labels_of_others_is_left_alone(desk, tmp_path):
    """Labels are not written beside files that may hold the same captions."""
    write_jsonl(tmp_path / "theirs.jsonl", [{"id": "a"}])
    with pytest.raises(DeskError, match="folder of its own"):
        export_to(desk, tmp_path, "labels")


def test_nothing_but_what_was_left_is_told(tmp_path, tagger):
    """Where all that was decided was merely left as suggested, an export without that says so."""
    with want_all(make_desk(tmp_path, tagger, SERIES)) as desk:
        decide_all(desk, "Ada")
        with pytest.raises(DeskError, match="5 decided captions were merely left as suggested"):
            exported_text(desk, "labels", with_accepted=False)


def test_what_had_no_suggestion_was_not_merely_left(tmp_path, tagger):
    """A value that a person chose where nothing was suggested is a decision; what has no value there is left as it was."""
    place = Facet("place", True, "", (Value("pier", ""), Value("hangar", "")))
    with want_all(make_desk(tmp_path, tagger, SERIES, facets=(*tagger.facets, place))) as desk:
        decide_all(desk, "Ada", labels=lambda card: {**card.shown, "place": ["pier"] * (card.caption.number % 2)})
        assert {o.caption % 2: o.accepted for o in outcomes(desk.store)} == {1: False, 0: True}


def test_nothing_decided_is_nothing_exported(tmp_path, tagger):
    """Suggestions alone are no labels."""
    with make_desk(tmp_path, tagger) as desk, pytest.raises(DeskError, match="nothing is decided"):
        exported_text(desk, "labels")


def test_what_is_refused_leaves_no_caption(desk, tmp_path, tagger):
    """A record whose labels do not fit is told and puts nothing on the desk."""
    rows = [{"id": "wrong", "text": "A crane lifts a capsule.", "event": "no such event"}]
    rows += [{"id": "good", "text": "A rocket lifts off.", "event": "launch", "crew_role": []}]
    path = write_jsonl(tmp_path / "odd.jsonl", rows)
    done = import_labels(desk, tagger, path, "labels", "Bo")
    assert (done.new, len(done.faults)) == (1, 1)
    assert [r[0] for r in desk.store.rows("SELECT id FROM captions WHERE id IN ('wrong', 'good')")] == ["good"]
