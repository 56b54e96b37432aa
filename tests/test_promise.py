"""What automatic tags promise on desks that training has not seen."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from conftest import few_records, mlcap, write_jsonl

import mlcap as library
from mlcap.cli.render import kept_lines
from mlcap.errors import InputError
from mlcap.evaluation.intervals import lower_bound
from mlcap.logistic import softmax
from mlcap.model.manifest import caution_of
from mlcap.model.probability import picks, told
from mlcap.model.promise import Kept, Promise, rule_for
from mlcap.model.review import ReviewRule
from mlcap.model.tagging import Tagger
from mlcap.training.calibrate import fit_temperature
from mlcap.training.desks import desks_of
from mlcap.training.parameters import TrainingParameters
from mlcap.training.promises import LeftOutTags, choose_review
from mlcap.training.thresholds import Demand, OutOfFoldTags, choose_rule
from mlcap.training.widening import effective_groups, review_share, widened
from mlcap.types import Facet, LabelledCaption, Value

SKY = Facet("sky", False, "", (Value("day", ""), Value("night", "")))


def tags(top, right):
    """Tags of the value `day` with these probabilities."""
    p = np.column_stack([top, 1 - top])
    return OutOfFoldTags([SKY], [p], [picks(SKY, p, 0.5)], right, right)


def test_a_lower_bound_is_wider_for_captions_of_one_mission():
    """Captions that are right or wrong together say less than as many that are not."""
    right = np.repeat([True] * 9 + [False], 20)
    apart = lower_bound([str(i) for i in range(200)], right)
    together = lower_bound([str(i // 20) for i in range(200)], right)
    assert together < apart < 0.9
    assert lower_bound(["a", "b"] * 50, np.ones(100, dtype=bool)) < 1


def test_a_lower_bound_covers():
    """In 19 of 20 draws, or more, the true share is not below it."""
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(400):
        chances = rng.beta(18, 2, 60)  # Missions differ; their mean is 0.9.
        right = rng.random((60, 10)) < chances[:, None]
        held += lower_bound(np.repeat(np.arange(60), 10).astype(str).tolist(), right.ravel()) <= 0.9
    assert held >= 0.92 * 400


def test_the_worst_desk_counts():
    """Thresholds rise until no group is too often wrong, though all together would do with lower ones."""
    rng = np.random.default_rng(0)
    top = rng.uniform(0.5, 1, 3000)
    weak = np.arange(3000) % 5 == 0
    right = rng.random(3000) < np.where(weak, top - 0.12 * (top < 0.9), np.minimum(1, top + 0.1))
    one = tags(top, right)
    groups = np.where(weak, "weak", "strong")
    everything = np.ones(3000, dtype=bool)
    loose = choose_rule([Demand(one, everything, 0.9, 0.0)])
    strict = choose_rule([Demand(one, everything, 0.9, 0.0, groups=groups, group_single=0.9)])
    assert strict.single["sky"][0] > loose.single["sky"][0]
    kept = one.automatic(strict)
    assert right[kept & weak].mean() >= 0.9


def drawn(seed, missions):
    """Tags of many values in missions that differ, with the number of each caption's mission and its chance to be right."""
    rng = np.random.default_rng(seed)
    mission = np.repeat(np.arange(missions), np.minimum(rng.geometric(0.1, missions), 60))
    value, log_odds = rng.integers(0, 6, len(mission)), rng.normal(2.2, 1.5, len(mission))
    top = np.clip(1 / (1 + np.exp(-log_odds)), 0.2, 0.9995)
    shift = np.asarray([0.3, -0.3, 0.1, -0.5, 0, 0.4])[value] + rng.normal(0, 0.6, missions)[mission]
    chance = 1 / (1 + np.exp(-log_odds - shift))
    p = np.tile(((1 - top) / 5)[:, None], (1, 6))
    p[np.arange(len(p)), value] = top
    right = rng.random(len(mission)) < chance
    facet = Facet("sky", False, "", tuple(Value(name, "") for name in "abcdef"))
    return OutOfFoldTags([facet], [p], [picks(facet, p, 0.5)], right, right), mission, chance


def test_a_bound_holds_where_chance_alone_tells_captions_apart():
    """In 19 of 20 draws what is truly right among captions that stay automatic is not below the target, and many stay."""
    many, _, chance = drawn(99, 4000)
    broken, automatic = 0, []
    for seed in range(20):
        one, mission, _ = drawn(seed, 300)
        everything = np.ones(len(mission), dtype=bool)
        rule = choose_rule([Demand(one, everything, 0.95, 0.0, sure=True, missions=mission.tolist())])
        kept = many.automatic(rule)
        broken += kept.any() and chance[kept].mean() < 0.95
        automatic.append(kept.mean())
    assert broken <= 1
    assert np.mean(automatic) > 0.3


