"""Explanations: sums that hold, places in the caption as given, decisions on mentions."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
from conftest import corpus_records

from mlcap.captions import read_caption
from mlcap.errors import InputError
from mlcap.explanation import contributions, deciding_words, explain, highlights
from mlcap.explanation.deciding import contributions_against
from mlcap.explanation.explain import feature_spans
from mlcap.features.blocks import WORD_BLOCKS
from mlcap.features.extract import extract, features_of
from mlcap.features.mentions import mention_features
from mlcap.taxonomy import extra_words

LINER = "Flight Engineer Marta Lind tries her seat liner. Lind and Soyuz Commander Pavel Orlov will launch on May 9."
CAPTIONS = (
    LINER,
    "ISS097-E-204411 (30 April 2031) --- Astronaut Ines Valdivia, Expedition 97 commander, floats in Zvezda. Photo credit: NASA",
    "The crew&#39;s commander, Bo Ek \u2014 \u201cBo\u201d \u2014 waves &amp; smiles beside Pilot Ann Roe. He\u00e2\u20ac\u2122ll fly\u00a0later.",
    "x",
    "42",
    'A crew waves from the bus. "We are ready." ... The launch is due on May 9.',
    "A crane waits.\r\n\r\nPilots Ola Berg and Tim Ray, the backup crew, are not in the picture.",
)


@pytest.fixture(params=CAPTIONS, ids=range(len(CAPTIONS)))
def explained(request, tagger):
    """An explanation of each caption."""
    return explain(tagger, request.param)


def test_pushes_and_intercept_add_up_to_the_score(explained, tagger):
    """Every value's contributions and intercept add up to the score that the scorer gives before calibration."""
    scores = tagger.artifact.scorer.score([extract(explained.text, extra_words(tagger.facets))]).scores
    for facet, row in zip(explained.facets.values(), scores, strict=True):
        for value, score in zip(facet.values.values(), row[0], strict=True):
            assert value.intercept + sum(c.push for c in value.contributions) == pytest.approx(score, abs=1e-9)
            assert value.score == pytest.approx(score, abs=1e-9)


def test_calibration_as_told_gives_the_confidence(explained):
    """Slope, offset and link as the explanation tells them give the probability that the tag carries."""
    event, role = explained.facets["event"], explained.facets["crew_role"]
    z = np.asarray([v.calibrated for v in event.values.values()])
    softmax = np.exp(z - z.max()) / np.exp(z - z.max()).sum()
    assert softmax == pytest.approx([v.probability for v in event.values.values()])
    assert event.ranked[0].probability == pytest.approx(explained.tagged.facets["event"].probability, abs=1.1e-3)
    for value in role.values.values():
        assert value.probability == pytest.approx(1 / (1 + np.exp(-value.calibrated)))
        assert value.probability == pytest.approx(
            explained.tagged.facets["crew_role"].probabilities[value.value], abs=1.1e-3
        )
        assert value.given == (value.value in explained.tagged.crew_role)


def test_spans_lie_in_the_caption_as_given(explained):
    """All offsets fall into the original text, and no zone overlaps another."""
    size = len(explained.text)
    spans = [s for f in explained.facets.values() for v in f.values.values() for c in v.contributions for s in c.spans]
    spans += [(x.start, x.end) for x in (*explained.zones, *explained.codes, *explained.mentions)]
    assert all(0 <= a < b <= size for a, b in spans)
    assert all(a.end <= b.start for a, b in pairwise(explained.zones))
    covered = "".join(explained.text[z.start : z.end] for z in explained.zones)
    assert "".join(covered.split()) == "".join(explained.text.split())


