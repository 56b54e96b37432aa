"""Captions in other languages get no tags but the reason."""

from __future__ import annotations

import json

import pytest
from conftest import mlcap

import mlcap as library
from mlcap.captions.language import other_language

RUSSIAN = "\u042d\u043a\u0438\u043f\u0430\u0436 \u043f\u0440\u0438\u043c\u0435\u0440\u044f\u0435\u0442 \u0441\u043a\u0430\u0444\u0430\u043d\u0434\u044b \u043f\u0435\u0440\u0435\u0434 \u0441\u0442\u0430\u0440\u0442\u043e\u043c."
FRENCH = "La commandante Anne Brunet essaie son siège dans la capsule avec un technicien, pour le vol du mois de mai."


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (RUSSIAN, "Cyrillic"),
        (FRENCH, "French"),
        (
            "Die Kommandantin Rosa Ortega übt mit dem Raumanzug im Becken und wird von zwei Tauchern begleitet.",
            "German",
        ),
        ("La comandante saluda desde la escalera del avión en la pista con su tripulación.", "Spanish"),
        (
            "\u5b87\u822a\u58eb\u304c\u30d7\u30fc\u30eb\u3067\u8a13\u7df4\u3092\u3057\u3066\u3044\u307e\u3059\u3002",
            "Japanese or Chinese",
        ),
        ("The commander waves from the steps of the plane.", ""),
        ("Crews of the Plaza de la Libertad in Punta del Este seen from orbit by night.", ""),
        ("Jan van der Meer, Ana de la Cruz", ""),
        ("Sojuz MS-30", ""),
        (
            "The cosmonaut \u0418\u0432\u0430\u043d \u041f\u0435\u0442\u0440\u043e\u0432 tries on his suit in Star City.",
            "",
        ),
        ("", ""),
        ("Za\u0142oga \u017cegna si\u0119 z rodzinami przed startem rakiety.", "another language"),
        ("Uzay istasyonunda \u00e7al\u0131\u015fan m\u00fcrettebat yemek yiyor.", "another language"),
        ("Para astronaut berlatih di kolam renang sebelum peluncuran.", "another language"),
        ("Besättningen övar i bassängen.", "another language"),
        # Few small words, none of them English; names alone tell nothing.
        ("Astronautin Ina Maurer beim Tauchgang im Becken, Houston", "another language"),
        ("Ekipazh gotovitsya k startu na Baikonure", "another language"),
        (
            "\u5b87\u822a\u98db\u884c\u58eb Space Station ISS Kibo Expedition 65 Commander Ueno JAXA",
            "Japanese or Chinese",
        ),
        ("Rio de la Plata, Argentina", ""),
        ("COMMANDER \u0418\u0412\u0410\u041d PETROV ON DECK", ""),
        ("Crewmates share noodles in weightlessness", ""),
        ('Pilot <b>alert("x")</b> Bo Ek waves, smiles. <img src=x onerror=beep(1)>', ""),
        ("Elysium Patera, see photojournal.example/catalog/item/view", ""),
        ("Fuselage, tailplane, undercarriage of the X-99", ""),
    ],
)
def test_languages_are_told_by_script_and_small_words(text, language):
    """Names and single words in another language make no caption foreign."""
    assert other_language(text) == language


@pytest.mark.parametrize("text", [RUSSIAN, FRENCH])
def test_such_a_caption_has_no_tags(text):
    """The record says why, and needs review."""
    tagged = library.load().tag_one(text)
    record = tagged.as_record()
    assert not tagged.is_read
    assert (record["event"], record["crew_role"], record["people"], record["needs_review"]) == (None, [], [], True)
    assert "mlcap reads English" in record["review_reasons"][0]
    # In Python as in a record.
    assert (tagged.event, tagged.crew_role) == (None, ())


def test_the_rest_of_a_file_goes_on(tmp_path):
    """In every form of output, such a row keeps its place and its fields."""
    rows = [{"id": "a", "text": FRENCH}, {"id": "b", "text": "Pilot Jan Roe tries his seat liner in the capsule."}]
    (tmp_path / "two.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows), "utf-8")
    for form in ("jsonl", "csv", "table"):
        done = mlcap("tag", "two.jsonl", "--to", form, cwd=tmp_path)
        assert done.returncode == 0
        assert "French" in done.out
        assert "fit-check" in done.out