def test_a_bound_that_failed_ends_the_path():
    """Of what comes after it nothing is taken, though by chance its own bound would hold again."""
    top = np.repeat([0.97, 0.9, 0.8], 300)
    # All right above 0.95, too few above 0.85, and enough again of all.
    right = np.r_[np.ones(300), np.arange(300) % 5 > 0, np.ones(300)].astype(bool)
    one, everything = tags(top, right), np.ones(900, dtype=bool)
    demand = Demand(one, everything, 0.91, 0.0, sure=True, missions=list(range(900)))
    assert lower_bound(list(range(900)), right) >= 0.91
    assert one.automatic(choose_rule([demand])).sum() == 300


def test_what_is_odd_is_never_automatic():
    """A caption that goes to review for another reason counts for no threshold."""
    odd = np.arange(10) < 3
    one = OutOfFoldTags([SKY], [np.tile([0.99, 0.01], (10, 1))], [np.tile([True, False], (10, 1))], odd, odd, odd)
    assert one.automatic(ReviewRule({"sky": (0.5, 0.5)}, 0.0)).sum() == 7


def test_desks_are_kept_apart():
    """Of each desk and of all together it is said how many are automatic and how right they are."""
    left = LeftOutTags(
        tags(np.asarray([0.9, 0.9, 0.6, 0.9]), np.asarray([True, False, True, True])),
        np.asarray(["x", "x", "y", "y"]),
        np.arange(4),
    )
    together, desks = left.kept(ReviewRule({"sky": (0.8, 0.8)}, 0.0))
    assert (together.captions, together.automatic) == (4, 3)
    assert (desks["x"].single_right, desks["y"].single_right) == (0.5, 1.0)


def test_a_desk_needs_captions_and_company():
    """Composed captions make no desk, nor do few; one desk alone cannot be left out."""

    def some(desk, count, source="library"):
        return [LabelledCaption(f"{desk}{i}", "x", {}, "m", source, {"desk": desk}) for i in range(count)]

    assert desks_of([*some("a", 40), *some("b", 41)]) == ["a", "b"]
    assert desks_of([*some("a", 40), *some("b", 39), *some("c", 99, "composed")]) == []


def _promise(target):
    return Promise(target, ReviewRule({"sky": (target, target)}, 0.0), Kept(9, 9, 1.0, 1.0, target), {})


def test_evaluation_states_the_promise_of_the_thresholds_that_it_applies(small, tmp_path):
    """Of the version's own or of the target's, by desk; one that promises nothing says so, in text and JSON."""
    tagger = library.load()
    lines = kept_lines(tagger.promise, "")
    assert lines[0].startswith("promise: with 95 % confidence at least 0.95 of the automatic captions")
    assert [line.split()[0] for line in lines[3:]] == ["all", "image-of-the-day", "jsc", "ksc", "marshall", "other"]
    assert Tagger(tagger.artifact, tagger.version, target=0.9).promise.target == 0.9
    gold = write_jsonl(tmp_path / "gold.jsonl", few_records(2))
    done = mlcap("evaluate", gold, "--models", small / "models", cwd=tmp_path, check=0)
    assert "promise: nothing for desks that training has not seen: trained on few captions" in done.out
    done = mlcap("evaluate", gold, "--models", small / "models", "--json", cwd=tmp_path, check=0)
    assert json.loads(done.out)["promise"] is None


def test_a_target_takes_the_next_higher_promise():
    """What is asked for is kept or bettered; what no version keeps is refused, with those that it does."""
    promises = [_promise(0.9), _promise(0.95)]
    assert rule_for(promises, 0.92) is promises[1].rule
    with pytest.raises(InputError, match=r"it keeps 0.9, 0.95"):
        rule_for(promises, 0.97)
    with pytest.raises(InputError, match="too few captions"):
        rule_for([], 0.5)


def test_a_higher_target_leaves_fewer_captions_automatic(tmp_path):
    """The shipped version promises several, its own among them, and tells what holds on each desk."""
    artifact = library.load().artifact
    promises = artifact.manifest.promises
    own = next(p for p in promises if p.rule == artifact.manifest.review)
    assert own.together.lower >= own.target == 0.95
    assert min(k.single_right for k in own.desks.values()) >= 0.93
    texts = ["Pilot Jan Roe tries his seat liner in the capsule.", "Technicians look at a panel.", "A city at night."]
    automatic = [sum(not t.needs_review for t in Tagger(artifact, "x", target=p.target).tag(texts)) for p in promises]
    assert automatic == sorted(automatic, reverse=True)
    refused = mlcap("tag", "--text", "A crane.", "--target", "0.999", cwd=tmp_path)
    assert refused.returncode == 2
    assert "it keeps 0.9" in refused.err