def test_mentions_say_who_is_shown(tagger):
    """The engineer of the lead is shown, the commander of the background is not, and each says whose title it is."""
    found = {m.value: m for m in explain(tagger, LINER).mentions}
    engineer, commander = found["flight-engineer"], found["commander"]
    assert (LINER[engineer.start : engineer.end], engineer.people) == ("Flight Engineer", ("Marta Lind",))
    assert engineer.push > commander.push
    assert engineer.alone > commander.alone
    assert (commander.zone, commander.people) == ("background", ("Pavel Orlov",))
    assert "not named in the lead" in commander.why
    assert not commander.shown


def test_a_value_is_given_exactly_where_a_mention_of_it_is_shown(tagger):
    """Of a given role at least one mention is shown, of another none."""
    for record in corpus_records()[::60]:
        explained = explain(tagger, record["text"])
        mentioned = {m.value for m in explained.mentions}
        assert {m.value for m in explained.mentions if m.shown} == mentioned & set(explained.tagged.crew_role)


def test_offsets_count_characters_of_the_original(tagger):
    """Entities and broken encodings before a word do not shift its place."""
    text = CAPTIONS[2]
    words = {text[m.start : m.end].lower() for m in explain(tagger, text).mentions}
    assert {"commander", "pilot"} <= words


def test_every_word_feature_has_its_place():
    """Each word, cue and scene feature of each corpus caption has a place in it, and each mention feature its mentions."""
    for record in corpus_records()[::40]:
        caption = read_caption(record["text"])
        features, places = features_of(caption), feature_spans(caption)
        for block in WORD_BLOCKS:
            names = {name for unit in features.units[block.name] for name in block.features_of(unit)}
            assert all(places[block.name][name] for name in names), (block.name, record["text"])
        for block in ("cues", "scenes"):
            assert all(places[block][name] for name in features.flags[block]), (block, record["text"])
        for value, names in mention_features(caption).items():
            assert all(mentions and {m.value for m in mentions} == {value} for mentions in names.values())


def test_deciding_words_speak_for_one_value_over_another(tagger):
    """The deciding words are the strongest positive differences, and the differences add up to that of the scores."""
    explained = explain(tagger, LINER)
    first, second = explained.facets["event"].ranked[:2]
    words = deciding_words(explained, "event", first.value, n=5)
    assert len(words) == 5
    assert [w.push for w in words] == sorted((w.push for w in words), reverse=True)
    assert words[-1].push > 0
    total = sum(c.push for c in contributions_against(explained, "event", first.value, second.value))
    assert total == pytest.approx(first.score - first.intercept - second.score + second.intercept)


def test_differences_between_roles_count_the_mentions_of_both(tagger):
    """Between two roles the mentions of the other one count against."""
    explained = explain(tagger, LINER)
    values = explained.facets["crew_role"].values
    a, b = values["flight-engineer"], values["commander"]
    total = sum(c.push for c in contributions_against(explained, "crew_role", a.value, b.value))
    assert total == pytest.approx(a.score - a.intercept - b.score + b.intercept)


def test_highlights_share_the_pushes_out_over_the_text(explained):
    """The highlighted stretches add up to the pushes of what stands in the caption's words."""
    value = explained.tagged.event
    parts = contributions_against(explained, "event", value)
    found = highlights(explained, "event", value)
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert sum(h.push for h in found) == pytest.approx(sum(c.push for c in parts if c.spans), abs=1e-6)


def test_no_text_is_refused(tagger):
    """What is no text is refused with an error of mlcap's own."""
    with pytest.raises(InputError, match="must be a text"):
        explain(tagger, json)


def test_contributions_are_made_when_they_are_asked_for(tagger, monkeypatch):
    """Explaining makes no value's contributions; looking at one value makes that one's, once."""
    made = []
    plain = contributions.strongest_first
    monkeypatch.setattr(contributions, "strongest_first", lambda found: made.append(1) or plain(found))
    value = explain(tagger, LINER).facets["event"].ranked[0]
    assert not made
    assert len(value.contributions) == len(list(value.contributions))
    pushes = [abs(c.push) for c in value.contributions]
    assert pushes == sorted(pushes, reverse=True)
    assert len(made) == 1
