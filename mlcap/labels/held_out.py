"""Held-out missions: groups of captions on which no version ever trains."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path

from mlcap.bounded_toml import read_toml
from mlcap.errors import LabelError
from mlcap.types import LabelledCaption

#: The share of the captions that is held out where the labels do not say which.
SHARE = 0.1
#: A group larger than this share of all captions stays in training: measuring on it would measure one flight.
GIANT = 0.03


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
    not yet among them, where at least three groups hold it.

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
    return frozenset(chosen)
