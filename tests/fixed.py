"""Labels and tags set by hand, so that what is printed does not change with the model."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from mlcap.model import reasons
from mlcap.types import Facet, LabelledCaption, TaggedCaption, TaggedFacet, Value

GOLDEN = Path(__file__).parent / "golden"

SCENE = Facet("scene", False, "", tuple(Value(n, "") for n in ("dawn", "noon", "dusk", "night")))
CREW = Facet("crew", True, "", tuple(Value(n, "") for n in ("cook", "helm", "look-out")))
FACETS = (SCENE, CREW)

#: (scene labelled, crew labelled, scene given, its probability, crew given, review reasons); night has no example.
_ROWS = [
    ("dawn", ("cook",), "dawn", 0.97, ("cook",), ()),
    ("dawn", (), "dawn", 0.93, (), ()),
    ("dawn", ("helm",), "dusk", 0.55, ("cook",), (reasons.below_threshold(SCENE, ("dusk", 0.55), ("dawn", 0.44)),)),
    ("dawn", ("helm",), "dusk", 0.91, ("cook",), ()),
    ("noon", (), "noon", 0.99, (), ()),
    ("noon", ("cook", "helm"), "noon", 0.81, ("helm",), ()),
    ("noon", (), "night", 0.42, (), (reasons.unlike_training(0.1),)),
    ("dusk", ("helm",), "dusk", 0.88, ("helm",), ()),
    ("dusk", ("helm",), "dusk", 0.74, ("helm", "cook"), (reasons.whole_uncertain(CREW, "cook", 0.52),)),
]


def tagged_caption(tags, confidence, reasons=(), model="1"):
    """A tagged caption.

    Args:
        tags: facet -> value, or the values of a multi-valued one.
        confidence: facet -> probability of the value, or value -> probability.
    """
    facets = {}
    for name, value in tags.items():
        multiple = not isinstance(value, str)
        sure = confidence[name]
        facets[name] = TaggedFacet(
            multiple, tuple(value) if multiple else (value,), dict(sure) if isinstance(sure, dict) else {value: sure}
        )
    return TaggedCaption(facets, tuple(reasons), model)


def retold(tagged, tags):
    """The same with other tags."""
    facets = {}
    for name, value in tags.items():
        facets[name] = replace(tagged.facets[name], values=(value,) if isinstance(value, str) else tuple(value))
    return replace(tagged, facets=facets)


def fixed_captions(times=1):
    """The labelled captions, each row as often as asked, in a mission of its own."""
    rows = [row for row in _ROWS for _ in range(times)]
    return [
        LabelledCaption(str(i), f"Caption {i}.", {"scene": r[0], "crew": r[1]}, f"m-{i}", "own")
        for i, r in enumerate(rows)
    ]


def fixed_tags(times=1):
    """Their tags."""
    out = []
    for _, _, scene, p, crew, why in (row for row in _ROWS for _ in range(times)):
        sure = {name: 0.9 if name in crew else 0.05 for name in CREW.names}
        ordered = tuple(n for n in CREW.names if n in crew)
        scenes = {name: p if name == scene else (1 - p) / 3 for name in SCENE.names}
        out.append(tagged_caption({"scene": scene, "crew": ordered}, {"scene": scenes, "crew": sure}, why))
    return out


def same_as_golden(name, text):
    """Compare with a golden file; MLCAP_GOLDEN=1 writes it anew."""
    path = GOLDEN / name
    if os.environ.get("MLCAP_GOLDEN"):
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8")
