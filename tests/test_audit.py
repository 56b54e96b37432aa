"""The measured promise: exact bounds, and what of the desk goes into them."""

from __future__ import annotations

import json
import random
import re

import pytest
from desks import Steered, decide_all, halved, make_desk, want_all
from scipy.stats import binom, hypergeom

from mlcap.desk.pages import card_page
from mlcap.evaluation.exact import lower_bound, no_smaller_by_chance, sample_that_tells, upper_bound
from mlcap.model.reasons import below_threshold, whole_uncertain
from mlcap.review.audit import audit
from mlcap.review.cards import show_card
from mlcap.review.evidence import reasons_of, told_reason
from mlcap.review.keys import keys_of
from mlcap.review.outcomes import outcomes
from mlcap.review.promises import promise_of
from mlcap.review.status import status_of

_FORM = re.compile(r"(?<=[:,]) [\w-]+")


@pytest.mark.parametrize(
    ("right", "count"), [(0, 5), (1, 1), (3, 8), (204, 212), (212, 212), (950, 1000), (19_000, 20_000)]
)
def test_bounds_are_those_of_clopper_and_pearson(right, count):
    """At either bound so many right ones, or more, or fewer, have the probability that the interval leaves out."""
    low, high = lower_bound(right, count), upper_bound(right, count)
    if right:
        assert binom.sf(right - 1, count, low) == pytest.approx(0.025, abs=1e-9)
    else:
        assert low == 0.0
    if right < count:
        assert binom.cdf(right, count, high) == pytest.approx(0.025, abs=1e-9)
    else:
        assert high == 1.0


def test_bounds_of_nothing_and_nonsense():
    """An empty sample says nothing, and more right ones than there are is an error."""
    assert (lower_bound(0, 0), upper_bound(0, 0)) == (0.0, 1.0)
    assert promise_of([]).at_least is None
    with pytest.raises(ValueError, match="cannot be right"):
        lower_bound(3, 2)


def test_the_later_sample_is_compared_exactly():
    """The probability of as few right ones by chance is that of the hypergeometric distribution."""
    assert no_smaller_by_chance(3, 10, 45, 50) == pytest.approx(hypergeom.cdf(3, 60, 48, 10))
    assert no_smaller_by_chance(10, 10, 45, 50) == pytest.approx(1.0)


def test_how_many_more_would_tell():
    """So many more at the same share do tell, one fewer does not; a share at the target is never told."""
    more = sample_that_tells(0.98, 0.95, 50)
    assert lower_bound(round(0.98 * (50 + more)), 50 + more) >= 0.95
    assert lower_bound(round(0.98 * (49 + more)), 49 + more) < 0.95
    assert sample_that_tells(1.0, 0.95, 500) == 0
    assert sample_that_tells(0.95, 0.95, 100) is None


def test_the_promise_holds_in_nearly_all_draws():
    """Drawn from a population that is known, the lower bound is true at least as often as it says."""
    rng = random.Random(1)
    population = [True] * 1880 + [False] * 120
    held = 0
    for _ in range(400):
        sample = rng.sample(population, 200)
        held += lower_bound(sum(sample), 200) <= 0.94
    assert held >= 380


@pytest.fixture
def desk(tmp_path, tagger):
    """A desk on which every automatic caption is of the audit, about half of them all."""
    with make_desk(tmp_path, Steered(tagger, halved), audit=1.0) as made:
        yield made


def test_only_automatic_captions_are_audited_and_nothing_on_the_card_tells(desk, tagger):
    """With a share of one all automatic captions wait; their cards give a reason of the same form as others'."""
    rows = desk.store.rows("SELECT caption, automatic, audit FROM suggestions")
    assert all(bool(r["automatic"]) == bool(r["audit"]) for r in rows)
    number = next(r["caption"] for r in rows if r["audit"])
    card = show_card(desk.store, desk.facets, "Ada", number)
    keys = keys_of(desk.store, desk.facets, "Ada")
    why = card_page(desk, tagger, "Ada", card, keys).why
    assert len(why) == 1
    assert re.fullmatch(r"least sure of (event: [\w-]+, [\w-]+|crew_role: [\w-]+)", why[0])


def test_the_reasons_of_the_audit_have_the_form_of_others(desk):
    """No figure and no form tells a caption of the audit from one that is not sure of the same facet."""
    event, role = desk.facets
    unsure = below_threshold(event, ("launch", 0.63), ("landing", 0.2)), whole_uncertain(role, "pilot", 0.41)
    forms = {_FORM.sub(" x", told_reason(reason.words)) for reason in unsure}
    assert forms == {"least sure of event: x, x", "least sure of crew_role: x"}
    for row in desk.store.rows("SELECT caption FROM suggestions WHERE audit = 1"):
        card = show_card(desk.store, desk.facets, "Ada", row["caption"])
        assert {_FORM.sub(" x", why) for why in reasons_of(desk.store, desk.facets, card)} <= forms


