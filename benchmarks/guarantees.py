"""Which ways of choosing thresholds keep the bound they promise, and at what price; how wide rare roles' intervals are.

First captions are made up whose chance of being right is known: in missions that differ, with values that are right more or less
often at the same probability. Each way chooses its thresholds on a draw of them, and what share of a great many others
would be right is held against its target: a bound of 95 % may fail in 5 of 100 draws. Then the same ways choose on real
captions of all desks but one, each scored by a fit without its desk, and are counted on that one. Last, Venn-Abers intervals
(Vovk & Petej, "Venn-Abers predictors", 2014) of roles, learned by mission, on desks left out.

Ways: a threshold for each value where it is right at a rate (isotonic regression), the rate going down until a bound fails,
learned and tested on the same captions, as training did until version 4, or learned on half of the missions and tested on the
other; one threshold for all values, as training does; and Learn then Test by MAPIE with one threshold for all values, on
one caption a mission and on all captions as if each stood alone.

    python benchmarks/guarantees.py --captions STORE [--captions STORE ...] [--draws 100] [--scores FILE]
"""

import warnings
from dataclasses import replace

import numpy as np
from mapie.risk_control import BinaryClassificationController, precision
from promise import arguments, calibrated, differ, scores_of
from sklearn.isotonic import IsotonicRegression
from venn_abers import VennAbers

from mlcap.evaluation.intervals import lower_bound
from mlcap.evaluation.metrics import indicator
from mlcap.logistic import sigmoid
from mlcap.model.probability import link, picks
from mlcap.model.review import ReviewRule
from mlcap.training.cross_validation import group_folds
from mlcap.training.promises import tags_of
from mlcap.training.thresholds import FEWEST, LEAST_AUTOMATIC, THRESHOLDS, Demand, OutOfFoldTags, choose_rule
from mlcap.types import Facet, Value

#: Made-up captions of a draw are of so many missions, and those that tell the truth of so many.
MISSIONS, MANY = 400, 20_000
#: The probabilities that a threshold of a value may have.
GRID = np.round(np.arange(0.3, 1.0, 0.005), 3)
#: How much missions differ: the standard deviation of the log-odds of being right.
SPREADS = (0.6, 1.5)
#: A role with fewer real captions than this is rare.
RARE = 150
MADE_UP = Facet("event", False, "", tuple(Value(name, "") for name in "abcdef"))


def drawn(rng, missions, spread):
    """Tags of made-up captions, the mission of each, and its chance to be right."""
    mission = np.repeat(np.arange(missions), np.minimum(rng.geometric(0.1, missions), 60))
    value = rng.choice(6, len(mission), p=[0.3, 0.25, 0.2, 0.12, 0.08, 0.05])
    log_odds = rng.normal(2.2, 1.5, len(mission))
    top = np.clip(sigmoid(log_odds), 0.2, 0.9995)
    shift = np.asarray([0.3, -0.3, 0.1, -0.5, 0, 0.4])[value] + rng.normal(0, spread, missions)[mission]
    chance = sigmoid(log_odds + shift)
    p = np.tile(((1 - top) / 5)[:, None], (1, 6))
    p[np.arange(len(p)), value] = top
    right = rng.random(len(p)) < chance
    return OutOfFoldTags([MADE_UP], [p], [picks(MADE_UP, p, 0.5)], right, right), mission, chance


def demanded(tags, missions, target):
    """The bound alone, without shares of desks and of all tags."""
    everything = np.ones(len(missions), dtype=bool)
    return Demand(tags, everything, target, 0.0, sure=True, missions=missions.tolist())


