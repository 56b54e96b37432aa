"""Computing a report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlcap.evaluation.curve import CurvePoint
from mlcap.evaluation.evaluate import Evaluation
from mlcap.evaluation.metrics import facet_metrics
from mlcap.evaluation.outcomes import tags_right, whole_probabilities
from mlcap.explanation import explain, highlights
from mlcap.explanation.segments import segments
from mlcap.labels.digest import text_digest
from mlcap.model.tagging import Tagger
from mlcap.report.cells import matrix, value_tables
from mlcap.report.doubts import across_the_split, sure_doubts
from mlcap.report.types import CellCaptions, Report, SliceRow, ThresholdPoint
from mlcap.types import Facet, FacetValue, LabelledCaption, TaggedCaption

#: As many captions of a cell are carried by the page; it says how many more there are.
PER_CELL = 20
#: As many doubted labels and near-duplicates are listed on the page; the files have all.
PER_LIST = 50
#: Words from which a caption counts as of middle length, and as long.
_LENGTHS = (25, 80)


@dataclass(frozen=True)
class Measured:
    """What was measured: the file's name, its captions, their tags in the same order, and the metrics."""

    gold: str
    captions: Sequence[LabelledCaption]
    tagged: Sequence[TaggedCaption]
    evaluation: Evaluation


def threshold_points(
    facets: Sequence[Facet], captions: Sequence[LabelledCaption], tagged: Sequence[TaggedCaption]
) -> list[ThresholdPoint]:
    """Count what would need no review, and how right that is, for thresholds from 0 to 1 by hundredths."""
    whole = whole_probabilities(facets, tagged)
    single = tags_right([f for f in facets if not f.multiple], captions, tagged)
    every = tags_right(facets, captions, tagged)
    out = []
    for step in range(101):
        kept = whole >= step / 100
        count = int(kept.sum())
        right = [float(x[kept].mean()) if count else None for x in (single, every)]
        out.append(ThresholdPoint(step / 100, count, right[0], right[1]))
    return out


def _length(text: str) -> str:
    words = len(text.split())
    if words < _LENGTHS[0]:
        return f"under {_LENGTHS[0]} words"
    return f"{_LENGTHS[0]} to {_LENGTHS[1]} words" if words <= _LENGTHS[1] else f"over {_LENGTHS[1]} words"


def slice_rows(
    facets: Sequence[Facet], captions: Sequence[LabelledCaption], tagged: Sequence[TaggedCaption]
) -> list[SliceRow]:
    """Metrics of the captions of each value of each field that slices the gold captions, and of each length."""
    groups: dict[tuple[str, str], list[int]] = {}
    sources = {c.source for c in captions}
    for i, c in enumerate(captions):
        fields = {**c.slices, **({"source": c.source} if len(sources) > 1 else {}), "length": _length(c.text)}
        for name, value in fields.items():
            groups.setdefault((name, value), []).append(i)
    order = list(dict.fromkeys(name for name, _ in groups))
    out = []
    for (name, value), rows in sorted(groups.items(), key=lambda g: (order.index(g[0][0]), g[0][1])):
        metrics: dict[str, float | None] = {}
        for facet in facets:
            picked = [i for i in rows if facet.name in captions[i].labels]
            gold: list[FacetValue] = [captions[i].labels[facet.name] for i in picked]
            given = [tagged[i].tags[facet.name] for i in picked]
            metrics[facet.name] = facet_metrics(facet, gold, given).micro_f1 if picked else None
        automatic = sum(not tagged[i].needs_review for i in rows) / len(rows)
        out.append(SliceRow(name, value, len(rows), metrics, automatic))
    return out


def caption_data(tagger: Tagger, caption: LabelledCaption, cells: Iterable[CellCaptions]) -> dict[str, Any]:
    """What the page shows of one caption: text, zones, tags against labels, and the evidence that the cells ask for.

    Returns:
        Plain data; `marks` has for each evidence the (start, end, level) of words that speak for or against.
    """
    explanation = explain(tagger, caption.text, caption.catalogue)
    marks = {}
    for cell in cells:
        if cell.mark not in marks:
            parts = segments(
                caption.text, explanation.zones, highlights(explanation, cell.facet, cell.value, cell.against)
            )
            marks[cell.mark] = [[p.start, p.end, p.level] for p in parts if p.level]
    tags = explanation.tagged
    return {
        "id": caption.id,
        "text": caption.text,
        "zones": [[z.start, z.end, z.kind] for z in explanation.zones],
        "label": {k: v if isinstance(v, str) else list(v) for k, v in caption.labels.items()},
        "tags": {k: v if isinstance(v, str) else list(v) for k, v in tags.tags.items()},
        "confidence": {
            f.name: {v.value: round(v.probability, 2) for v in f.ranked if v.given or v.probability >= 0.05}
            for f in explanation.facets.values()
        },
        "review": list(tags.review_reasons),
        "marks": marks,
    }


def make_report(
    tagger: Tagger,
    measured: Measured,
    training: Sequence[LabelledCaption] | None,
    curve: Sequence[CurvePoint] | None,
    progress: Callable[[Sequence[int]], Iterable[int]] = iter,
    out_of_fold: Mapping[int, TaggedCaption] | None = None,
    most: int = PER_CELL,
    desk: str = "",
) -> Report:
    """Compute everything on the page.

    Args:
        tagger: the measured model version.
        measured: gold captions, tags and metrics.
        training: what the version was trained on, as far as it is at hand; None where nothing is.
        curve: the learning curve, None where none is given.
        progress: wraps the captions that are explained one by one.
        out_of_fold: from `read_out_of_fold`, to doubt labels that the version learned from.
        most: how many captions of each cell the page carries.
        desk: the address of a review desk, to which cells lead; "" for none.
    """
    facets, captions, tagged = tagger.facets, measured.captions, measured.tagged
    labelled = [f for f in facets if f.name in measured.evaluation.facets]
    digests = {text_digest(c.text) for c in training or ()}
    trained_on = frozenset(i for i, c in enumerate(captions) if digests and text_digest(c.text) in digests)
    report = Report(
        gold=measured.gold,
        model=tagger.version,
        facets=tuple(facets),
        evaluation=measured.evaluation,
        matrices=[matrix(f, captions, tagged, most) for f in labelled if not f.multiple],
        tables=[value_tables(f, captions, tagged, most) for f in labelled if f.multiple],
        thresholds=threshold_points(facets, captions, tagged),
        start=min(max(round(tagger.artifact.manifest.review.whole, 2), 0.0), 1.0),
        slices=slice_rows(labelled, captions, tagged),
        doubts=sure_doubts(facets, captions, tagged, trained_on, out_of_fold),
        trained_on=trained_on,
        out_of_fold=frozenset(out_of_fold or ()),
        compared=None if training is None else len(training),
        duplicates=across_the_split(captions, training or ()),
        curve=curve,
        records=[_record(c, t) for c, t in zip(captions, tagged, strict=True)],
        desk=desk,
    )
    wanted: dict[int, list[CellCaptions]] = {}
    for cell in report.cells():
        for index in cell.captions:
            wanted.setdefault(index, []).append(cell)
    shown = {i: caption_data(tagger, captions[i], wanted[i]) for i in progress(sorted(wanted))}
    return Report(**{**vars(report), "captions": shown})


def _record(caption: LabelledCaption, tags: TaggedCaption) -> dict[str, Any]:
    return {"id": caption.id, "text": caption.text, "labels": dict(caption.labels), "tags": tags.as_record()}
