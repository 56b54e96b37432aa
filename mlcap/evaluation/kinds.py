"""How right a version is on kinds of caption: captions composed for measuring, each of a way in which captions are misread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mlcap.types import LabelledCaption, TaggedCaption

#: The slices of a measured caption: its kind, and the facet that the kind asks.
KIND, ASKS = "kind", "asks"


@dataclass(frozen=True)
class KindMetrics:
    """What came out on some of the measured captions.

    Attributes:
        captions: how many they are.
        right: facet -> the share of them whose whole value is right, 0 to 1.
        automatic: the share that needs no review.
        asked: the share right in the facet that their kind asks.
        automatic_asked: the same of those that need no review; None where all need it.
    """

    captions: int
    right: Mapping[str, float]
    automatic: float
    asked: float
    automatic_asked: float | None


def measure_kinds(captions: Sequence[LabelledCaption], tagged: Sequence[TaggedCaption]) -> dict[str, KindMetrics]:
    """Measure each kind, in the order of the captions, and under "" all together.

    Args:
        captions: with the slices `KIND` and `ASKS`.
        tagged: their tags, in the same order.

    Raises:
        ValueError: there is no caption, or the two differ in length.
    """
    if not captions or len(captions) != len(tagged):
        raise ValueError("captions and tags must be equally many, and at least one")
    pairs = list(zip(captions, tagged, strict=True))
    kinds = dict.fromkeys(c.slices[KIND] for c in captions)
    return {kind: _measure([p for p in pairs if kind in ("", p[0].slices[KIND])]) for kind in (*kinds, "")}


def _measure(pairs: Sequence[tuple[LabelledCaption, TaggedCaption]]) -> KindMetrics:
    right = {name: [t.tags[name] == c.labels[name] for c, t in pairs] for name in pairs[0][0].labels}
    asked = [right[c.slices[ASKS]][place] for place, (c, _) in enumerate(pairs)]
    automatic = [not t.needs_review for _, t in pairs]
    known = [one for one, kept in zip(asked, automatic, strict=True) if kept]
    return KindMetrics(
        len(pairs),
        {name: _share(found) for name, found in right.items()},
        _share(automatic),
        _share(asked),
        _share(known) if known else None,
    )


def _share(found: Sequence[bool]) -> float:
    return sum(found) / len(found)


def kinds_table(found: Mapping[str, KindMetrics]) -> list[str]:
    """The metrics as a Markdown table, a line a kind and a last one for all."""
    facets = list(next(iter(found.values())).right)
    lines = [
        "| kind | captions | "
        + " | ".join(f"{name} right" for name in facets)
        + " | what the kind asks | automatic | of these what the kind asks |",
        "|" + "--|" * (len(facets) + 5),
    ]
    for kind, one in found.items():
        shares = [*one.right.values(), one.asked, one.automatic, one.automatic_asked]
        cells = ["-" if share is None else f"{share:.3f}" for share in shares]
        lines.append(f"| {kind or 'all'} | {one.captions} | " + " | ".join(cells) + " |")
    return lines