def own_thresholds(tags, missions, target, teaching, testing):
    """A threshold for each value, at the least rate of being right before which no bound fails."""
    event = next(place for place, f in enumerate(tags.facets) if not f.multiple)
    facet, p = tags.facets[event], tags.probabilities[event]
    top, given = p.max(axis=1), p.argmax(axis=1)
    curves = []
    for place in range(len(facet.values)):
        mine = teaching & (given == place)
        mine = mine if mine.sum() >= FEWEST else teaching
        curves.append(IsotonicRegression(out_of_bounds="clip").fit(top[mine], tags.single_right[mine]).predict(GRID))
    demand, found = replace(demanded(tags, missions, target), counted=testing), None
    for rate in np.arange(0.995, 0.5, -0.005):
        least = tuple(float(GRID[(c >= rate).argmax()]) if (c >= rate).any() else 1.0 for c in curves)
        rule = ReviewRule({facet.name: least}, 0.0)
        automatic = tags.automatic(rule)
        if demand.testable(automatic):
            if not demand.sure_of(automatic):
                break
            found = rule
    return found


def on_the_same(tags, missions, target):
    """Thresholds of values, learned and tested on the same captions."""
    everything = np.ones(len(missions), dtype=bool)
    return own_thresholds(tags, missions, target, everything, everything)


def on_halves(tags, missions, target):
    """Thresholds of values, learned on one half of the missions and tested on the other."""
    half = group_folds(missions.tolist(), 2, 0) == 0
    return own_thresholds(tags, missions, target, half, ~half)


def one_for_all(tags, missions, target):
    """One threshold for all values, as a training chooses it."""
    return choose_rule([demanded(tags, missions, target)])


def by_mapie(tags, target, rows):
    """One threshold for all values, by Learn then Test on some captions as if each stood alone."""
    event = next(place for place, f in enumerate(tags.facets) if not f.multiple)
    top = tags.probabilities[event].max(axis=1)
    kept = rows if tags.odd is None else rows[~tags.odd[rows]]
    # As a training does, the path begins where enough are automatic; from the very top chance would end it at once.
    params = THRESHOLDS[::-1]
    params = params[(top[kept][:, None] >= params).mean(axis=0) >= LEAST_AUTOMATIC]
    controller = BinaryClassificationController(
        lambda p: np.column_stack([1 - p, p]),
        precision,
        target_level=target,
        confidence_level=0.95,
        list_predict_params=params,
        fwer_method="fixed_sequence",
    )
    try:
        controller.calibrate(top[kept], tags.single_right[kept].astype(int))
    except ValueError:
        return None
    least = controller.best_predict_param
    if least is None:
        return None
    return ReviewRule({f.name: (float(least),) * len(f.values) for f in tags.facets if not f.multiple}, 0.0)


def one_a_mission(tags, missions, target):
    """MAPIE on one caption of each mission, drawn at random."""
    order = np.random.default_rng(0).permutation(len(missions))
    return by_mapie(tags, target, np.sort(order[np.unique(missions[order], return_index=True)[1]]))


def all_alone(tags, missions, target):
    """MAPIE on all captions."""
    return by_mapie(tags, target, np.arange(len(missions)))


WAYS = {
    "a threshold a value": on_the_same,
    "the same, by halves": on_halves,
    "one threshold (training)": one_for_all,
    "MAPIE, one a mission": one_a_mission,
    "MAPIE, all captions": all_alone,
}


def made_up(draws, target, spread):
    """Print in how many draws of made-up captions each way's bound fails."""
    many, _, chance = drawn(np.random.default_rng(10**6), MANY, spread)
    print(
        f"made-up captions: {draws} draws of {MISSIONS} missions, spread {spread:g}, target {target:g} with 95 % confidence"
    )
    found = {name: [] for name in WAYS}
    for seed in range(draws):
        tags, missions, _ = drawn(np.random.default_rng(seed), MISSIONS, spread)
        for name, way in WAYS.items():
            rule = way(tags, missions, target)
            kept = many.automatic(rule) if rule else np.zeros(len(chance), dtype=bool)
            found[name].append((kept.mean(), chance[kept].mean() if kept.any() else 1.0))
    for name, rows in found.items():
        automatic, true = np.asarray(rows).T
        print(
            f"  {name:24s} bound fails in {(true < target).sum():3d} of {draws}, nothing automatic in"
            f" {(automatic == 0).sum():3d}; automatic {automatic.mean():.3f}, truly right {true.mean():.4f}",
            flush=True,
        )