def archive(times):
    """Sixty labelled captions of six missions, and the same again in so many times the missions, with their tags out of fold."""
    top = np.linspace(0.51, 0.99, 60)
    right = top > 0.7
    captions = [LabelledCaption(f"{i}-{n}", "x", {}, f"m{i % 6}-{n}", "own") for n in range(times) for i in range(60)]
    return captions, tags(np.tile(top, times), np.tile(right, times))


def test_few_missions_widen_review():
    """The same labels in more missions leave more automatic, up to what the usual targets do; few never send all to review."""
    parameters, shares = TrainingParameters(), {}
    for times in (1, 5, 40, 300):
        captions, one = archive(times)
        rule, promises = choose_review(one, captions, None, parameters)
        everything = np.ones(len(captions), dtype=bool)
        usual = choose_rule([Demand(one, everything, parameters.event_target, parameters.all_target)])
        assert promises == ()
        assert not (one.automatic(rule) & ~one.automatic(usual)).any()
        shares[times] = one.automatic(rule).sum() / one.automatic(usual).sum()
        assert abs(shares[times] - (1 - review_share(6 * times))) < 1 / 30
    assert 0.5 <= shares[1] < shares[5] < shares[40] < shares[300] <= 1
    assert shares[300] > 0.95
    alone, one = archive(1)
    alone = [LabelledCaption(c.id, "x", {}, "m", "own") for c in alone]
    assert one.automatic(choose_review(one, alone, None, parameters)[0]).sum() > 0


def test_a_large_mission_makes_no_many():
    """Captions of one mission beside a few others say little more than that one."""
    assert effective_groups([f"m{i % 10}" for i in range(100)]) == 10
    assert effective_groups(["giant"] * 91 + [f"m{i}" for i in range(9)]) < 1.3
    assert review_share(1) == review_share(4) == 0.5


def test_widening_keeps_what_is_equally_certain_and_raises_no_closed_threshold():
    """Captions of the same probability stay or go together; a value that is never automatic stays so."""
    one = tags(np.full(40, 0.9), np.ones(40, dtype=bool))
    rule = ReviewRule({"sky": (0.8, 1.0)}, 0.2)
    wide = widened(rule, one, np.ones(40, dtype=bool), list(range(4)) * 10)
    assert one.automatic(wide).all()
    assert wide.single["sky"] == (0.9, 1.0)
    assert 0.2 < wide.whole <= 0.9
    nothing = ReviewRule({"sky": (1.0, 1.0)}, 1.0)
    assert widened(nothing, one, np.ones(40, dtype=bool), ["m"] * 40) is nothing


def test_no_threshold_lies_above_what_can_be_told():
    """However sure a version from few captions is, some of its captions stay automatic when their probabilities are told."""
    top = 1 - np.geomspace(1e-9, 0.02, 60)
    one = tags(top, np.ones(60, dtype=bool))
    rule = choose_review(one, archive(1)[0], None, TrainingParameters())[0]
    told_tags = tags(told(one.probabilities[0])[:, 0], np.ones(60, dtype=bool))
    assert 0.5 <= told_tags.automatic(rule).mean() <= 1


def test_few_right_captions_make_no_certainty():
    """Of captions that are all right by far, a fit on few is less sure than one on many."""
    scores = np.tile([[9.0, 0.0, 0.0]], (20, 1))
    sure = [
        softmax(np.tile(scores, (n, 1)) / fit_temperature(np.tile(scores, (n, 1)), np.zeros(20 * n, dtype=int)))[0, 0]
        for n in (1, 10, 1000)
    ]
    assert sure[0] < 0.93 < sure[1] < 0.995 < sure[2]


def test_versions_from_few_captions_are_told_from_others():
    """By captions and by missions; what desks left out have shown is a promise, and older versions are known by captions."""
    made = library.load().artifact.manifest.provenance.training
    assert library.load().artifact.manifest.caution == ""
    few = replace(made, captions={"own": 900, "composed": 99}, missions=400)
    assert "few captions (999 of 400 missions)" in caution_of(few, ())
    assert "few captions (5000 of 99 missions)" in caution_of(replace(few, captions={"own": 5000}, missions=99), ())
    assert "few captions (999): " in caution_of(replace(few, missions=None), ())
    assert caution_of(replace(few, captions={"own": 1000}, missions=100), ()) == ""
    assert caution_of(few, [_promise(made.parameters["desk_target"])]) == ""
    assert caution_of(few, [_promise(0.9)])
