"""An explanation as plain data for JSON; offsets count characters of the caption as given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from mlcap.explanation.contributions import Contribution
from mlcap.explanation.people import plain_sentences
from mlcap.explanation.types import Explanation, FacetExplanation, ValueExplanation


def as_data(explanation: Explanation, most: int = 0) -> dict[str, Any]:
    """Give an explanation as plain data.

    Args:
        explanation: of one caption.
        most: how many contributions a value lists, 0 for all; the sum of the others is under `rest`,
            so that intercept, pushes and rest add up to the score either way.
    """
    text = explanation.text
    mentions = [{**asdict(m), "people": list(m.people), "text": text[m.start : m.end]} for m in explanation.mentions]
    return {
        "text": text,
        "plain": plain_sentences(explanation),
        "people": [{**p.as_data(), "shown": p.shown} for p in explanation.people if explanation.tagged.is_read],
        "zones": [asdict(z) for z in explanation.zones],
        "codes": [{**asdict(c), "text": text[c.start : c.end]} for c in explanation.codes],
        "mentions": mentions,
        # A caption in a language that is not read is given nothing that could be explained.
        "facets": {n: _facet(f, most) for n, f in explanation.facets.items() if explanation.tagged.is_read},
        "tags": explanation.tagged.as_record(),
    }


def _facet(facet: FacetExplanation, most: int) -> dict[str, Any]:
    return {
        "multiple": facet.multiple,
        "link": "sigmoid" if facet.multiple else "softmax",
        "values": {name: _value(value, most) for name, value in facet.values.items()},
    }


def _value(value: ValueExplanation, most: int) -> dict[str, Any]:
    shown = value.contributions[: most or None]
    left: Sequence[Contribution] = value.contributions[len(shown) :]
    return {
        "given": value.given,
        "score": value.score,
        "intercept": value.intercept,
        "contributions": [
            {
                "block": c.block,
                "feature": c.feature,
                "amount": c.amount,
                "weight": c.weight,
                "push": c.push,
                "spans": [list(s) for s in c.spans],
            }
            for c in shown
        ],
        "rest": {"contributions": len(left), "push": float(sum(c.push for c in left))},
        "slope": value.slope,
        "offset": value.offset,
        "calibrated": value.calibrated,
        "probability": value.probability,
        "threshold": value.threshold,
    }
