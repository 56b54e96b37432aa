"""Held-out missions: groups of captions on which no version ever trains."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from mlcap.bounded_toml import read_toml
from mlcap.errors import LabelError
from mlcap.types import LabelledCaption

#: The share of the captions that is held out where the labels do not say which.
SHARE = 0.1
#: A group larger than this share of all captions stays in training: measuring on it would measure one flight.
GIANT = 0.03
#: One mission says nothing of how others would do, so no fewer than this are drawn where there are enough captions:
FEWEST = 2
#: those that are added for it leave at least three quarters of the captions to train on, and as many missions as the
#: usual cross-validation has folds.
_MOST_FOR_FEWEST = 0.25
FEWEST_MISSIONS_LEFT = 5
#: Fewer captions than this cannot be cross-validated to any purpose.
FEWEST_TO_TRAIN = 20


def read_held_out(path: Path) -> frozenset[str]:
    """Read `held-out.toml`: `missions = [...]`.

    Raises:
        LabelError: the file is malformed.
    """
    try:
        data = read_toml(path)
    except OSError as error:
        raise LabelError(f"{path}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise LabelError(f"{path}: {error}") from error
    missions = data.get("missions")
    if not isinstance(missions, list) or not all(isinstance(m, str) for m in missions):
        raise LabelError(f'{path}: must hold missions = ["..."], a list of mission groups')
    return frozenset(missions)


def largest_drawn(count: int) -> int:
    """How many captions a mission may hold at most to be held out by lot, of `count` captions."""
    return max(2, int(GIANT * count))


def draw_held_out(
    captions: Sequence[LabelledCaption], share: float = SHARE, before: Collection[str] = ()
) -> frozenset[str]:
    """Draw held-out missions by group, the same ones for the same groups.

    Groups are taken in the order of a hash of their name; giant groups stay in
    training. Then one group is added for each value of a single-valued facet that is
    not yet among them, where at least three groups hold it; and the smallest, giant or
    not, where fewer than two are drawn and a quarter of the captions is enough for that.

    Args:
        share: of the captions, about.
        before: groups that were drawn from fewer captions; they stay, and others are drawn only for what lacks.
    """
    sizes = Counter(c.mission for c in captions)
    order = sorted(
        (m for m in sizes if sizes[m] <= largest_drawn(len(captions)) and m not in before),
        key=lambda m: hashlib.sha256(m.encode()).hexdigest(),
    )
    drawn = [m for m in sizes if m in before]
    count = sum(sizes[m] for m in drawn)
    for mission in order:
        if count >= share * len(captions):
            break
        drawn.append(mission)
        count += sizes[mission]
    chosen = set(drawn)
    holders: dict[tuple[str, str], list[str]] = {}
    for caption in captions:
        for name, value in caption.labels.items():
            if isinstance(value, str):
                missions = holders.setdefault((name, value), [])
                if caption.mission not in missions:
                    missions.append(caption.mission)
    for missions in holders.values():
        if len(missions) >= 3 and not chosen & set(missions):
            chosen.add(min(missions, key=lambda m: (sizes[m], m)))
    return frozenset(chosen | _lacking(sizes, chosen))


def _lacking(sizes: Mapping[str, int], chosen: Collection[str]) -> set[str]:
    """The missions that lack to the fewest, the smallest first; none where they would take too much from training.

    Args:
        sizes: mission -> captions.
    """
    others = sorted((m for m in sizes if m not in chosen), key=lambda m: (sizes[m], m))
    added = others[: max(0, FEWEST - len(chosen))]
    total, out = sum(sizes.values()), sum(sizes[m] for m in (*chosen, *added))
    enough = len(others) - len(added) >= FEWEST_MISSIONS_LEFT and total - out >= FEWEST_TO_TRAIN
    return set(added) if enough and out <= _MOST_FOR_FEWEST * total else set()