def test_captions_of_the_audit_stand_among_those_that_need_review(tmp_path, tagger):
    """The ranks of audited captions are ranks of captions that need review, so that no place in the queue tells."""
    with make_desk(tmp_path, Steered(tagger, halved), audit=1.0) as desk:
        rows = desk.store.rows("SELECT p.rank, s.audit FROM places p JOIN suggestions s ON s.number = p.suggestion")
        review = {r["rank"] for r in rows if not r["audit"]}
        assert review
        assert {r["rank"] for r in rows if r["audit"]} <= review


def test_the_audit_counts_what_was_decided(desk):
    """Right and wrong tags are counted by facet, value, source and month, and what people chose to see besides is not."""
    wrong = set()

    def labels(card):
        given = {"event": "other", "crew_role": [], **card.shown}
        if card.caption.number % 4 == 0:
            wrong.add(card.caption.number)
            given["event"] = next(v for v in desk.facets[0].names if v != given["event"])
        return given

    decide_all(desk, "Ada", labels=labels)
    drawn = {r[0] for r in desk.store.rows("SELECT caption FROM suggestions WHERE audit = 1")}
    event = audit(desk.store, desk.facets, 0.95).facets[0]
    assert (event.whole.count, event.whole.right) == (len(drawn), len(drawn - wrong))
    assert event.whole.at_least == lower_bound(event.whole.right, event.whole.count)
    assert sum(p.count for p in event.by_value.values()) == event.whole.count
    assert [p.count for p in event.by_source.values()] == [len(drawn)]
    assert event.unseen.count == 0
    assert not event.drifted


def test_a_caption_that_was_decided_is_no_draw_for_a_later_version(desk, tagger):
    """A later version may have learned from decisions, so only captions that nobody decided are drawn for it."""
    done = decide_all(desk, "Ada", most=10)
    with desk.store.writing() as db:  # As if the source came again.
        db.execute("UPDATE places SET state = 'open'")
    desk.renew(Steered(tagger, version="2"))
    drawn = {r[0] for r in desk.store.rows("SELECT caption FROM suggestions WHERE audit = 1 AND model = '2'")}
    assert drawn
    assert not drawn & set(done)


def test_a_difference_that_nobody_settled_counts_as_wrong(tmp_path, tagger):
    """Until two readings are settled their caption is not among the right ones, so that the bound holds meanwhile."""
    with make_desk(tmp_path, Steered(tagger, halved), audit=1.0, blind=1.0) as desk:
        decide_all(desk, "Ada")
        before = audit(desk.store, desk.facets, 0.95).facets[0].whole
        tags = {r["caption"]: r["tags"] for r in desk.store.rows("SELECT caption, tags FROM suggestions")}
        drawn = {r[0] for r in desk.store.rows("SELECT caption FROM suggestions WHERE audit = 1")}
        card = show_card(desk.store, desk.facets, "Bo", min(drawn))
        given = next(v for v in desk.facets[0].names if f'"{v}"' not in tags[card.caption.number])
        desk.decider("Bo").decide(card.nonce, {"event": given, "crew_role": []})
        after = audit(desk.store, desk.facets, 0.95)
        assert after.facets[0].whole.right == before.right - 1
        assert after.facets[0].unseen.count == 1


def test_a_threshold_is_told_where_the_whole_misses_the_target(tmp_path, tagger):
    """Where wrong tags are the unsure ones, a threshold is found that keeps the target with its own exact bound."""
    records = [{"id": f"c{n}", "text": f"A crane number {n} lifts the capsule onto the ship."} for n in range(400)]
    with want_all(make_desk(tmp_path, tagger, records, audit=0.0)) as desk:
        with desk.store.writing() as db:
            db.execute("UPDATE suggestions SET audit = 1, automatic = 1, sure = 0.5 + caption * 0.001")

        def labels(card):
            event = card.suggestion.tags["event"]
            return {
                "crew_role": list(card.suggestion.tags["crew_role"]),
                "event": event if card.caption.number > 60 else next(v for v in desk.facets[0].names if v != event),
            }

        decide_all(desk, "Ada", labels=labels)
        event = audit(desk.store, desk.facets, 0.95).facets[0]
        assert event.whole.at_most < 0.95
        assert event.more == 0
        assert event.threshold.promise.at_least >= 0.95
        assert 0.5 < event.threshold.kept <= 0.87
        assert audit(desk.store, desk.facets, 0.8).facets[0].threshold is None


def test_status_as_data_is_plain(desk):
    """The status of a desk at work can be written as JSON and names its people."""
    decide_all(desk, "Ada", most=8)
    data = json.loads(json.dumps(status_of(desk.store, desk.facets, 0.95).as_data()))
    assert data["people"] == {"Ada": 8}
    assert data["progress"]["decided"] == 8 == len(list(outcomes(desk.store)))
