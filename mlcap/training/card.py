"""The model card of a version (after Mitchell et al., "Model cards for model reporting", 2019)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mlcap.evaluation.metrics import average_f1
from mlcap.model.manifest import Provenance, TrainingRecord, caution_of
from mlcap.model.promise import Kept, Promise
from mlcap.records.finder import listed
from mlcap.types import Facet


def write_card(
    facets: Sequence[Facet],
    made: Provenance,
    held_out: Mapping[str, Any] | None,
    promises: Sequence[Promise] = (),
    notes: str = "",
) -> str:
    """Write the card.

    Args:
        made: how the version came about, as its manifest has it.
        held_out: metrics on the held-out missions, None where none were at hand.
        promises: what automatic tags keep on desks that were left out.
        notes: Markdown of the labels folder, taken over as it stands.
    """
    library = "library" in made.training.captions
    lines = [
        "# Model card",
        "",
        *_use(facets),
        *_data(made.training),
        *_metrics(facets, made.cross_validation, library),
        *_held_out(facets, held_out),
        *_promises(promises, made.training),
        *_masked(facets, made.masked, library),
        "## Limits",
        "",
        "Roles are what the caption says, so a caption that names nobody gets none.",
        "Captions of programmes that training did not hold are read by their words alone.",
        "Values with few examples above are the least reliable.",
        "",
        "mlcap is licensed under Apache-2.0, the labels that come with it under CC-BY-4.0.",
        "",
    ]
    if notes:
        lines += ["## Notes", "", notes.strip(), ""]
    return "\n".join(lines)


def _number(x: float | None) -> str:
    return "-" if x is None else f"{x:.3f}"


def _use(facets: Sequence[Facet]) -> list[str]:
    return [
        "## Use",
        "",
        "Tags captions of human-spaceflight photographs with "
        + " and ".join(f"`{f.name}` ({'any number' if f.multiple else 'one'} of {', '.join(f.names)})" for f in facets)
        + ". Made for archivists who check what is marked `needs_review`. It reads the caption alone, not the picture;"
        " it is not meant for captions in other languages or of other subjects, and says nothing about who a person is.",
        "",
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
        + f" {len(training.held_out_missions)} missions were held out{named}.",
        f"Command: `{training.command}`.",
        "",
    ]


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
            f"| {v['value']} | {_number(v['precision'])} | {_number(v['recall'])} | {_number(v['f1'])} | {v['support']} |"
            for v in slices["all"]["facets"][facet.name]["values"]
        ]
    return lines


def _slice_row(facets: Sequence[Facet], name: str, part: Mapping[str, Any]) -> str:
    cells = [name, str(part["captions"])]
    for facet in facets:
        metrics = part["facets"].get(facet.name)
        cells += ["-", "-"] if metrics is None else [_number(metrics[average_f1(facet)]), _number(metrics["accuracy"])]
    cells += [
        _number(part["workload"]["automatic"]),
        _number(part["workload"]["all_right"]),
        ", ".join(_number(v) for v in part["calibration_error"].values()) or "-",
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
                cells.append(f"{facet.name} {average.replace('_f1', '-F1')} {_number(metrics[average])}{interval}")
        work = part["workload"]
        cells.append(f"automatic {_number(work['automatic'])}, of these all right {_number(work['all_right'])}")
        lines.append("- " + "; ".join(cells))
    return lines


def _promises(promises: Sequence[Promise], training: TrainingRecord) -> list[str]:
    lines = ["", "## Promise", ""]
    own = next((p for p in promises if p.target == training.parameters.get("desk_target")), None)
    caution = caution_of(training, promises)
    if caution:
        lines += [
            f"This version is {caution}. Review is widened: of the captions that would go without at the usual"
            " targets, the least certain go to review as well, and the more of them the fewer the missions are.",
            "",
        ]
    if own is None or own.together.lower is None:
        lines.append(
            "Nothing is promised for desks that training has not seen: the captions were too few, of too few desks, or no"
            " threshold kept the target. The probabilities of such a version are not to be trusted on other captions."
        )
    else:
        lines.append(
            f"With 95 % confidence at least {own.together.lower:.1%} of the automatic captions have the right single values on a"
            f" desk never seen; {own.together.automatic} of {own.together.captions} captions are automatic. Measured by leaving"
            " each desk out of training, the composed captions in its manner too:"
        )
    if promises:
        lines += [
            "",
            "| target | desk | captions | automatic | single values right | lower bound | all right |",
            "|--|--|--|--|--|--|--|",
        ]
        for promise in promises:
            parts = {"all together": promise.together, **(promise.desks if promise is own else {})}
            lines += [_kept_row(promise.target, name, kept) for name, kept in parts.items()]
        lines += ["", "`mlcap tag --target` and `mlcap evaluate --target` apply the thresholds of another target."]
    return lines


def _kept_row(target: float, name: str, kept: Kept) -> str:
    shares = (kept.single_right, kept.lower, kept.all_right)
    automatic = kept.automatic / kept.captions if kept.captions else None
    return f"| {target:g} | {name} | {kept.captions} | {_number(automatic)} | {' | '.join(map(_number, shares))} |"


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
        *(f"| {name} | " + " | ".join(_number(row.get(f.name)) for f in facets) + " |" for name, row in masked.items()),
        "",
    ]
