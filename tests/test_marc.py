"""Tags as MARC records: subjects in the archive's words, and the provenance of each in field 883."""

from __future__ import annotations

import io

import pymarc
import pytest
from conftest import mlcap
from photo_files import JPEG, embed, needs_exiftool, tags_of
from photo_plans import set_status

from mlcap.photos.marc import CataloguedPhoto, marc_xml
from mlcap.photos.metadata import WrittenTag
from mlcap.photos.terms import Term, by_tag


def written(tag, status="machine", score="0.9"):
    """A structure of a run of the second of May."""
    return WrittenTag(*tag.split(), score, "3-abc", "20310502T101500-aa11bb", status)


def records(data):
    """The records that a reader of MARCXML finds."""
    return pymarc.parse_xml_to_array(io.BytesIO(data))


def test_each_subject_has_its_provenance():
    """Process, confidence, day and agency, linked with the subject; a person's word makes it partly the machine's."""
    terms = by_tag([Term("event", "launch", "Launches", "urn:voc:12", "voc")])
    photo = CataloguedPhoto("/p/x 7.jpg", (written("event launch"), written("crew_role pilot", "confirmed", "0.75")))
    (record,) = records(marc_xml([photo], terms, "DE-Test"))
    assert record["001"].value() == "x 7"
    assert record["245"]["a"] == "x 7"
    subjects = [
        {s.code: s.value for s in f.subfields} | {"ind": "".join(f.indicators)} for f in record.get_fields("650")
    ]
    assert subjects == [
        {"8": "1\\p", "a": "Launches", "0": "urn:voc:12", "2": "voc", "ind": " 7"},
        {"8": "2\\p", "a": "pilot", "2": "local", "ind": " 7"},
    ]
    provenance = [
        {s.code: s.value for s in f.subfields} | {"ind": "".join(f.indicators)} for f in record.get_fields("883")
    ]
    assert provenance == [
        {"8": "1\\p", "a": "mlcap, model version 3-abc", "c": "0.9", "d": "20310502", "q": "DE-Test", "ind": "0 "},
        {"8": "2\\p", "a": "mlcap, model version 3-abc", "c": "0.75", "d": "20310502", "q": "DE-Test", "ind": "1 "},
    ]
    assert len(str(record.leader)) == 24


def test_what_is_no_keyword_is_no_subject():
    """Rejected tags and `other` are left out, and a photograph with nothing else has no record."""
    photos = [
        CataloguedPhoto("/p/a.jpg", (written("event other"),)),
        CataloguedPhoto("/p/b.jpg", (written("event launch", "rejected"), written("crew_role pilot"))),
        CataloguedPhoto("/p/c.jpg", ()),
    ]
    assert [[f["a"] for f in r.get_fields("650")] for r in records(marc_xml(photos, {}, "x"))] == [["pilot"]]


def test_no_two_records_have_one_number():
    """Photographs of one stem are told apart by where they lie in the folder that all share, and by their endings."""
    files = ("/p/st/x/1.jpg", "/p/st/y/1.jpg", "/p/st/y/1.tif", "/p/st/2.jpg")
    photos = [CataloguedPhoto(f, (written("event launch"),)) for f in files]
    found = records(marc_xml(photos, {}, "x"))
    assert [r["001"].value() for r in found] == [r["245"]["a"] for r in found]
    assert [r["001"].value() for r in found] == ["x/1.jpg", "y/1.jpg", "y/1.tif", "2.jpg"]
    # One without a record has its number all the same, so that the others keep theirs when it gets tags.
    photos[0] = CataloguedPhoto(files[0], ())
    assert [r["001"].value() for r in records(marc_xml(photos[:2], {}, "x"))] == ["y/1.jpg"]


def test_signs_of_xml_and_odd_names_are_carried():
    """Names and words with signs that XML uses come back as they are."""
    terms = by_tag([Term("event", "launch", 'Start <&> "Ende"', "", "https://voc.example/")])
    (record,) = records(marc_xml([CataloguedPhoto("/p/a&<b>.jpg", (written("event launch"),))], terms, "a&b"))
    assert record["001"].value() == "a&<b>"
    assert (record["650"]["a"], record["650"]["2"]) == ('Start <&> "Ende"', "local")
    assert record["883"]["q"] == "a&b"


@needs_exiftool
def test_terms_and_marc_from_the_command_line(small, tmp_path):
    """`tag --write --terms` writes the archive's words, `apply --marc` the records, also when nothing changes any more."""
    (tmp_path / "photos").mkdir()
    embed(tmp_path / "photos" / "a.jpg", JPEG, "-XMP-dc:Description=A crane waits near the pad.")
    env = {"MLCAP_MODELS": str(small / "models"), "MLCAP_RUNS": str(tmp_path / "runs")}
    here = {"cwd": tmp_path, "env": env}
    values = ("launch", "landing", "fit-check", "ceremony", "training", "on-orbit", "other")
    table = '[event.{0}]\nterm = "The {0}"\niri = "urn:voc:{0}"\nvocabulary = "voc"\n'
    (tmp_path / "terms.toml").write_text("".join(map(table.format, values)))
    plan = ("tag", "photos", "--write", "p.json", "--uncertain", "--terms")
    assert "cannot be read" in mlcap(*plan, "gone.toml", **here, check=2).err
    mlcap(*plan, "terms.toml", **here, check=0)
    for _ in range(2):
        mlcap("apply", "p.json", "--marc", "m.xml", "--agency", "DE-Test", **here, check=0)
        (record,) = records((tmp_path / "m.xml").read_bytes())
        assert record["650"]["a"].startswith("The ")
        assert record["883"]["q"] == "DE-Test"
        (tmp_path / "m.xml").unlink()
    sidecar = tmp_path / "photos" / "a.jpg.xmp"
    found = tags_of(sidecar)
    (term,) = found["XMP-iptcExt:AboutCvTerm"]
    value = term["CvTermName"].removeprefix("The ")
    assert term == {"CvId": "voc", "CvTermId": f"urn:voc:{value}", "CvTermName": f"The {value}"}
    assert f"event/The {value}" in found["XMP-digiKam:TagsList"]
    set_status(sidecar, value, "rejected")
    mlcap(*plan, "terms.toml", **here, check=0)
    mlcap("apply", "p.json", "--marc", "m.xml", **here, check=0)
    assert "XMP-iptcExt:AboutCvTerm" not in tags_of(sidecar)
    assert not [f for r in records((tmp_path / "m.xml").read_bytes()) for f in r.get_fields("650") if "The" in f["a"]]
    assert "cannot be written" in mlcap("apply", "p.json", "--marc", "gone/m.xml", **here, check=6).err


@pytest.mark.parametrize("option", [["--people"], ["--terms", "x"], ["--embed"], ["--void-credentials"]])
def test_options_of_a_plan_go_with_a_plan(tmp_path, option):
    """Without --write they would do nothing, which is said."""
    assert "go with --write" in mlcap("tag", *option, cwd=tmp_path, check=2).err