def real(tags, desks, missions, target):
    """Print what each way leaves automatic on a desk, chosen on the others."""
    print(f"real captions of desks left out, thresholds chosen on the other desks, target {target:g}")
    for name, way in WAYS.items():
        kept = np.zeros(len(desks), dtype=bool)
        for desk in np.unique(desks):
            others = desks != desk
            rule = way(tags.among(others), missions[others], target)
            kept |= ~others & tags.automatic(rule) if rule else False
        right = tags.single_right[kept]
        worst = min(
            (tags.single_right[kept & (desks == d)].mean() for d in np.unique(desks[kept])), default=float("nan")
        )
        bound = lower_bound(missions[kept].tolist(), right) if kept.any() else float("nan")
        print(
            f"  {name:24s} automatic {kept.mean():.3f}: events right {right.mean():.3f} (at least {bound:.3f}),"
            f" worst desk {worst:.3f}",
            flush=True,
        )


def intervals(scores, mission, desk):
    """Print Venn-Abers intervals of roles, and whether their width tells more than the probability."""
    print("Venn-Abers intervals of roles on desks left out, learned on the other desks by mission; of those given")
    at = np.asarray([c.slices.get("desk", "") for c in scores.captions])
    real = np.asarray([c.source == "library" for c in scores.captions])
    for facet, learned, left in zip(scores.facets, mission, desk, strict=True):
        if not facet.multiple:
            continue
        gold = indicator(facet, [c.labels[facet.name] for c in scores.captions])
        for place, value in enumerate(facet.names):
            p, width = np.zeros(len(left)), np.zeros(len(left))
            own = link(facet, left)[:, place]
            for name in np.unique(scores.left.desks):
                teaching, mine = real & (at != name), scores.left.desks == name
                one = link(facet, learned)[teaching, place]
                tool = VennAbers()
                tool.fit(np.column_stack([1 - one, one]), gold[teaching, place].astype(int))
                both, bounds = tool.predict_proba(np.column_stack([1 - own[mine], own[mine]]))
                p[mine], width[mine] = both[:, 1], bounds[:, 1] - bounds[:, 0]
            given, right = own > 0.5, gold[scores.left.rows, place]
            count = int(gold[real, place].sum())
            narrow = given & (width <= np.median(width[given])) if given.any() else given
            sure = given & (own >= np.median(own[given])) if given.any() else given
            print(
                f"  {value:24s} labelled {count:5d}{' (rare)' if count < RARE else '       '} given {given.sum():4d}: right"
                f" {right[given].mean():.3f}, width {width[given].mean():.3f}; half with the narrowest"
                f" {right[narrow].mean():.3f}, half with the highest probability {right[sure].mean():.3f};"
                f" Brier {((own - right) ** 2).mean():.4f}, by Venn-Abers {((p - right) ** 2).mean():.4f}",
                flush=True,
            )


def main():
    """Print all three."""
    parser = arguments(__doc__)
    parser.add_argument("--draws", type=int, default=100)
    args = parser.parse_args()
    # MAPIE warns where no threshold holds, which is counted here.
    warnings.filterwarnings("ignore", module="mapie")
    warnings.filterwarnings("ignore", message="All-NaN slice", module="venn_abers")
    for spread in SPREADS:
        made_up(args.draws, args.target, spread)
    scores = scores_of(args)
    mission, desk = calibrated(scores)
    odd = differ(scores.facets, scores.left.scores, scores.left.without_background)
    tags = tags_of(scores.facets, scores.picked, [link(f, s) for f, s in zip(scores.facets, desk, strict=True)], odd)
    real(tags, scores.left.desks, scores.missions, args.target)
    intervals(scores, mission, desk)


if __name__ == "__main__":
    main()
