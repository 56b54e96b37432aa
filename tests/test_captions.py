"""Reading captions: normalisation, header, credit, sentences and zones."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcap.captions import read_caption
from mlcap.captions.normalise import normalise
from mlcap.captions.sentences import sentence_spans


@pytest.mark.parametrize(
    ("given_text", "plain"),
    [
        ("the crew\u2019s \u201cride\u201d", 'the crew\'s "ride"'),
        ("a 5 ? month stay", "a 5 month stay"),
        ("EDITOR?S NOTE, the artist?s view", "EDITOR'S NOTE, the artist's view"),
        ("cold &amp; dark &#8211; as ever", "cold & dark -- as ever"),
        ('see <a href="http://x.invalid/a?b=1">the tank</a> here', "see the tank here"),
        ("wide\u00a0space \u2014 dash", "wide space -- dash"),
        ("it\u00e2\u20ac\u2122s late", "it's late"),
        ("Is it ready? Yes.", "Is it ready? Yes."),
    ],
)
def test_normalise_gives_one_plain_spelling(given_text, plain):
    """Typographic marks, lost characters, entities and tags come out in one spelling."""
    assert normalise(given_text).text == plain


@given(st.text(max_size=300))
def test_every_character_of_the_plain_text_has_an_origin(text):
    """The way back never leaves the original and never runs backwards."""
    mapped = normalise(text)
    assert len(mapped.origin) == len(mapped.text) + 1
    assert list(mapped.origin) == sorted(mapped.origin)
    assert mapped.origin[-1] == len(text)


def test_span_leads_back_to_the_original_characters():
    """A span of the plain text names the characters that it came from."""
    original = "\u201cGo\u201d &amp; land"
    mapped = normalise(original)
    start = mapped.text.index("&")
    first, last = mapped.span(start, start + 1)
    assert original[first:last].startswith("&")
    land = mapped.text.index("land")
    assert original[slice(*mapped.span(land, land + 4))] == "land"


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("They met on Sept. 15 in Houston. Then they left.", 2),
        ("Pilot Oskar D. Lindqvist waves. He smiles.", 2),
        ("A U.S. astronaut speaks with Anna Roth, Ph.D. Both train in St. Petersburg.", 2),
        ("Liftoff came at 8:13 a.m. EDT from the pad.", 1),
        ("It flew at 4:05 p.m. The crew slept.", 2),
        ("No. 3 engine is lifted. Workers watch.", 2),
        ("Up they go! Is that all? Yes.", 3),
        ("One line\n\nanother line", 2),
        ("1. The crew walks out. 2. Guests wave.", 2),
        ("(3) 1969. A crane turns.", 1),
        ("12.", 1),
        ("", 0),
    ],
)
def test_sentences_survive_abbreviations(text, sentences):
    """Full stops of months, initials, states and degrees do not end a sentence."""
    assert len(sentence_spans(text)) == sentences


@given(st.text(max_size=400))
def test_sentences_lose_nothing_but_space(text):
    """What lies between two sentences is white space."""
    end = 0
    for start, stop in sentence_spans(text):
        assert start < stop
        assert not text[end:start].strip()
        end = stop
    assert not text[end:].strip()


@pytest.mark.parametrize(
    ("text", "form", "image_id", "date"),
    [
        ("ISS041-E-099999 (9 Oct. 2014) --- A hatch stands open.", "id and date", "ISS041-E-099999", "2014-10-09"),
        ("nhq201503129999 (March 12, 2015) --- Dust flies.", "id and date", "nhq201503129999", "2015-03-12"),
        ("KENNEDY SPACE CENTER, FLA. -- A crane waits.", "dateline", "", ""),
        ("CAPE CANAVERAL, Fla. \u2013 A crane waits.", "dateline", "", ""),
        ("4127: Two men salute.", "frame number", "4127", ""),
        ("11-42-17: Two men salute.", "frame number", "11-42-17", ""),
        ("2013-05-21-09-14-02[1] Two men salute.", "file stamp", "2013-05-21-09-14-02[1]", ""),
        ("jsc2018e099999 - Two men salute.", "id", "jsc2018e099999", ""),
        ("Two men salute the flag.", "", "", ""),
    ],
)
def test_headers_are_read_and_cut_off(text, form, image_id, date):
    """Each form of header is recognised and is no part of the lead."""
    caption = read_caption(text)
    assert (caption.header.form, caption.header.image_id, caption.header.date) == (form, image_id, date)
    assert caption.lead[0] in "ADT"


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("A crane waits. Photo credit: NASA/Ada Brask", "NASA/Ada Brask"),
        ("A crane waits. Photo Credit: (NASA/Ada Brask)", "NASA/Ada Brask"),
        ("A crane waits. NASA/Ada Brask", "NASA/Ada Brask"),
        ("A crane waits.", ""),
    ],
)
def test_credits_are_read_and_cut_off(text, who):
    """The credit is named and stands in no zone."""
    caption = read_caption(text)
    assert caption.credit.who == who
    assert caption.lead == "A crane waits."


def test_lead_ends_where_the_mission_is_told():
    """What will be launched when is background; a sentence that points into the picture is lead."""
    caption = read_caption(
        "Ana Ruiz tries her seat. At left is a technician. Ruiz will launch on May 9 for a six-month stay. She likes tea."
    )
    assert caption.lead == "Ana Ruiz tries her seat. At left is a technician."
    assert caption.background.startswith("Ruiz will launch")


@given(st.text(max_size=500))
def test_any_text_can_be_read(text):
    """No text makes the reading fail."""
    caption = read_caption(text)
    assert all(caption.text[s.start : s.end] == s.text for s in caption.sentences)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Flight\nEngineer Mia Voss", "Flight Engineer Mia Voss"),
        ("Flight \r\n Engineer", "Flight Engineer"),
        ("a\u2007b\u3000c\u2028d\u00a0e\u205ff", "a b c d e f"),
        ("space\u00ad\u200bwalk \u2066of\u2069 Voss\ufeff", "spacewalk of Voss"),
        ("the tech-\nnicians", "the technicians"),
        ("\uff33\uff34\uff33\uff0d\uff19\uff15\u3000crew", "STS-95 crew"),
        ("one\n\ntwo", "one\n\ntwo"),
        ("T-\n38", "T- 38"),
    ],
)
def test_a_text_is_folded_before_anything_is_matched(text, plain):
    """Line ends, spaces of every width, joiners, full-width forms and parted words have one plain spelling."""
    assert normalise(text).text == plain


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300))
def test_folding_keeps_the_way_back(text):
    """Every character of the plain text knows a place in the caption, in order."""
    mapped = normalise(text)
    places = [mapped.origin[i] for i in range(len(mapped.text) + 1)]
    assert places == sorted(places)
    assert places[-1] == len(text)
    assert mapped.span(0, len(mapped.text))[1] <= len(text)


def test_a_role_word_over_a_line_end_is_read():
    """What stands on one line and what is wrapped are read alike."""
    wrapped = read_caption("Astronaut Mia Voss, Expedition 97 flight\nengineer, floats in the\nDestiny laboratory.")
    straight = read_caption("Astronaut Mia Voss, Expedition 97 flight engineer, floats in the Destiny laboratory.")
    assert [m.value for m in wrapped.mentions] == ["flight-engineer"]
    assert wrapped.tokens == straight.tokens


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("BAIKONUR, Kazakhstan. Workers raise the rocket. Launch is due in May.", "BAIKONUR, Kazakhstan"),
        ("CAPE CANAVERAL, Fla. A crane lifts the tank.", "CAPE CANAVERAL, Fla"),
        ("WORKERS WAIT. The rocket is up.", ""),
    ],
)
def test_a_dateline_that_ends_with_a_stop_is_no_lead(text, place):
    """A place before the first sentence is the header, whatever closes it; a headline is none."""
    caption = read_caption(text)
    assert caption.header.place == place
    assert caption.sentences[0].text.startswith("WORKERS" if not place else ("Workers", "A crane"))


def test_a_background_without_a_stop_before_it_is_found():
    """Where a writer forgot the full stop, the background still begins where it says that it does."""
    caption = read_caption("Mia Voss waves from the hatch The STS-196 mission will launch in May.")
    assert (caption.lead, caption.background) == (
        "Mia Voss waves from the hatch",
        "The STS-196 mission will launch in May.",
    )
    whole = "Workers at The Cape look at the tank The Hague sent."
    assert read_caption(whole).lead == whole


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("ASTRONAUT MIA VOSS WAVES TO PILOT BO EKMAN", ["MIA VOSS", "BO EKMAN"]),
        ("Cosmonaut Oleg BRANNOV waves.", ["Oleg BRANNOV"]),
        ("Workers test the EVA EMU and Explorer EUVE units.", []),
        ("Engineers of EAFB wait.", []),
    ],
)
def test_names_in_capitals_are_read(text, names):
    """Behind a title a name may be written in capitals; abbreviations are none."""
    caption = read_caption(text)
    assert [caption.text[p.start : p.end] for p in caption.people] == names


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        (r"Flight\nEngineer Ann Roe", "Flight Engineer Ann Roe"),
        (r"A pad at dawn.\r\nPilot Bo Ek waves.", "A pad at dawn. Pilot Bo Ek waves."),
        (r"The end.\n", "The end."),
        (r"C:\new\roll is a folder", r"C:\new\roll is a folder"),
    ],
)
def test_line_ends_that_are_written_out_are_line_ends(written, plain):
    """An escape before a capital, a space or the end is one; within a path it is not."""
    assert normalise(written).text.strip() == plain
