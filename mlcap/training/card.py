"""The model card of a version (after Mitchell et al., "Model cards for model reporting", 2019)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from mlcap.evaluation.kinds import KindMetrics, kinds_table
from mlcap.evaluation.metrics import average_f1
from mlcap.labels.agreement import Agreement
from mlcap.model.manifest import Provenance, TrainingRecord
from mlcap.model.promise import Promise
from mlcap.records.finder import listed
from mlcap.text import counted, one_line
from mlcap.training.card_front import front_lines
from mlcap.training.card_promise import number, promise_lines
from mlcap.types import Facet


def write_card(
    facets: Sequence[Facet],
    made: Provenance,
    held_out: Mapping[str, Any] | None,
    promises: Sequence[Promise] = (),
    notes: str = "",
    agreements: Mapping[str, Sequence[Agreement]] = MappingProxyType({}),
    kinds: Mapping[str, Mapping[str, KindMetrics]] = MappingProxyType({}),
) -> str:
    """Write the card.

    Args:
        made: how the version came about, as its manifest has it.
        held_out: metrics on the held-out missions, None where none were at hand.
        promises: what automatic tags keep on desks that were left out.
        notes: Markdown of the labels folder, taken over as it stands.
        agreements: what was labelled -> how far its two blind annotations agree.
        kinds: what was read (the text alone, or the record as well) -> metrics by kind of caption.
    """
    library = "library" in made.training.captions
    lines = [
        *front_lines(facets, made.cross_validation, _is_spaceflight(made.training)),
        "# Model card",
        "",
        *_use(facets, made.training),
        *_data(made.training),
        *_agreements(agreements),
        *_metrics(facets, made.cross_validation, library),
        *_held_out(facets, held_out),
        *_kinds(kinds),
        *promise_lines(promises, made.training),
        *_masked(facets, made.masked, library),
        "## Limits",
        "",
        *_limits(facets, made.training),
        "",
        "mlcap is licensed under Apache-2.0, the labels that come with it under CC-BY-4.0.",
        "",
    ]
    if notes:
        lines += ["## Notes", "", notes.strip(), ""]
    return "\n".join(lines)


def _is_spaceflight(training: TrainingRecord) -> bool:
    """Whether the captions that mlcap comes with are among those trained on."""
    return not {"composed", "library"}.isdisjoint(training.captions)


def _use(facets: Sequence[Facet], training: TrainingRecord) -> list[str]:
    subject = (
        "human-spaceflight photographs" if _is_spaceflight(training) else "photographs like those it was trained on"
    )
    return [
        "## Use",
        "",
        f"Tags captions of {subject} with "
        + " and ".join(f"`{f.name}` ({'any number' if f.multiple else 'one'} of {', '.join(f.names)})" for f in facets)
        + ". Made for archivists who check what is marked `needs_review`. It reads the caption and, where there is one, the record beside it, not the picture;"
        " it is not meant for captions in other languages or of other subjects, and says nothing about who a person is.",
        "",
        *(line for f in facets for line in _definitions(f)),
    ]


def _definitions(facet: Facet) -> list[str]:
    """What a facet and its values mean, as far as the taxonomy says it."""
    lines = [f"- `{facet.name}`: {one_line(facet.definition)}"] if facet.definition else []
    lines += [f"- `{facet.name}` {v.name}: {one_line(v.definition)}" for v in facet.values if v.definition]
    return [*lines, ""] if lines else []


def _limits(facets: Sequence[Facet], training: TrainingRecord) -> list[str]:
    several = " and ".join(f"`{f.name}`" for f in facets if f.multiple)
    return [
        *(
            [f"Values of {several} are what the caption says, so a caption that names none gets none."]
            if several
            else []
        ),
        *(
            ["Captions of programmes that training did not hold are read by their words alone."]
            if _is_spaceflight(training)
            else []
        ),
        "Values with few examples above are the least reliable.",
    ]


def _data(training: TrainingRecord) -> list[str]:
    held_out = sorted(training.held_out_missions)
    named = f" ({listed(held_out)})" if held_out else ""
    composed = " Composed captions are written for mlcap and describe no real picture."
    return [
        "## Data",
        "",
        "Trained on "
        + ", ".join(f"{n} {source} captions" for source, n in training.captions.items())
        + "."
        + (composed if "composed" in training.captions else "")
        + f" {counted(len(held_out), 'mission was', 'missions were')} held out{named}.",
        f"Command: `{training.command}`.",
        "",
    ]


def _agreements(agreements: Mapping[str, Sequence[Agreement]]) -> list[str]:
    """How far the labels are agreed on: a line for each part of them."""
    rows = [(name, a) for name, found in agreements.items() for a in found if not a.value and a.agreed is not None]
    if not rows:
        return []
    return [
        "### Agreement of the labels",
        "",
        "Of captions (of depiction: sentences, people and posts) that two people read without sight of each other's labels.",
        "",
        "| labels | read twice | the same | kappa |",
        "|--|--|--|--|",
        *(
            f"| {name}, {'all facets' if a.facet == 'all' else a.facet} | {a.captions} | {number(a.agreed)} | {number(a.kappa)} |"
            for name, a in rows
        ),
        "",
    ]


def _kinds(kinds: Mapping[str, Mapping[str, KindMetrics]]) -> list[str]:
    """How right the version is on kinds of caption."""
    lines: list[str] = []
    for read, found in kinds.items():
        lines += ["", f"## Kinds of caption, {read}", "", *kinds_table(found)]
    if lines:
        lines += [
            "",
            "Captions composed for measuring and never trained on, each of a way in which captions are misread.",
        ]
    return lines


def _metrics(facets: Sequence[Facet], slices: Mapping[str, Mapping[str, Any]], library: bool) -> list[str]:
    """Out-of-fold metrics: a line a slice, then for each facet a line a value."""
    lines = [
        "## Metrics",
        "",
        "Out-of-fold metrics of cross-validation grouped by mission."
        + (" Read the library's: composed captions are of another mix." if library else ""),
        "",
        "| captions | n | "
        + " | ".join(f"{f.name} {average_f1(f).replace('_f1', '-F1')} | {f.name} accuracy" for f in facets)
        + " | automatic | of these all right | calibration error |",
        "|" + "--|" * (2 + 2 * len(facets) + 3),
        *(_slice_row(facets, name, part) for name, part in slices.items()),
    ]
    for facet in facets:
        lines += [
            "",
            f"### {facet.name}, all captions",
            "",
            "| value | precision | recall | F1 | n |",
            "|--|--|--|--|--|",
        ]
        lines += [
            f"| {v['value']} | {number(v['precision'])} | {number(v['recall'])} | {number(v['f1'])} | {v['support']} |"
            for v in slices["all"]["facets"][facet.name]["values"]
        ]
    return lines


def _slice_row(facets: Sequence[Facet], name: str, part: Mapping[str, Any]) -> str:
    cells = [name, str(part["captions"])]
    for facet in facets:
        metrics = part["facets"].get(facet.name)
        cells += ["-", "-"] if metrics is None else [number(metrics[average_f1(facet)]), number(metrics["accuracy"])]
    cells += [
        number(part["workload"]["automatic"]),
        number(part["workload"]["all_right"]),
        ", ".join(number(v) for v in part["calibration_error"].values()) or "-",
    ]
    return "| " + " | ".join(cells) + " |"


def _held_out(facets: Sequence[Facet], held_out: Mapping[str, Any] | None) -> list[str]:
    lines = ["", "## Held-out missions", ""]
    if held_out is None:
        lines.append("No caption of the held-out missions was at hand.")
    for name, part in (held_out or {}).items():
        cells = [f"{name} ({part['captions']} captions)"]
        for facet in facets:
            metrics, average = part["facets"].get(facet.name), average_f1(facet)
            if metrics is not None:
                low_high = part["intervals"].get(f"{facet.name}.{average}")
                interval = f" [{low_high[0]:.3f}, {low_high[1]:.3f}]" if low_high else ""
                cells.append(f"{facet.name} {average.replace('_f1', '-F1')} {number(metrics[average])}{interval}")
        work = part["workload"]
        cells.append(f"automatic {number(work['automatic'])}, of these all right {number(work['all_right'])}")
        lines.append("- " + "; ".join(cells))
    return lines


def _masked(facets: Sequence[Facet], masked: Mapping[str, Mapping[str, float | None]], library: bool) -> list[str]:
    return [
        "",
        "## Ablations",
        "",
        "Out-of-fold metrics on "
        + ("library" if library else "all")
        + " captions when a kind of feature is masked in them, the weights unchanged (micro-F1; for a single-valued facet",
        "the share right). Training without the kind costs less; `python benchmarks/ablation.py` measures that.",
        "",
        "| masked | " + " | ".join(f.name for f in facets) + " |",
        "|--|" + "--|" * len(facets),
        *(f"| {name} | " + " | ".join(number(row.get(f.name)) for f in facets) + " |" for name, row in masked.items()),
        "",
    ]
